"""Bisecting releases: which is tried next, what is skipped, what is said in the end."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from hpobench.analysis.core.pairing import paired
from hpobench.cli import cli
from hpobench.contract.errors import NotAvailableError, StoreError, UsageError
from hpobench.contract.package import SMOKE
from hpobench.contract.wording import number
from hpobench.running.plan.experiment import Summary
from hpobench.store.read.reader import Results
from hpobench.suites.grid import Plan
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import Suite
from hpobench.verbs import bisection as module
from hpobench.verbs import judge
from hpobench.verbs.bisection import Bisection, Halving, Probe, suite_of
from hpobench.verbs.judge import Judge, Verdict, of_algorithms
from hpobench.verbs.progress import Display

OPTIONS = RunOptions()
BETWEEN = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]


def halved(first_bad: str, broken: frozenset[str] = frozenset()) -> Halving:
    found = Halving(["1.0", *BETWEEN, "2.0"])
    found.take(Probe("2.0", "bad", ""))
    while (release := found.next()) is not None:
        verdict: Verdict = "bad" if release >= first_bad else "good"
        found.take(Probe(release, "skipped" if release in broken else verdict, ""))
    return found


@pytest.mark.parametrize("first_bad", [*BETWEEN, "2.0"])
def test_halving_finds_the_first_bad_one_in_three_steps(first_bad: str) -> None:
    found = halved(first_bad)
    assert found.bad == first_bad
    assert found.good == ["1.0", *BETWEEN][["1.0", *BETWEEN, "2.0"].index(first_bad) - 1]
    assert not found.between
    assert len(found.steps) <= 4


def test_what_cannot_be_tried_is_left_between() -> None:
    found = halved("1.4", broken=frozenset({"1.3", "1.4"}))
    assert (found.good, found.bad) == ("1.2", "1.5")
    assert found.between == ["1.3", "1.4"]


def test_a_last_one_that_is_good_ends_the_search() -> None:
    found = Halving(["1.0", *BETWEEN, "2.0"])
    found.take(Probe("2.0", "good", ""))
    assert found.next() is None
    assert not found.moved


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The labels of the searchers that each run had; 1.2 cannot be installed."""
    monkeypatch.setattr(module, "releases_between", lambda *_: BETWEEN)
    monkeypatch.setattr(module, "prepare", lambda *_: None)
    monkeypatch.setattr(module, "build_plan", lambda suite: suite)
    monkeypatch.setattr(
        module, "_missing", lambda ref: "no wheel" if ref.given["release"] == "1.2" else None
    )
    return []


def bisection(ran: list[list[str]], first_bad: str) -> Bisection:
    suite, library = suite_of("smoke", "optuna-tpe", OPTIONS)

    def run_cells(suite: Suite, plan: Plan) -> Summary:
        ran.append([ref.label for ref in suite.searchers])
        return Summary(Path(), Counter(), 0, 0, 0.0)

    class Told(Judge):
        def __call__(self, folder: Path, base: str, new: str) -> tuple[Verdict, str]:
            is_bad = new.partition("=")[2].rstrip("]") >= first_bad
            return ("bad", f"{base} {new}") if is_bad else ("good", "the same")

    judge = Told(any_change=False, alpha=0.05, tolerance=0.0)
    return Bisection(suite, library, Path("results"), judge, run_cells, Display())


def test_each_step_runs_one_release_more(ran: list[list[str]]) -> None:
    made = bisection(ran, "1.3")
    found = made.find("1.0", "2.0")
    tried = [step.release for step in found.steps if step.verdict != "skipped"]
    assert [[label.partition("=")[2][:-1] for label in labels] for labels in ran] == [
        ["1.0", *tried[: number + 1]] for number in range(len(tried))
    ]
    assert made.sentence(found) == (
        "optuna-tpe is worse with optuna 1.3 than with optuna 1.1: optuna-tpe[release=1.1] "
        "optuna-tpe[release=1.3]; of the releases between, 1.2 could not be tried"
    )
    assert made.command(found) == (
        "hpobench compare results --base 'optuna-tpe[release=1.1]' --new 'optuna-tpe[release=1.3]'"
    )


def test_a_bad_one_that_is_older_is_searched_backwards(ran: list[list[str]]) -> None:
    found = bisection(ran, "0").find("2.0", "1.0")
    assert (found.good, found.bad) == ("2.0", "1.6")


def test_a_bad_one_that_is_good_is_said(ran: list[list[str]]) -> None:
    made = bisection(ran, "3.0")
    expected = "optuna-tpe is no worse with optuna 2.0 than with optuna 1.0: the same"
    assert made.sentence(made.find("1.0", "2.0")) == expected
    assert len(ran) == 1


@pytest.mark.parametrize(("good", "bad"), [("1.2", "2.0"), ("1.0", "1.2")])
def test_an_end_that_cannot_be_tried_is_an_error(ran: list[list[str]], good: str, bad: str) -> None:
    with pytest.raises(UsageError, match=r"optuna 1\.2: no wheel"):
        bisection(ran, "1.5").find(good, bad)


def test_a_release_is_not_compared_with_itself(ran: list[list[str]]) -> None:
    with pytest.raises(UsageError, match=r"the same release, 1\.0"):
        bisection(ran, "1.5").find("1.0", "1.0.0")
    assert not ran


def test_the_command_that_shows_it_can_be_pasted(ran: list[list[str]]) -> None:
    made = replace(bisection(ran, "1.3"), folder=Path("my results"))
    words = shlex.split(made.command(made.find("1.0", "2.0")))
    assert words[:3] == ["hpobench", "compare", "my results"]


def test_missing_ends_in_no_verdict(ran: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: str) -> list[str]:
        raise NotAvailableError("uv pip failed: no route to host")

    monkeypatch.setattr(module, "releases_between", unreadable)
    arguments = ["smoke", "--searcher", "optuna-tpe", "--good", "1.0", "--bad", "2.0"]
    done = CliRunner().invoke(cli, ["bisect", *arguments])
    assert isinstance(done.exception, UsageError)
    assert "no route to host" in str(done.exception)


def test_results_that_cannot_be_read_in_the_end_do_not_end_like_a_verdict(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> str:
        raise StoreError("cells.parquet is damaged")

    monkeypatch.setattr(Bisection, "sentence", damaged)
    monkeypatch.setattr(Bisection, "find", lambda *_: halved("1.4"))
    arguments = ["smoke", "--searcher", "optuna-tpe", "--good", "1.0", "--bad", "2.0"]
    assert isinstance(CliRunner().invoke(cli, ["bisect", *arguments]).exception, UsageError)


# -- what is compared ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("searcher", "message"), [("random", "names no library"), ("optuna-tpee", "optuna-tpe")]
)
def test_a_searcher_that_has_no_releases(searcher: str, message: str) -> None:
    command = ["bisect", "smoke", "--searcher", searcher, "--good", "1.0", "--bad", "2.0"]
    done = CliRunner().invoke(cli, command)
    assert isinstance(done.exception, Exception)
    assert message in str(done.exception)


def test_a_searcher_by_its_label_by_its_name_or_of_the_registry() -> None:
    base = {"name": "some", "problems": ["branin"], "seeds": 1, "budget": {"trials": 1}}
    given = {"name": "optuna-tpe", "as": "joint", "multivariate": True}
    for searcher in ("joint", "optuna-tpe"):
        suite, library = suite_of({**base, "searchers": [given, "random"]}, searcher, OPTIONS)
        assert [ref.label for ref in suite.searchers] == ["joint"]
        assert (suite.name, library) == ("some-bisect", "optuna")
    suite, library = suite_of({**base, "searchers": ["random"]}, "optuna-qmc", OPTIONS)
    assert [ref.label for ref in suite.searchers] == ["optuna-qmc"]
    other = {**given, "as": "other", "group": True}
    with pytest.raises(UsageError, match="the suite has joint, other; name one of them"):
        suite_of({**base, "searchers": [given, other]}, "optuna-tpe", OPTIONS)
    with pytest.raises(UsageError, match="one number of workers; the suite has several"):
        suite_of({**base, "searchers": ["optuna-tpe"], "workers": [1, 4]}, "optuna-tpe", OPTIONS)


ASHA, FIFO = "optuna-tpe/asha", "optuna-tpe/fifo"


def test_any_change_counts_the_pairs_that_differ() -> None:
    same = paired(*of_algorithms(SMOKE, FIFO, ASHA)).same
    differ, pairs = int((~same).sum()), len(same)
    assert differ
    found = Judge(any_change=True, alpha=0.05, tolerance=0.0)(SMOKE, FIFO, ASHA)
    assert found == ("bad", f"{differ} of {pairs} pairs of runs differ")


def test_worse_is_what_compare_calls_worse() -> None:
    command = ["compare", str(SMOKE), "--base", FIFO, "--new", ASHA, "--json"]
    found = json.loads(CliRunner().invoke(cli, command).output)
    row, worse = found["effects"][0], found["verdict"] == "regression"
    verdict, text = Judge(any_change=False, alpha=0.05, tolerance=0.0)(SMOKE, FIFO, ASHA)
    assert verdict == ("bad" if worse else "good")
    assert text.startswith(f"mean regret {number(row['base'])} -> {number(row['new'])}, ")


def with_cells(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    """Let the judge see the cells of the newer side after a ``change``."""

    def sides(folder: Path, base: str, new: str) -> tuple[Results, Results]:
        older, newer = of_algorithms(folder, base, new)
        return older, replace(newer, cells=change(newer.cells))

    monkeypatch.setattr(judge, "of_algorithms", sides)


def test_too_few_seeds_to_tell_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(cells: pd.DataFrame) -> pd.DataFrame:
        return cells[cells["seed"] < 2]

    with_cells(monkeypatch, few)
    with pytest.raises(UsageError, match=r"UNDECIDED: with 2 seeds .*; give more by --seeds"):
        Judge(any_change=False, alpha=0.05, tolerance=0.0)(SMOKE, FIFO, ASHA)


def test_a_release_in_which_no_run_ends_well_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(cells: pd.DataFrame) -> pd.DataFrame:
        return cells.assign(status="failed", error="no argument 'group'\nTraceback")

    with_cells(monkeypatch, failed)
    judge = Judge(any_change=True, alpha=0.05, tolerance=0.0)
    assert judge(SMOKE, FIFO, ASHA) == ("skipped", "no run has ended well: no argument 'group'")
