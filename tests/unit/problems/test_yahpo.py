"""YAHPO Gym's surrogates: equal to the official package, and what is made of them."""

import csv
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from hpobench.contract.errors import NotAvailableError, SpaceError, UnknownNameError
from hpobench.plugins.options import members_of
from hpobench.problems.surrogate._problem import SHORTEST
from hpobench.problems.surrogate.yahpo_glmnet import YahpoGlmnet
from hpobench.problems.surrogate.yahpo_lcbench import LCBench
from hpobench.problems.surrogate.yahpo_rpart import YahpoRpart
from hpobench.problems.surrogate.yahpo_xgboost import YahpoXGBoost
from tests.support.data_server import MadeData
from tests.support.present import present
from tests.support.samples import sample

SCENARIOS: dict[str, Any] = {
    "lcbench": LCBench,
    "rbv2_xgboost": YahpoXGBoost,
    "rbv2_rpart": YahpoRpart,
    "iaml_glmnet": YahpoGlmnet,
}
EACH = pytest.mark.parametrize("scenario", SCENARIOS)


def whole(cls: Any, instance: int) -> Any:
    """The problem with all of its scenario's parameters."""
    return cls(instance=instance, **({"booster": "any"} if cls is YahpoXGBoost else {}))


# -- the real data -------------------------------------------------------------------------


def test_the_answers_are_those_of_yahpo_gym(yahpo: Path) -> None:
    file = yahpo / "golden_yahpo_gym_1.0.2.json"
    if not file.is_file():
        pytest.skip(f"waits for the answers of the official package in {file}")
    checked = set()
    for scenario, instance, inputs, answers in json.loads(file.read_text()):
        problem = SCENARIOS[scenario](instance=int(instance))
        theirs = [[answer[target] for target in problem.targets] for answer in answers]
        # Equal on the processor that the answers are from; the last bits may differ on others.
        assert problem.network.predict(inputs) == pytest.approx(np.array(theirs), rel=2e-5)
        checked |= {(scenario, instance, i) for i in range(len(inputs))}
    assert len(checked) == 200


@EACH
def test_targets_stay_in_the_ranges_that_yahpo_states(yahpo: Path, scenario: str) -> None:
    """Which an order of inputs or targets that is wrong would not."""
    ranges: dict[tuple[str, str], dict[str, float]] = {}
    with (yahpo / "instance_target_statistics.csv").open() as stream:
        for row in csv.DictReader(stream):
            if row["scenario"] == scenario:
                key = row["instance"], row["metric"]
                ranges.setdefault(key, {})[row["statistic"]] = float(row["value"])
    rng, cls = Random(3), SCENARIOS[scenario]
    for instance in rng.sample(cls.instances, 3):
        problem = whole(cls, instance)
        steps = [rng.randint(1, problem.fidelity.steps) for _ in range(300)]
        values = problem.evaluate(sample(problem, 300), steps)
        for name, column in zip(problem.targets, values.T, strict=True):
            low, high = (ranges[str(instance), name][bound] for bound in ("min", "max"))
            slack = 0.1 * (high - low)
            assert low - slack <= column.min() <= column.max() <= high + slack, (instance, name)


@EACH
def test_spaces_and_instances_are_those_of_the_data(yahpo: Path, scenario: str) -> None:
    given = json.loads((yahpo / scenario / "config_space.json").read_text())
    by_name = {p["name"]: p for p in given["hyperparameters"]}
    problem = whole(SCENARIOS[scenario], SCENARIOS[scenario].instances[0])
    instances = by_name.pop(problem.categories[0])["choices"]
    assert sorted(map(int, instances)) == sorted(problem.instances)
    fidelity = by_name.pop(problem.fidelity.name)
    assert fidelity["lower"] <= problem.fidelity.unit
    assert fidelity["upper"] == problem.fidelity.full
    for name, value in problem.constants.items():
        assert by_name.pop(name)["upper"] == value
    assert set(problem.space.names) == set(by_name)
    for p in problem.space:
        theirs = by_name[p.name]
        if p.kind == "categorical":
            assert sorted(p.choices) == sorted(theirs["choices"])
        else:
            assert (p.low, p.high) == pytest.approx((theirs["lower"], theirs["upper"]))
            assert (p.log, f"uniform_{p.kind}") == (theirs["log"], theirs["type"])


def test_conditions_are_those_of_the_data(yahpo: Path) -> None:
    given = json.loads((yahpo / "rbv2_xgboost" / "config_space.json").read_text())
    due = {c["child"]: (c["parent"], c.get("values") or [c["value"]]) for c in given["conditions"]}
    space = YahpoXGBoost(instance=16, booster="any").space
    ours = {p.name: (p.when.parent, list(p.when.values)) for p in space if p.when}
    assert {k: (p, sorted(v)) for k, (p, v) in ours.items()} == due


@EACH
def test_finals_are_the_ends_of_curves(yahpo: Path, scenario: str) -> None:
    problem = whole(SCENARIOS[scenario], SCENARIOS[scenario].instances[-1])
    configs = sample(problem, 20)
    for config, (visible, heldout) in zip(configs, problem.finals(configs, 0), strict=True):
        curve = problem.curve(config, 0)
        assert visible == pytest.approx(curve.losses[-1], abs=1e-5)
        assert heldout == pytest.approx((curve.heldout or curve.losses)[-1], abs=1e-5)


@pytest.mark.parametrize("booster", ["gbtree", "gblinear", "dart"])
def test_a_fixed_booster_is_that_choice_of_any(yahpo: Path, booster: Any) -> None:
    fixed, free = (YahpoXGBoost(instance=40923, booster=b) for b in (booster, "any"))
    assert not fixed.space.conditional
    for config in sample(fixed, 5):
        free.space.check({"booster": booster, **config})
        assert fixed.curve(config, 0) == free.curve({"booster": booster, **config}, 0)
    assert fixed.key == ("40923" if booster == "gbtree" else f"40923-{booster}")


def test_a_trial_has_cost_one_training_on_its_largest_part(yahpo: Path) -> None:
    problem = YahpoXGBoost(instance=1501)
    train, predict = (problem.targets.index(f"time{what}") for what in ("train", "predict"))
    for config in sample(problem, 10):
        values = problem.evaluate([config] * 27, range(1, 28)).astype(float)
        seconds = values[:, train] + values[:, predict]
        costs = problem.curve(config, 0).costs
        for step in (1, 9, 27):
            assert -1e-4 <= sum(costs[:step]) - seconds[:step].max() <= step * SHORTEST + 1e-4


@EACH
def test_random_search_agrees_with_an_independent_one(yahpo: Path, scenario: str) -> None:
    """The mean best of ten: ours, and one that draws and encodes by itself."""
    import onnxruntime

    cls = SCENARIOS[scenario]
    problem = whole(cls, cls.instances[1])
    codes = json.loads((yahpo / scenario / "encoding.json").read_text())
    given = json.loads((yahpo / scenario / "config_space.json").read_text())
    by_name = {p["name"]: p for p in given["hyperparameters"]}
    conditions = {c["child"]: c.get("values") or [c["value"]] for c in given["conditions"]}
    rng, n = np.random.default_rng(0), 3000
    fidelity = problem.fidelity
    fixed = {cls.categories[0]: str(cls.instances[1]), "repl": 10.0, fidelity.name: fidelity.full}
    drawn = {name: _drawn(p, fixed.get(name), rng, n) for name, p in by_name.items()}
    for child, values in conditions.items():
        drawn[child] = np.where(np.isin(drawn["booster"], values), drawn[child], 0.0)
    x_cat = np.stack([[codes[c][v] for v in drawn[c]] for c in cls.categories], 1).astype(np.int32)
    x_cont = np.stack([drawn[c] for c in cls.numbers], 1).astype(np.float32)
    session = onnxruntime.InferenceSession(str(yahpo / scenario / "model.onnx"))
    (values,) = session.run(None, {"x_cat": x_cat, "x_cont": x_cont})
    sign = -1 if problem.objective.direction == "maximize" else 1
    theirs = sign * values[:, cls.targets.index(problem.objective.metric)]
    ours = [visible for visible, _ in problem.finals(sample(problem, n), 0)]
    best = [np.reshape(losses, (-1, 10)).min(axis=1) for losses in (ours, theirs)]
    error = math.sqrt(sum(b.var(ddof=1) / len(b) for b in best))
    assert error > 0
    assert abs(best[0].mean() - best[1].mean()) < 4 * error


def _drawn(p: Any, fixed: Any, rng: Any, n: int) -> Any:
    if fixed is not None:
        return np.full(n, fixed)
    if p["type"] == "categorical":
        return rng.choice(p["choices"], n)
    low, high = p["lower"], p["upper"]
    if p["type"] == "uniform_int":
        low, high = low - 0.5, high + 0.5
    ends = (math.log(low), math.log(high)) if p["log"] else (low, high)
    values = np.exp(rng.uniform(*ends, n)) if p["log"] else rng.uniform(*ends, n)
    return np.rint(values) if p["type"] == "uniform_int" else values


# -- a network of our own ------------------------------------------------------------------


def model(categories: int, numbers: int, targets: int) -> tuple[Any, ...]:
    """A network that gives ``sum of weight * input + sum of codes`` for each target."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.arange(numbers * targets, dtype=np.float32).reshape(numbers, targets) / 8
    weights[0, 0] = -1.0  # lcbench's time falls with the epoch
    nodes = [
        helper.make_node("Cast", ["x_cat"], ["codes"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["codes", "axis"], ["code"]),
        helper.make_node("MatMul", ["x_cont", "weights"], ["product"]),
        helper.make_node("Add", ["product", "code"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("x_cat", TensorProto.INT32, ["rows", categories]),
            helper.make_tensor_value_info("x_cont", TensorProto.FLOAT, ["rows", numbers]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", targets])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made.SerializeToString(), weights


CODES = {
    "OpenML_task_id": {"#na#": 0, "3945": 5},
    "task_id": {"#na#": 0, "16": 5},
    "booster": {"#na#": 0, "gblinear": 10, "gbtree": 20, "dart": 30},
    "num.impute.selected.cpo": {
        "#na#": 0,
        "impute.mean": 100,
        "impute.median": 200,
        "impute.hist": 300,
    },
}


@pytest.fixture
def tiny(made_data: MadeData) -> Callable[..., Any]:
    """Makes the data of a family around a network of its signature, or nearly so."""

    def make(cls: Any, *, numbers: int = 0, targets: int = 0, **replaced: Any) -> Any:
        sizes = len(cls.numbers) + numbers, len(cls.targets) + targets
        content, weights = model(len(cls.categories), *sizes)
        codes = json.dumps({name: CODES[name] for name in cls.categories}).encode()
        made_data(cls.data, {"model.onnx": content, "encoding.json": codes} | replaced)
        return weights

    return make


def test_inputs_reach_the_network_in_its_order(tiny: Any) -> None:
    weights = tiny(LCBench)
    problem = LCBench(instance=3945)
    configs = sample(problem, 4)
    inputs = [[e, *(c[name] for name in LCBench.numbers[1:])] for e, c in enumerate(configs, 1)]
    expected = np.array(inputs) @ weights + 5
    assert problem.evaluate(configs, [1, 2, 3, 4]) == pytest.approx(expected, rel=1e-5)


def test_a_parameter_that_is_missing_is_no_inactive_one(tiny: Any) -> None:
    tiny(YahpoXGBoost)
    problem = YahpoXGBoost(instance=16, booster="any")
    for config in sample(problem, 5):
        del config["subsample"]
        with pytest.raises(SpaceError, match="'subsample' is missing"):
            problem.curve(config, 0)


def test_inactive_inputs_are_zeros(tiny: Any) -> None:
    weights = tiny(YahpoXGBoost)
    problem = YahpoXGBoost(instance=16, booster="any")
    configs = sample(problem, 30)
    assert {c["booster"] for c in configs} == {"gblinear", "gbtree", "dart"}
    for config in configs:
        values = config | {"trainsize": 9 / 27, "repl": 10}
        inputs = [values.get(name, 0) for name in YahpoXGBoost.numbers]
        codes = CODES["booster"][str(config["booster"])]
        codes += CODES["num.impute.selected.cpo"][str(config["num.impute.selected.cpo"])] + 5
        expected = np.array(inputs) @ weights + codes
        assert problem.evaluate([config], [9])[0] == pytest.approx(expected, rel=1e-5, abs=1e-3)


def test_time_that_falls_costs_the_shortest_step(tiny: Any) -> None:
    tiny(LCBench)
    problem = LCBench(instance=3945)
    (config,) = sample(problem, 1)
    due = [problem.evaluate([config], [1])[0, 0], *[SHORTEST] * 51]
    assert problem.curve(config, 0).costs == pytest.approx(due)


def test_a_category_without_a_code_is_refused(tiny: Any) -> None:
    codes = json.dumps({name: CODES[name] for name in YahpoXGBoost.categories})
    tiny(YahpoXGBoost, **{"encoding.json": codes.replace('"dart"', '"darts"').encode()})
    problem = YahpoXGBoost(instance=16, booster="dart")
    with pytest.raises(NotAvailableError, match=r"encoding.json has no code of booster = dart"):
        problem.curve(sample(problem, 1)[0], 0)


# -- absent or broken data -----------------------------------------------------------------


def test_absent_data_is_named_with_what_brings_it(made_data: MadeData) -> None:
    made_data("yahpo-lcbench", {"model.onnx": b"a", "encoding.json": b"b"})
    assert LCBench.missing() is None
    (made_data("yahpo-lcbench", {"model.onnx": b"a"}) / "model.onnx").unlink()
    problem = LCBench(instance=3945)  # building one needs no data
    for reason in (present(LCBench.missing()), _refusal(problem)):
        assert "not here; make it into" in reason


def _refusal(problem: LCBench) -> str:
    with pytest.raises(NotAvailableError) as caught:
        problem.curve(sample(problem, 1)[0], 0)
    return str(caught.value)


def test_an_instance_that_the_data_lacks(tiny: Any) -> None:
    tiny(LCBench)
    assert "encoding.json lacks lcbench's instance 7593; get it" in _refusal(LCBench(instance=7593))


@pytest.mark.parametrize(("numbers", "targets"), [(-1, 0), (0, -1), (1, 0)])
@pytest.mark.parametrize("cls", [LCBench, YahpoXGBoost])
def test_a_network_of_others_is_refused(tiny: Any, cls: Any, numbers: int, targets: int) -> None:
    tiny(cls, numbers=numbers, targets=targets)
    refusal = _refusal(cls(instance=cls.instances[0]))
    assert f"'x_cont': {len(cls.numbers) + numbers}" in refusal
    assert f"gives [{len(cls.targets) + targets}], not" in refusal


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.onnx", b"\xff not what it should be", "cannot read the surrogate"),
        ("encoding.json", b"\xff", "not the surrogate's list of codes"),
        ("encoding.json", b"{}", "not the surrogate's list of codes: KeyError"),
        ("encoding.json", b'{"OpenML_task_id": 3}', "not the surrogate's list of codes"),
    ],
)
def test_a_file_that_cannot_be_read(tiny: Any, file: str, content: bytes, message: str) -> None:
    tiny(LCBench, **{file: content})
    refusal = _refusal(LCBench(instance=3945))
    assert message in refusal
    assert f"up/{file}" in refusal
    assert "hpobench data fetch" in refusal


def test_unknown_options() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 3945"):
        LCBench(instance=394)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean gbtree"):
        YahpoXGBoost(instance=16, booster="tree")  # type: ignore[arg-type]


def test_listing_imports_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for cls in SCENARIOS.values():
        assert len(list(members_of(cls))) == len(cls.instances)
        problem = cls(instance=cls.instances[0])
        assert problem.space
        assert problem.source
        assert problem.licence == "Apache-2.0"
