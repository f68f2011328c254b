"""The best configuration of each problem, and the programs that go on with what found it."""

from __future__ import annotations

import ast
import dataclasses
import functools
import json
from typing import Any

import pytest

from hpobench.analysis.study import Study
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, When
from hpobench.contract.problem import Objective
from hpobench.contract.space import Space
from hpobench.plugins.registry import Registry
from hpobench.reporting.best import Best, best_configurations
from hpobench.reporting.calls import FindingRun, search_cv, tuner
from hpobench.store.read.reader import Results
from tests.support.present import present
from tests.support.results_factory import make_results

ODD = {"name": 'it\'s "<b>"\n', "rate": 1e-4, "on": True, "layers": 3}
SPACE = Space(
    [
        Float("C", 0.01, 100.0, log=True),
        Categorical("kernel", ("rbf", "poly")),
        Int("degree", 2, 4, when=When("kernel", ("poly",))),
    ]
)
SKLEARN = {"estimator": "sklearn.svm.SVC", "dataset": "digits", "folds": 3, "scale": True}
REGISTRY = functools.cache(Registry)
OWN = {"run": "mine.py:train", "space": {}, "steps": 9, "fixed": {"model": {"wide": True}}}


@pytest.fixture(scope="module")
def results() -> Results:
    made = make_results(["random", "tpe"], seeds=2, failed=())
    trials = made.trials.assign(config=json.dumps(ODD))
    return dataclasses.replace(made, trials=trials)


@pytest.fixture(scope="module")
def best(results: Results) -> dict[str, Best]:
    return {one.problem: one for one in best_configurations(Study(results))}


def _found(problem: dict[str, Any], **changes: Any) -> FindingRun:
    spec = {
        "searcher": {"name": "optuna-tpe", "options": {"multivariate": False, "group": True}},
        "scheduler": {"name": "asha", "options": {"grace_period": 1, "reduction_factor": 4.0}},
        "problem": problem,
        **changes.pop("spec", {}),
    }
    known: dict[str, Any] = {"space": SPACE, "objective": Objective("accuracy", "maximize")}
    known |= {"steps": 9, "trials": 20, "workers": 2, "seed": 3, "live": True}
    known["registry"] = REGISTRY
    return FindingRun(spec=spec, **{**known, **changes})


def _parsed(program: str | None) -> str:
    """``program``, which is Python."""
    ast.parse(present(program))
    return present(program)


def test_the_value_is_in_the_metric_of_the_problem(best: dict[str, Best]) -> None:
    row = best["mlp-vehicle"]
    assert (row.metric, row.better) == ("accuracy", "higher")
    assert 0.5 < float(row.value) < 1
    assert row.heldout == ""
    assert best["counting-ones"].heldout.startswith("-1")


def test_the_share_is_that_of_the_problems_longest_run(
    best: dict[str, Best], results: Results
) -> None:
    row = best["branin"]
    cells = results.cells[results.cells["problem"] == "branin"]
    searcher = row.algorithm.split(" + ")[0]
    cell = cells[(cells["searcher"] == searcher) & (cells["seed"] == row.seed)]["cell"].iloc[0]
    events = results.events[results.events["cell"] == cell]
    clock = events.loc[events["trial"] == row.trial, "clock"].iloc[-1]
    assert row.share == f"{100 * clock / cells['clock'].max():.3g} %"


def test_the_copied_dict_is_the_configuration(best: dict[str, Best]) -> None:
    for one in best.values():
        (form,) = one.forms  # made-up problems have no programs
        assert ast.literal_eval(form.text.removeprefix("config = ")) == ODD


def test_ids_of_texts_are_their_own(best: dict[str, Best]) -> None:
    ids = [form.id for one in best.values() for form in one.forms]
    assert len(set(ids)) == len(ids)


def test_results_without_trials_have_no_best(results: Results) -> None:
    reference = dataclasses.replace(results, trials=results.trials.iloc[:0])
    assert best_configurations(Study(reference)) == []


def test_an_estimator_becomes_a_search_of_its_pipeline() -> None:
    text = _parsed(search_cv(_found({"name": "sklearn", "options": SKLEARN})))
    assert "from sklearn.svm import SVC" in text
    assert "StandardScaler()" in text
    assert "when=hpobench.When('svc__kernel', ('poly',))" in text
    assert "searcher={'name': 'optuna-tpe', 'group': True}" in text  # without defaults
    assert "scheduler={'name': 'asha', 'reduction_factor': 4.0}" in text


def test_data_of_openml_is_prepared() -> None:
    options = {**SKLEARN, "dataset": "openml:61", "scale": False, "fixed": {"gamma": "auto"}}
    text = _parsed(search_cv(_found({"name": "sklearn", "options": options})))
    assert "fetch_openml(data_id=61, return_X_y=True)" in text
    assert "OneHotEncoder" in text
    assert "SVC(gamma='auto')" in text


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"scheduler": {"name": "pbt", "options": {}}}, "it changes what is trained"),
        ({"searcher": {"name": "mine", "options": {}}}, "its file is not known"),
        ({"problem": {"name": "fcnet", "options": {"dataset": "digits"}}}, "it trains nothing"),
        ({"problem": {"options": {**SKLEARN, "estimator": "os; import os"}}}, "no path"),
        ({"problem": {"options": {**SKLEARN, "dataset": "digits()"}}}, "no data set"),
        ({"problem": [], "searcher": 3, "scheduler": None}, "no spec of ours"),
    ],
)
def test_what_does_not_go_into_a_search_has_none(spec: dict[str, Any], why: str) -> None:
    found = _found({"name": "sklearn", "options": SKLEARN}, spec=spec)
    assert search_cv(found) is None, why


def test_a_function_of_ones_own_is_tuned_in_rays_terms() -> None:
    space = Space(
        [
            Float("lr", 1e-4, 1.0, log=True),
            Int("model.layers", 1, 5),
            Ordinal("model.size", ("small", "large")),
        ]
    )
    text = _parsed(tuner(_found({"name": "trainable", "options": OWN}, space=space)))
    assert "from mine import train" in text
    given = next(
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == "param_space"
    )
    assert ast.unparse(given) == (
        "{'model': {'wide': True, 'layers': tune.randint(1, 6), "
        "'size': tune.choice(['small', 'large'])}, 'lr': tune.loguniform(0.0001, 1.0)}"
    )
    assert "tune.schedulers.ASHAScheduler(time_attr='training_iteration', max_t=9" in text
    assert "ray.init(num_cpus=2)" in text
    assert "max_concurrent_trials" not in text  # HyperBand would stop nothing


def test_conditions_need_a_space_of_ours() -> None:
    text = _parsed(tuner(_found({"name": "trainable", "options": {**OWN, "seed_key": "seed"}})))
    assert "hpobench.When('kernel', ('poly',))" in text
    assert "param_space={'model': {'wide': True}, 'seed': 3}" in text
    nested = Space([Int("a.b", 1, 2), Int("c", 1, 2, when=When("a.b", (1,)))])
    assert tuner(_found({"name": "trainable", "options": OWN}, space=nested)) is None


def test_a_problem_that_trained_is_tuned_itself() -> None:
    problem = {"name": "xgboost", "options": {"dataset": "wine"}}
    text = _parsed(tuner(_found(problem)))
    assert "from hpobench.problems.xgboost.rounds import XGBoost" in text
    assert "problem = XGBoost(dataset='wine')" in text
    assert tuner(_found(problem, live=False)) is None
    ours = {"scheduler": {"name": "pasha", "options": {}}}
    assert tuner(_found(problem, spec=ours)) is None  # Ray has no such rule


def test_stored_texts_stay_texts() -> None:
    odd = "x'\n)\nimport os  #"
    spec = {
        "searcher": {"name": "random", "options": {odd: odd}, "given": {odd: 1, "start": 2}},
        "scheduler": {"name": "asha", "options": {odd: odd}},
    }
    objective = Objective(odd, "minimize")
    own = {"name": "trainable", "options": {**OWN, "fixed": {odd: odd}, "seed_key": odd}}
    texts = (
        tuner(_found(own, spec=spec, objective=objective)),
        search_cv(_found({"options": {**SKLEARN, "fixed": {odd: odd}}}, spec=spec)),
    )
    for text, names in zip(texts, (["ray", "hpobench"], ["hpobench"]), strict=True):
        nodes = ast.walk(ast.parse(present(text)))
        imported = [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
        assert imported == names
        assert "# The searcher was also given: start" in present(text)
