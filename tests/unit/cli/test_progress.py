"""What is told while a run is under way."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from hpobench.store.format import schema
from hpobench.store.write.batch import Batch, CellEnd
from hpobench.verbs.progress import LineProgress, Shown
from hpobench.verbs.tally import Tally

PROBLEMS: dict[str, dict[str, float | None]] = {
    key: {"optimum": 0.0, "clip": 10.0} for key in ("p", "hard", "easy")
}
PROBLEMS["own"] = {"optimum": None, "clip": None}


def begun() -> Tally:
    (tally := Tally()).begin(9, 0, PROBLEMS)
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
    (lines := LineProgress()).begin(3, 1, PROBLEMS)
    lines.update([], 2)
    lines.update([batch(end("a", "p", 1), end("b", "p", 3))], 0)
    first, last = capsys.readouterr().out.splitlines()
    assert first == "3 cells, 1 of them stored by earlier runs"
    assert last == (
        "3/3 cells, none failed, 0 s gone; so far a + fifo leads, with a mean regret 0.200 lower "
        "than that of b + fifo"
    )


def test_failures_and_ties_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    (lines := LineProgress()).begin(3, 0, PROBLEMS)
    ends = [end("a", "p", 2), end("b", "p", 2), end("c", "p", None, status="failed")]
    lines.update([batch(*ends)], 0)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "3/3 cells, 1 failed (`hpobench status` will say why), 0 s gone; so far a + fifo and "
        "b + fifo lead with the same mean regret"
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that tallies read."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_is_by_the_pace_since_cells_began_to_end(clock: list[float]) -> None:
    (tally := Tally()).begin(100, 0, PROBLEMS)
    clock[0] = 60.0  # workers have started
    tally.update([batch(end("a", "p", 1, seed=0))], 4)
    assert tally.outlook() == ""
    for seed in range(1, 11):
        clock[0] += 2.0
        tally.update([batch(end("a", "p", 1, seed=seed))], 4)
    assert tally.left == pytest.approx(2 * 89)
    clock[0] += 10.0  # it counts down while nothing ends
    tally.update([], 4)
    assert tally.outlook() == "about 2 min 48 s left"
    clock[0] += 1000.0
    assert tally.outlook() == ""


def test_the_last_cells_have_no_foretold_end(clock: list[float]) -> None:
    (tally := Tally()).begin(12, 0, PROBLEMS)
    for seed in range(11):
        clock[0] += 2.0
        tally.update([batch(end("a", "p", 1, seed=seed))], 1)
    for _ in range(3):
        clock[0] += 100.0
        tally.update([], 1)
        assert tally.outlook() == "waiting for the last one"
    tally.update([batch(end("a", "p", 1, seed=11))], 0)
    assert tally.outlook() == ""


def test_drawing_is_told_once_and_shown_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for terminal, text in (
        (False, "drawing 2 figures\n"),
        (True, "".join(f"drawing 2 figures: {n} done{end}" for n, end in enumerate("\r\r\n"))),
    ):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)  # noqa: B023 - called here
        for done in range(3):
            Shown().drawing(done, 2)
        assert capsys.readouterr().out == text
