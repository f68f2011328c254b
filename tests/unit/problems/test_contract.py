"""What every shipped problem keeps, whatever it is."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hpobench.api import Config, TabulatedProblem
from hpobench.contract.errors import SpaceError
from hpobench.contract.space import Space
from hpobench.plugins.registry import Registry
from hpobench.problems.bbob.bbob import BBOB
from hpobench.problems.bbob.bbob_mixint import BBOBMixInt
from hpobench.problems.bbob.bbob_noisy import BBOBNoisy
from hpobench.problems.data._fetched import FetchedProblem
from hpobench.problems.pools.hpo_b import HPOB
from hpobench.problems.pools.icml2020_deepar import DeepAR
from hpobench.problems.pools.icml2020_nas import NASBench102
from hpobench.problems.pools.icml2020_xgboost import XGBoostPool
from hpobench.problems.pools.lcbench_pool import LCBenchPool
from hpobench.problems.pools.taskset import TaskSet
from hpobench.problems.recorded.cnn_sample import CNNSample
from hpobench.problems.recorded.xgboost_grid import XGBoostGrid
from hpobench.problems.surrogate.yahpo_glmnet import YahpoGlmnet
from hpobench.problems.surrogate.yahpo_lcbench import LCBench
from hpobench.problems.surrogate.yahpo_rpart import YahpoRpart
from hpobench.problems.surrogate.yahpo_xgboost import YahpoXGBoost
from hpobench.problems.synthetic.branin import Branin
from hpobench.problems.synthetic.classic import Classic
from hpobench.problems.synthetic.conditional import Conditional
from hpobench.problems.synthetic.counting_ones import CountingOnes
from hpobench.problems.synthetic.hartmann import Hartmann
from hpobench.problems.synthetic.jenatton import Jenatton
from hpobench.problems.synthetic.learning_curves import LearningCurves
from hpobench.problems.synthetic.mf_hartmann import BIAS_NOISE, MFHartmann
from hpobench.problems.synthetic.mixed import Mixed
from hpobench.problems.tabular.fcnet import FCNet
from hpobench.problems.tabular.hpobench_mlp import HPOBenchMLP
from hpobench.problems.tabular.nasbench201 import NASBench201
from tests.support.samples import sample

CASES: list[tuple[Any, dict[str, Any]]] = [
    (Branin, {}),
    (Branin, {"noise": 3.0}),
    (Hartmann, {"dimension": 3}),
    (Hartmann, {"dimension": 6}),
    *((MFHartmann, {"dimension": d, "quality": q}) for d in (3, 6) for q in BIAS_NOISE),
    (MFHartmann, {"dimension": 3, "quality": "good", "steps": 1}),
    (MFHartmann, {"dimension": 3, "quality": "good", "steps": 100}),
    (CountingOnes, {"categorical": 4, "continuous": 4}),
    (CountingOnes, {"categorical": 0, "continuous": 1, "max_draws": 27, "min_draws": 27}),
    *((FCNet, {"dataset": "protein_structure", "observe": o}) for o in ("mean", "draw", "repeats")),
    *((HPOBenchMLP, {"dataset": "car", "observe": o}) for o in ("mean", "draw", "repeats")),
    *((NASBench201, {"dataset": "cifar10", "observe": o}) for o in ("mean", "draw")),
    *(
        (Classic, {"function": f, "instance": i})
        for f in ("levy", "goldstein-price")
        for i in (0, 1)
    ),
    (Mixed, {"function": "rastrigin", "dimension": 4}),
    (Conditional, {"models": 4, "dimension": 3}),
    (Jenatton, {}),
    *((LearningCurves, {"function": "levy", "crossing": c}) for c in (0.0, 1.0)),
    (LearningCurves, {"function": "ackley", "noise": 0.0, "cost_ratio": 100.0, "dear": "good"}),
    (LearningCurves, {"function": "rosenbrock", "stragglers": 0.1, "tail": 1.5}),
    (BBOB, {"function": 1, "dimension": 2}),
    (BBOB, {"function": 24, "dimension": 20, "instance": 2}),
    (BBOBMixInt, {"function": 7, "dimension": 5}),
    *((BBOBNoisy, {"function": f, "dimension": 5}) for f in (101, 114, 118)),
    (LCBench, {"instance": 3945}),
    (LCBench, {"instance": 189909}),
    (YahpoXGBoost, {"instance": 16}),
    (YahpoRpart, {"instance": YahpoRpart.instances[0]}),
    (YahpoGlmnet, {"instance": YahpoGlmnet.instances[0]}),
    (TaskSet, {"task": TaskSet.tasks[0]}),
    (DeepAR, {"task": "solar"}),
    (NASBench102, {"task": "cifar10"}),
    (XGBoostPool, {"task": "heart"}),
    (LCBenchPool, {"task": "numerai28.6"}),
    *((HPOB, {"task": task}) for task in ("4796_23", "5891_3492", "5971_43", "7609_9967")),
    (XGBoostGrid, {"dataset": "segment"}),
    (XGBoostGrid, {"dataset": "segment", "space": "original"}),
    (CNNSample, {"dataset": "digits"}),
]
DIVERGING = (TaskSet,)
"""Those some of whose trials fail by a loss that is not finite."""
NOISY: dict[str, Callable[[Any], bool]] = {
    "noise": lambda value: value > 0,
    "crossing": lambda value: True,
    "stragglers": lambda value: value > 0,
    "function": lambda value: isinstance(value, int) and value > 100,
    "quality": lambda value: True,
    "continuous": lambda value: True,
    "observe": lambda value: value != "mean",
}
"""The options that bring noise; a single step of MF-Hartmann is exact all the same."""


def label(case: Any) -> str:
    cls, options = case
    return "-".join([cls.name, *map(str, options.values())])


@pytest.fixture(params=CASES, ids=label)
def case(request: pytest.FixtureRequest) -> Any:
    if issubclass(request.param[0], FetchedProblem):
        request.getfixturevalue("data_set")(request.param[0].data)
    return request.param


@pytest.fixture
def problem(case: Any) -> Any:
    cls, options = case
    return cls(**options)


def final(problem: TabulatedProblem, config: Config, seed: int = 0) -> Any:
    """The loss that references are about."""
    curve = problem.curve(config, seed)
    return (curve.losses if curve.heldout is None else curve.heldout)[-1]


def test_every_shipped_problem_with_curves_is_among_the_cases() -> None:
    """Except those that are nothing without a file of the user's."""
    shipped = [entry.load() for entry in Registry().entries("problem")]
    curves = {cls.name for cls in shipped if issubclass(cls, TabulatedProblem)} - {
        "recorded",
        "twin",
    }
    assert curves == {cls.name for cls, _ in CASES}


def test_curves_depend_on_configuration_and_seed_alone(case: Any, problem: Any) -> None:
    cls, options = case
    asked = [(config, seed) for config in sample(problem, 10) for seed in (0, 1)]
    curves = [repr(problem.curve(config, seed)) for config, seed in asked]
    another = cls(**options)
    assert [repr(another.curve(c, s)) for c, s in reversed(asked)] == curves[::-1]
    assert [repr(problem.curve(c, s)) for c, s in asked] == curves


def test_the_seed_is_the_noise(case: Any, problem: Any) -> None:
    _, options = case
    noisy = any(NOISY[key](value) for key, value in options.items() if key in NOISY)
    if options.get("steps") == 1:
        noisy = False
    configs = sample(problem, 20)
    assert any(repr(problem.curve(c, 0)) != repr(problem.curve(c, 1)) for c in configs) == noisy


def test_curves_have_one_finite_entry_a_step_and_cost_something(problem: Any) -> None:
    for config in sample(problem, 20):
        curve = problem.curve(config, 0)
        assert len(curve.losses) == len(curve.costs) == problem.fidelity.steps
        assert all(map(math.isfinite, curve.losses)) or isinstance(problem, DIVERGING)
        assert all(math.isfinite(cost) and cost > 0 for cost in curve.costs)
        assert (curve.heldout is not None) == problem.heldout
        if curve.heldout is not None:
            assert len(curve.heldout) == problem.fidelity.steps
            assert all(map(math.isfinite, curve.heldout)) or isinstance(problem, DIVERGING)


def test_curves_are_plain_floats(problem: Any) -> None:
    (config,) = sample(problem, 1)
    for entries in problem.curve(config, 0):
        assert entries is None or {type(value) for value in entries} == {float}


def test_numpy_values_are_as_good_as_plain_ones(problem: Any) -> None:
    wrap = {int: np.int64, float: np.float64, str: np.str_}
    for config in sample(problem, 5):
        wrapped = {
            name: wrap.get(type(value), type(value))(value) for name, value in config.items()
        }
        assert problem.curve(wrapped, 0) == problem.curve(config, 0)


def test_samples_are_valid_and_the_space_survives_json(problem: Any) -> None:
    for config in sample(problem, 50):
        problem.space.check(config)
    assert Space.from_json(json.loads(json.dumps(problem.space.to_json()))) == problem.space


def test_references(problem: Any) -> None:
    reference = problem.reference()
    assert reference.optimum < reference.clip
    assert reference.source
    losses = [final(problem, config) for config in sample(problem, 400, seed=7)]
    if reference.known:
        assert min(losses) >= reference.optimum - 1e-12
    # The clip is the median: the shares on either side are a half within 4 standard errors.
    tolerance = 4 * 0.5 / math.sqrt(len(losses))
    assert np.mean([loss < reference.clip for loss in losses]) <= 0.5 + tolerance
    assert np.mean([loss <= reference.clip for loss in losses]) >= 0.5 - tolerance


def test_the_estimate_is_the_median_cost_within_a_third(problem: Any) -> None:
    costs = [sum(problem.curve(config, 0).costs) for config in sample(problem, 200, seed=3)]
    assert problem.estimate() == pytest.approx(np.median(costs), rel=1 / 3)


def test_a_table_has_no_row_for_a_value_between() -> None:
    problem = FCNet(dataset="protein_structure")
    (config,) = sample(problem, 1)
    with pytest.raises(SpaceError, match=r"dropout_1 = 0.1 is not in"):
        problem.curve(config | {"dropout_1": 0.1}, 0)
    del config["dropout_1"]
    with pytest.raises(SpaceError, match="'dropout_1' is missing"):
        problem.curve(config, 0)
