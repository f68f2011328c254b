"""The answer: who leads, who is tied with it, who is behind, and one sentence of advice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.exhibits import speedup, standings
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import Study
from hpobench.contract.errors import StoreError
from hpobench.reporting.answer import (
    Answer,
    Compared,
    made_of,
    read_answer,
    up_to_date,
    write_answer,
)
from hpobench.reporting.answer_of_study import answer
from hpobench.reporting.answer_text import COLUMNS, advice, can_draw, lines
from hpobench.store.write import provenance
from tests.support.results_factory import PROBLEMS, hand_made, make_results
from tests.support.stored import write
from tests.unit.reporting.pages import SETTINGS, of_regrets

NAMES = [("tpe", "asha"), ("tpe", "fifo"), ("sobol", "asha"), ("random", "fifo")]
ALGORITHMS = [Algorithm(f"{s} + {c}", s, c) for s, c in NAMES]


def about(nr: FloatArray, algorithms: list[Algorithm] = ALGORITHMS) -> Answer:
    return answer(of_regrets(nr, algorithms[: len(nr)]))


def spread(*means: float, problems: int = 3, seeds: int = 8) -> FloatArray:
    """Regrets around ``means``, the same noise around each but for a little of its own."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.02, (len(means), problems, seeds))
    regrets: FloatArray = np.array(means)[:, None, None] + noise
    return regrets


def test_leaders_ties_and_losers_are_those_of_the_standings() -> None:
    found = about(spread(0.3, 0.301, 0.5, 0.6))
    (compared,) = found.compared
    assert [(one.name, one.standing) for one in compared.ranked] == [
        ("tpe with asha", "leads"),
        ("tpe with fifo", "tied"),
        ("sobol with asha", "behind"),
        ("random with fifo", "behind"),
    ]
    assert compared.seeds_needed is None
    assert advice(found) == [
        "Use tpe with asha; tpe with fifo did as well within chance; 2 of 3 others did worse."
    ]


def test_the_numbers_are_the_reports() -> None:
    study = Study(make_results(failed=()), SETTINGS)
    found = answer(study)
    # That of all problems has fewer runs.
    ordered = study.comparisons[::-1]
    assert [one.title for one in found.compared] == [one.title for one in ordered]
    for compared, comparison in zip(found.compared, ordered, strict=True):
        table = study.computed(standings.table, comparison)
        assert [one.regret for one in compared.ranked] == table["nr"].tolist()
        assert [one.behind_low for one in compared.ranked] == table["behind_low"].tolist()
    # Where there are two, each sentence says what it is about.
    assert [text.partition(":")[0] for text in advice(found)] == [
        comparison.title for comparison in ordered
    ]


def test_what_random_search_needs_is_the_speed_up() -> None:
    rng = np.random.default_rng(1)
    runs = {("random", s): [(8.0 + rng.random(), 0.05)] for s in range(12)}
    runs |= {("tpe", s): [(2.0 + rng.random(), 0.01)] for s in range(12)}
    study = Study(hand_made(runs), SETTINGS)
    (compared,) = answer(study).compared
    table = study.computed(speedup.table, study.comparisons[0])
    mean = table[(table["algorithm"] == "tpe") & table["problem"].isna()].set_index("tolerance")
    assert compared.random is not None
    # Only tpe comes within 0.01, which is the harder target.
    assert compared.random.tolerance == 0.01
    assert not compared.random.exact
    assert compared.random.times == mean["speedup"][0.01]
    (text,) = advice(answer(study))
    assert text.startswith("Use tpe; the other one did worse; random search needs about ")
    assert text.endswith(" times the budget to come 99% of the way to the optimum.")


@pytest.mark.parametrize(
    ("nr", "text"),
    [
        (spread(0.3, 0.301), "Nothing did clearly better or worse than tpe with asha."),
        (
            np.full((4, 3, 8), 0.5),
            "tpe with asha and fifo, sobol with asha and 1 more are equal; nothing is shown to be "
            "better than random search.",
        ),
        (
            spread(0.3, 0.6, seeds=1),
            "tpe with asha has the lowest regret so far, but a single seed is too few to say that "
            "it is better than the others: run 6 seeds or more.",
        ),
        (
            spread(0.3, 0.6, seeds=2),
            "tpe with asha has the lowest regret so far, but 2 seeds are too few to say that it is "
            "better than the others: run 6 seeds or more.",
        ),
    ],
)
def test_advice_claims_no_more_than_the_runs_show(nr: FloatArray, text: str) -> None:
    assert advice(about(nr)) == [text]


def alike(*means: float, seeds: int) -> FloatArray:
    """Regrets that are these ``means`` in every run."""
    return np.broadcast_to(np.array(means)[:, None, None], (len(means), 3, seeds)).copy()


def test_what_is_equal_is_called_equal() -> None:
    few = about(alike(0.0, 0.0, 0.0, 0.5, seeds=2))
    assert advice(few) == [
        "tpe with asha and fifo and sobol with asha share the lowest regret so far, but 2 seeds "
        "are too few to say that they are better than the others: run 6 seeds or more."
    ]
    (enough,) = advice(about(alike(0.1, 0.1, 0.5, 0.6, seeds=8)))
    assert enough.startswith(
        "Use any of tpe with asha and fifo, which are equal; all 2 others did worse"
    )
    rows = [line.split()[-1] for line in lines(few, blocks=False) if line[:3].strip().isdecimal()]
    assert rows == ["equal", "equal", "equal", "unclear"]


def test_numbers_that_differ_look_different() -> None:
    found = about(alike(0.12341, 0.12344, 0.3, 0.3 + 1e-12, seeds=2))
    shown = [line.split() for line in lines(found, blocks=False) if line[:3].strip().isdecimal()]
    assert [row[4] for row in shown] == ["0.12341", "0.12344", "0.300", "0.300"]
    assert found.compared[0].equal == ()


def test_without_anything_to_compare_it_says_why() -> None:
    (text,) = advice(about(spread(0.3)))
    assert text.startswith("No advice: made: no two algorithms ran on the same problems")


@pytest.mark.parametrize("blocks", [True, False])
def test_lines_fit_a_terminal_and_steer_nothing(blocks: bool) -> None:
    names = [f"optuna-tpe[stop=patience-{i}-and-a-long-label]" for i in range(14)]
    algorithms = [
        Algorithm(f"{name} + hyper\x1b[2Jband", name, "hyper\x1b[2Jband") for name in names
    ]
    algorithms.append(ALGORITHMS[-1])
    shown = list(lines(about(spread(*np.linspace(0, 0.9, 15)), algorithms), blocks=blocks))
    assert max(map(len, shown)) <= COLUMNS
    assert all(line.isprintable() for line in shown)
    assert blocks or all(line.isascii() for line in shown)
    assert any("█" in line for line in shown) is blocks
    rows = [line.split() for line in shown if line[:3].strip().isdecimal()]
    assert [row[0] for row in rows] == [*map(str, range(1, 11)), "15"]  # and the baseline
    assert "     and 4 more, which the page shows" in shown


def test_blocks_are_for_terminals_that_can_show_them() -> None:
    assert can_draw("utf-8")
    assert not any(can_draw(encoding) for encoding in ("ascii", "latin-1", "no such", None))


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A results folder with the answer of a report and a page."""
    write(make_results(["random", "tpe"], ["fifo"], PROBLEMS[:1], seeds=2, failed=()), tmp_path)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").touch()
    write_answer(tmp_path / "report", about(spread(0.3, 0.5)), made_of(tmp_path))
    return tmp_path


def test_a_stored_answer_is_the_same(report: Path) -> None:
    assert up_to_date(report) == about(spread(0.3, 0.5))
    with pytest.raises(StoreError, match="no readable answer"):
        read_answer(report)


def test_a_report_of_other_results_or_of_another_version_is_not_up_to_date(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(provenance, "commit", lambda: "another")
        assert up_to_date(report) is None
    assert up_to_date(report) is not None
    results = make_results(["random", "tpe"], ["fifo"], PROBLEMS[:1], seeds=3, failed=())
    write(results, report)
    assert up_to_date(report) is None


@pytest.mark.parametrize("what", ["page", "answer", "fields", "types", "key"])
def test_a_report_that_is_not_whole_is_not_up_to_date(report: Path, what: str) -> None:
    file = report / "report" / "answer.json"
    content = json.loads(file.read_text())
    if what == "page":
        (report / "report" / "index.html").unlink()
    elif what == "fields":
        del content["answer"]["suite"]
    elif what == "types":
        content["answer"]["compared"][0]["ranked"][0]["regret"] = "low"
    elif what == "key":
        content["made_of"] = None
    file.write_text("[" if what == "answer" else json.dumps(content))
    assert up_to_date(report) is None


def test_the_facts_are_plain() -> None:
    compared: Compared = about(spread(0.3, 0.5, seeds=1)).compared[0]
    assert dataclasses.asdict(compared)["ranked"][0]["low"] is None
