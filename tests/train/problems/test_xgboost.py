import importlib.metadata
import json
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
import xgboost
from sklearn.metrics import log_loss, root_mean_squared_error

from hpobench.api import Config, Resources, Training
from hpobench.contract.errors import UnknownNameError
from hpobench.contract.frozen import read_members, references_of
from hpobench.plugins.options import members_of
from hpobench.plugins.registry import Registry
from hpobench.problems.data._index import entries
from hpobench.problems.data._tables import split, table
from hpobench.problems.xgboost import _data
from hpobench.problems.xgboost._problem import Dataset
from hpobench.problems.xgboost.rounds import XGBoost
from hpobench.problems.xgboost.small import XGBoostSmall
from hpobench.problems.xgboost.trees import MOST, XGBoostTrees
from tests.support.command_line import python
from tests.support.present import present

FAMILIES = (XGBoost, XGBoostTrees, XGBoostSmall)
UNFROZEN = {
    XGBoost: set(),
    XGBoostSmall: set(),
    # Hundreds of trainings make a reference, and these take up to minutes each.
    XGBoostTrees: {"bikeshare", "churn", "letter", "optdigits", "segment", "spambase", "splice"},
}
SAMPLING: Config = {
    "eta": 0.3,
    "max_depth": 4,
    "min_child_weight": 1.0,
    "subsample": 0.5,
    "colsample_bytree": 0.6,
    "colsample_bylevel": 0.5,
    "reg_alpha": 0.01,
    "reg_lambda": 1.0,
}
"""Rows and columns are drawn for every tree."""
EVERYTHING: Config = SAMPLING | {
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "colsample_bylevel": 1.0,
}
GENTLE: Config = EVERYTHING | {"eta": 0.05, "max_depth": 3}
"""Too slow to overfit in a few steps."""
BINARY: Dataset = "breast_cancer"
MANY: Dataset = "wine"
NUMBER: Dataset = "diabetes"


def steps(training: Training, count: int) -> list[dict[str, Any]]:
    return [dict(training.step()) for _ in range(count)]


def model(training: Training) -> Any:
    return xgboost.Booster(model_file=bytearray(present(training.save())))


# -- going on from a saved state -----------------------------------------------------------

CHILD = """
import json, sys
from hpobench.problems.xgboost.rounds import XGBoost

answers = []
for dataset, config, seed, state, steps in json.load(sys.stdin):
    training = XGBoost(dataset=dataset).start(config, seed)
    training.load(bytes.fromhex(state))
    answers.append([dict(training.step()) for _ in range(steps)])
print(json.dumps(answers))
"""


def test_another_process_goes_on_as_if_nothing_had_stopped() -> None:
    asked, expected = [], []
    for dataset in (BINARY, MANY, NUMBER):
        training = XGBoost(dataset=dataset).start(SAMPLING, 7)
        steps(training, 3)
        asked.append((dataset, SAMPLING, 7, present(training.save()).hex(), 4))
        expected.append(steps(training, 4))
    assert json.loads(python("-c", CHILD, stdin=json.dumps(asked)).stdout) == expected


def test_a_state_may_be_saved_at_any_step_the_first_included() -> None:
    problem = XGBoost(dataset=MANY)
    whole = steps(problem.start(SAMPLING, 1), 6)
    for taken in range(6):
        first, second = problem.start(SAMPLING, 1), problem.start(SAMPLING, 1)
        steps(first, taken)
        second.load(present(first.save()))
        assert steps(second, 6 - taken) == whole[taken:]


def test_other_trainings_of_the_process_do_not_matter() -> None:
    problem = XGBoost(dataset=MANY)
    alone = steps(problem.start(SAMPLING, 1), 4)
    one, other = problem.start(SAMPLING, 1), problem.start(SAMPLING | {"subsample": 0.9}, 2)
    in_turns = []
    for _ in range(4):
        in_turns += steps(one, 1)
        steps(other, 1)
    assert in_turns == alone


def test_a_state_goes_on_under_other_parameters() -> None:
    problem = XGBoost(dataset=BINARY)
    parent, child = problem.start(SAMPLING, 1), problem.start(SAMPLING | {"max_depth": 1}, 1)
    steps(parent, 2)
    child.load(present(parent.save()))
    steps(child, 1)
    old, new = model(parent).get_dump(), model(child).get_dump()
    assert new[: len(old)] == old
    assert len(new) == 3 * int(XGBoost.fidelity.unit)
    assert max(tree.count("leaf") for tree in old) > 2
    assert max(tree.count("leaf") for tree in new[len(old) :]) == 2
    assert problem.mutable_parameters == tuple(problem.space)


# -- what is computed ----------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [BINARY, MANY, NUMBER, "satimage"])
def test_one_and_two_threads_give_the_same(dataset: Any) -> None:
    one, two = XGBoost(dataset=dataset), XGBoost(dataset=dataset)
    two.resources = Resources(cpu=2)
    assert steps(one.start(SAMPLING, 3), 2) == steps(two.start(SAMPLING, 3), 2)


@pytest.mark.parametrize(("config", "count"), [(EVERYTHING, 27), (SAMPLING, 1)])
@pytest.mark.parametrize("dataset", [BINARY, MANY, NUMBER])
def test_losses_are_those_of_its_classes(dataset: Any, config: dict[str, Any], count: int) -> None:
    """Without drawing a whole trial, with it one step: a fit restarts the numbers of rounds."""
    features, target, classes = table(dataset)
    train, *rest = split(target, stratify=classes is not None)
    estimator = (xgboost.XGBClassifier if classes else xgboost.XGBRegressor)(
        n_estimators=count * int(XGBoost.fidelity.unit),
        learning_rate=config["eta"],
        n_jobs=1,
        random_state=5,
        seed_per_iteration=True,
        **{name: value for name, value in config.items() if name != "eta"},
    ).fit(features[train], target[train])
    report = steps(XGBoost(dataset=dataset).start(config, 5), count)[-1]
    for name, rows in zip(("loss", "heldout"), rest, strict=True):
        if classes:
            loss = log_loss(target[rows], estimator.predict_proba(features[rows]))
        else:
            loss = root_mean_squared_error(target[rows], estimator.predict(features[rows]))
        assert report[name] == pytest.approx(loss, rel=1e-6)


def test_the_seed_draws_rows_and_columns() -> None:
    problem = XGBoost(dataset=MANY)
    assert steps(problem.start(SAMPLING, 0), 1) != steps(problem.start(SAMPLING, 1), 1)
    assert steps(problem.start(EVERYTHING, 0), 1) == steps(problem.start(EVERYTHING, 1), 1)


@pytest.mark.parametrize("family", [XGBoost, XGBoostSmall])
def test_a_probe_is_the_loss_of_the_first_step(family: Any) -> None:
    problem = family(dataset=MANY)
    config = problem.space.sample(Random(1))
    assert problem.probe(config) == steps(problem.start(config, 0), 1)[0]["loss"]


@pytest.mark.parametrize(("family", "rounds"), [(XGBoost, 216), (XGBoostSmall, 102)])
def test_a_trial_of_rounds_has_as_many_as_its_fidelity_says(family: Any, rounds: int) -> None:
    problem = family(dataset=MANY)
    training = problem.start(problem.space.sample(Random(1)), 0)
    for done in range(1, problem.fidelity.steps + 1):
        report = training.step()
        assert model(training).num_boosted_rounds() == done * problem.fidelity.unit
    assert problem.fidelity.full == rounds
    assert {type(value) for value in report.values()} == {float}
    assert report.keys() == {"loss", "heldout"}


def test_the_cost_of_trees_is_in_the_configuration() -> None:
    problem = XGBoostTrees(dataset=BINARY)
    cheap = {p.name: p.from_unit(0.7) for p in problem.space} | problem.space.cheap
    nodes = []
    for change in ({}, {"n_estimators": 16}, {"n_estimators": 16, "max_leaves": 64}):
        config = cheap | {"min_child_weight": 0.01, "reg_alpha": 0.001, "reg_lambda": 0.1} | change
        problem.space.check(config)
        (training := problem.start(config, 0)).step()
        leaves = [tree.count("leaf") for tree in model(training).get_dump()]
        assert len(leaves) == config["n_estimators"]
        assert max(leaves) <= config["max_leaves"]
        nodes.append(sum(leaves))
    assert nodes[0] < nodes[1] < nodes[2]


@pytest.mark.parametrize("family", FAMILIES)
def test_numpy_values_are_as_good_as_plain_ones(family: Any) -> None:
    problem = family(dataset=MANY)
    config = problem.space.sample(Random(4))
    wrap = {int: np.int64, float: np.float64}
    wrapped = {name: wrap[type(value)](value) for name, value in config.items()}
    assert problem.start(wrapped, 0).step() == problem.start(config, 0).step()


# -- the problems --------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", get_args(Dataset))
def test_every_set_can_be_learned(dataset: Any) -> None:
    """Losses fall, and below that of the best constant answer."""
    reports = steps(XGBoost(dataset=dataset).start(GENTLE, 0), 3)
    _, target, classes = table(dataset)
    if classes:
        shares = np.bincount(target) / len(target)
        constant = -(shares * np.log(shares)).sum()
    else:
        constant = target.std()
    for name in ("loss", "heldout"):
        losses = [report[name] for report in reports]
        assert losses == sorted(losses, reverse=True)
        assert 0 < losses[-1] < 0.9 * constant


@pytest.mark.parametrize("dataset", get_args(Dataset))
@pytest.mark.parametrize("family", FAMILIES)
def test_every_problem_has_a_metric_and_a_cheap_start(family: Any, dataset: Any) -> None:
    problem = family(dataset=dataset)
    metric = "val_logloss" if entries()[dataset].classes else "val_rmse"
    assert problem.objective.metric == metric
    assert problem.space.cheap
    for name, value in problem.space.cheap.items():
        assert problem.space[name].contains(value)


@pytest.mark.parametrize("family", FAMILIES)
def test_references_are_those_of_members(family: Any) -> None:
    keys = {family(**options).key for options in members_of(family)}
    assert keys == set(get_args(Dataset))
    frozen = read_members(references_of(family)).keys()
    assert frozen == keys - UNFROZEN[family]
    for key in frozen:
        problem = family(dataset=key)
        assert 0 < problem.reference().optimum < problem.reference().clip
        assert 0.001 < problem.estimate() < 60


def test_the_small_space_is_part_of_the_whole_one() -> None:
    """And a trial in it is one in the other, of as many rounds a step (columns are drawn from a
    generator that each step renews), with XGBoost's defaults for the rest."""
    small, whole = XGBoostSmall(dataset=MANY), XGBoost(dataset=MANY)
    config = small.space.sample(Random(2))
    defaults: Config = {
        "min_child_weight": 1.0,
        "colsample_bylevel": 1.0,
        "reg_alpha": 0.0,
        "reg_lambda": 1.0,
    }
    assert config.keys() | defaults.keys() == set(whole.space.names)
    whole.fidelity = small.fidelity
    assert steps(small.start(config, 3), 2) == steps(whole.start(config | defaults, 3), 2)


def test_trees_are_bounded_by_the_rows_to_train_on() -> None:
    bounds = {}
    datasets: list[Dataset] = [BINARY, MANY, NUMBER, "segment", "letter"]
    for dataset in datasets:
        space: Any = XGBoostTrees(dataset=dataset).space
        assert space["n_estimators"].high == space["max_leaves"].high
        bounds[dataset] = space["n_estimators"].high
        assert bounds[dataset] == min(_data.load(dataset, 1).train.num_row(), MOST)
    assert bounds == {BINARY: 341, MANY: 106, NUMBER: 264, "segment": 1024, "letter": 1024}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_unknown_dataset_is_refused(family: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"dataset 'digit'; did you mean digits"):
        family(dataset="digit")


def test_the_fingerprint_tells_releases_and_files_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets: list[Dataset] = ["magic", MANY]

    def prints() -> set[str]:
        return {family(dataset=d).fingerprint() for family in FAMILIES for d in datasets}

    before = prints()
    assert len(before) == 2
    installed_are(monkeypatch, {"xgboost": "3.0.5"})
    assert all("3.0.5" in text for text in prints())
    assert before.isdisjoint(prints())


# -- which distribution brings XGBoost -----------------------------------------------------


def installed_are(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    """Pretend that of the two distributions these are installed."""
    real = importlib.metadata.version

    def version(name: str) -> Any:
        if not name.startswith("xgboost"):
            return real(name)
        if name in versions:
            return versions[name]
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"xgboost-cpu": "3.2.0"}, None),
        ({"xgboost": "3.0.0"}, None),
        ({}, "needs xgboost>=3, it is not installed; pip install 'hpobench[xgboost]'"),
        (
            {"xgboost": "2.1.4"},
            "needs xgboost>=3, xgboost 2.1.4 is installed; pip install 'xgboost>=3'",
        ),
    ],
)
def test_either_distribution_will_do(
    monkeypatch: pytest.MonkeyPatch, versions: dict[str, Any], message: str | None
) -> None:
    installed_are(monkeypatch, versions)
    registry = Registry()
    for family in FAMILIES:
        assert registry.find("problem", family.name).missing() == message
