"""What is told while a run is under way."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.store import schema
from hpobench.store.batch import Batch, CellEnd
from hpobench.verbs.progress import LineProgress
from hpobench.verbs.tally import Tally, duration

PROBLEMS: dict[str, dict[str, float | None]] = {
    key: {"optimum": 0.0, "clip": 10.0} for key in ("p", "hard", "easy")
}
PROBLEMS["own"] = {"optimum": None, "clip": None}


def begun() -> Tally:
    tally = Tally()
    tally.begin(9, 0, PROBLEMS)
    return tally


def end(
    searcher: str,
    problem: str,
    final: float | None,
    *,
    seed: int = 0,
    workers: int = 4,
    status: str = "done",
) -> CellEnd:
    return CellEnd("", searcher, "fifo", problem, seed, workers, status, final)


def batch(*ends: CellEnd) -> Batch:
    return Batch(ends, schema.CELLS.empty_table(), frozenset(), {}, {})


def test_leaders_are_compared_on_the_same_problem_and_seed() -> None:
    tally = begun()
    # b is better wherever both ran; a also ran on an easy problem.
    tally.update([batch(end("a", "hard", 8), end("b", "hard", 7))], 2)
    tally.update([batch(end("a", "easy", 1))], 1)
    leaders: list[Any] = [
        ("b + fifo", pytest.approx(-0.05), 1),
        ("a + fifo", pytest.approx(0.025), 2),
    ]
    assert tally.leaders(2) == leaders


def test_leaders_are_compared_on_the_same_number_of_workers() -> None:
    tally = begun()
    one = batch(end("a", "p", 2, workers=1), end("b", "p", 4, workers=1))
    tally.update([one, batch(end("a", "p", 1, workers=8))], 0)
    leaders: list[Any] = [
        ("a + fifo", pytest.approx(-0.05), 2),
        ("b + fifo", pytest.approx(0.1), 1),
    ]
    assert tally.leaders(2) == leaders


def test_failures_count_at_the_clip() -> None:
    tally = begun()
    tally.update(
        [batch(end("a", "p", None, status="failed"), end("b", "p", 0.0, status="timeout"))], 0
    )
    assert (tally.done, tally.failed) == (0, 2)
    assert {row[1] for row in tally.leaders(2)} == {0.0}


def test_problems_without_references_take_no_part() -> None:
    tally = begun()
    for searcher, final, status in (("a", 3.0, "done"), ("b", None, "failed")):
        tally.update([batch(end(searcher, "own", final, status=status))], 0)
    assert (tally.done, tally.failed) == (1, 1)
    assert tally.leaders(9) == []
    tally.update([batch(end("a", "p", 1), end("b", "p", 3))], 0)
    leaders: list[Any] = [("a + fifo", pytest.approx(-0.1), 1)]
    assert tally.leaders(1) == leaders


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LineProgress()
    lines.begin(3, 1, PROBLEMS)
    lines.update([], 2)
    lines.update([batch(end("a", "p", 1), end("b", "p", 3))], 0)
    first, last = capsys.readouterr().out.splitlines()
    assert first == "3 cells, 1 of them stored by earlier runs"
    assert last.startswith("3/3 cells, 0 failed")
    assert last.endswith("leader: a + fifo (-0.100)")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
