"""What the command line changes in a suite, and that it is what a file would say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import SuiteError, UsageError
from hpobench.suites.changes import ADHOC, Changes
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

BASE = """
name: base
description: The first.
searchers: [random, {optuna-gp: {n_startup_trials: 5}}]
problems:
  - branin
  - {name: hartmann, dimension: 3, budget: {trials: 3}}
  - mf-hartmann: {dimension: 3, quality: good, budget: {trials: 4}}
  - mf-hartmann: {dimension: 6, quality: good}
    budget: {trials: 5}
seeds: 2
budget: {evaluations: 5}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (file := tmp_path / "base.yaml").write_text(BASE)
    return file


def ids(source: Any, **more: Any) -> list[str]:
    return [*build_plan(load_suite(source, **more)).cells.ids()]


def test_the_cells_are_those_of_a_file_that_extends_the_suite(base: Path) -> None:
    keys: dict[str, Any] = {
        "searchers": ["random", {"optuna-tpe": {"multivariate": True}}],
        "schedulers": ["fifo", {"asha": {"reduction_factor": 3}}],
        "problems": [{"mf-hartmann": {"dimension": [3, 6], "quality": "good"}}],
        "workers": [1, 4],
        "start": "default",
    }
    file = base.with_name("more.yaml")
    file.write_text(f"extends: base.yaml\nname: more\n{_flow(keys)}")
    changed = ids(base, changes=Changes(keys))
    assert changed == ids(file)
    assert len(changed) == 2 * 2 * 2 * 2 * 2
    assert len(set(changed)) == len(changed)


def _flow(keys: dict[str, Any]) -> str:
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in keys.items())


def test_what_is_added_follows_and_old_cells_keep_their_ids(base: Path) -> None:
    changes = Changes(add=["optuna-tpe"])
    suite = load_suite(base, changes=changes)
    assert [ref.label for ref in suite.searchers][-1] == "optuna-tpe"
    assert (suite.name, suite.description) == ("base", "The first.")
    before, after = ids(base), ids(base, changes=changes)
    assert set(before) < set(after)
    assert len(after) == len(before) * 3 // 2


def test_a_budget_is_that_of_every_problem(base: Path) -> None:
    suite = load_suite(base, changes=Changes({"budget": {"trials": 7}}))
    assert {budget.to_json()["trials"] for budget in suite.budgets.values()} == {7}
    assert len(suite.budgets) == 4
    problems = [{"branin": {"budget": {"trials": 2}}}, {"hartmann": {"dimension": 3}}]
    both = {"problems": problems, "budget": {"trials": 7}}
    given = load_suite(base, changes=Changes(both))
    assert [budget.trials for budget in given.budgets.values()] == [2, 7]
    own = load_suite(base, changes=Changes({"workers": [2]}))
    assert {b.to_json().get("trials") for b in own.budgets.values()} == {None, 3, 4, 5}


def test_a_label_of_the_suite_stands_for_its_entry(base: Path) -> None:
    text = BASE.replace("n_startup_trials: 5", "n_startup_trials: 5, as: gp")
    text = text.replace("  - branin", "  - {name: branin, as: b, budget: {trials: 2}}")
    base.write_text(text)
    chosen = Changes({"searchers": ["sobol", "gp"], "problems": ["b"]})
    suite = load_suite(base, changes=chosen)
    assert (suite.searchers[1], suite.budgets["b"].trials) == (load_suite(base).searchers[1], 2)
    assert set(ids(base, changes=Changes({"searchers": ["gp"]}))) < set(ids(base))
    shorter = Changes({**chosen.keys, "budget": {"trials": 1}})
    assert load_suite(base, changes=shorter).budgets["b"].trials == 1


def test_the_stored_suite_is_the_changed_one(base: Path) -> None:
    suite = load_suite(base, changes=Changes({"name": "other"}, add=["optuna-tpe"]))
    again = load_suite(suite.resolved())
    assert (again.name, again.searchers) == ("other", suite.searchers)


def test_without_a_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keys = {"searchers": ["random"], "problems": ["branin"], "budget": {"evaluations": 3}}
    suite = load_suite(ADHOC, changes=Changes(keys))
    assert (suite.name, list(suite.seeds)) == ("adhoc", [0, 1, 2, 3, 4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (Changes({"searchers": ["rendom"]}), "^--searchers: unknown searcher 'rendom'"),
        (Changes({"problems": [{"branin": {"noise": "much"}}]}), "^--problems branin.noise: "),
        (Changes(add=["random"]), r"^--add: the label 'random' is taken by searchers\[0\]"),
        (Changes({"searchers": ["sobol"]}, ["rendom"]), "^--add: unknown searcher"),
        (Changes({"budget": {"trials": "a"}}), "^--budget trials: a whole number is due"),
        (Changes({"workers": [0]}), "^--workers: must be at least 1"),
        (Changes({"name": "a/b"}), "^--name: "),
        (Changes({"start": "foo"}), "^--start: 'foo' is none of [^\n]*$"),
        (Changes({"searchers": [{"random": {"x": float("nan")}}]}), r"^--searchers random.x: nan"),
    ],
)
def test_errors_name_the_option(base: Path, changes: Changes, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_suite(base, changes=changes)


def test_other_faults_keep_their_place(base: Path) -> None:
    base.write_text(BASE.replace("optuna-gp", "optuna-gq"))
    with pytest.raises(SuiteError) as error:
        load_suite(base, changes=Changes(add=["rendom"]))
    told = str(error.value)
    assert "--add: unknown searcher 'rendom'" in told
    assert f"{base}:4: searchers[1].optuna-gq: unknown searcher 'optuna-gq'" in told


def test_what_cannot_be_changed(base: Path) -> None:
    with pytest.raises(UsageError, match="loaded already"):
        load_suite(load_suite(base), changes=Changes({"workers": [1]}))
    with pytest.raises(SuiteError, match="names no searchers to --add to"):
        load_suite(ADHOC, changes=Changes(add=["random"]))
