import json
import sys
from random import Random
from typing import get_args

import numpy as np
import pytest

from hpobench.errors import NotAvailableError, UnknownNameError
from hpobench.problems.surrogate import _yahpo
from hpobench.problems.surrogate.yahpo_lcbench import (
    INPUTS,
    SHORTEST,
    TARGETS,
    TEST,
    TIME,
    VALIDATION,
    Instance,
    LCBench,
    references,
)

# -- the real data -------------------------------------------------------------------------


def test_the_answers_are_those_of_yahpo_gym(yahpo):
    file = yahpo / "golden_yahpo_gym_1.0.2.json"
    if not file.is_file():
        pytest.skip(f"waits for the answers of the official package in {file}")
    golden = json.loads(file.read_text("utf-8"))
    checked = 0
    for scenario, instance, configs, answers in golden:
        if scenario != "lcbench":
            continue
        ours = LCBench(instance=int(instance)).evaluate(configs, [c["epoch"] for c in configs])
        theirs = [[answer[target] for target in TARGETS] for answer in answers]
        assert ours == pytest.approx(np.array(theirs), rel=2e-5)
        checked += len(configs)
    assert checked == 100


def test_a_curve_is_the_evaluations_after_1_to_52_epochs(yahpo):
    problem, rng = LCBench(instance=189909), Random(0)
    for _ in range(5):
        config = problem.space.sample(rng)
        values = problem.evaluate([config] * 52, range(1, 53))
        curve = problem.curve(config, 0)
        assert curve.losses == (-values[:, VALIDATION]).tolist()
        assert curve.heldout == (-values[:, TEST]).tolist()
        last = problem.evaluate([config], [52])[0]
        assert curve.losses[-1] == pytest.approx(-last[VALIDATION], abs=1e-5)
        assert sum(curve.costs) == pytest.approx(values[:, TIME].max(), abs=52 * SHORTEST)


def test_every_instance_of_the_data_is_offered(yahpo):
    space = json.loads((yahpo / "lcbench" / "config_space.json").read_text("utf-8"))
    by_name = {p["name"]: p for p in space["hyperparameters"]}
    assert set(map(int, by_name["OpenML_task_id"]["choices"])) == set(get_args(Instance))
    for p in LCBench.space:
        given = by_name[p.name]
        assert (p.low, p.high) == pytest.approx((given["lower"], given["upper"]))
        assert (p.log, f"uniform_{p.kind}") == (given["log"], given["type"])


# -- references ----------------------------------------------------------------------------


def test_every_instance_has_frozen_references():
    assert set(references()["instances"]) == {str(i) for i in get_args(Instance)}
    for instance in get_args(Instance):
        problem = LCBench(instance=instance)
        reference = problem.reference()
        assert -1 <= reference.optimum < reference.clip < 0
        assert not reference.known
        assert reference.source.startswith(f"version {references()['version']}: ")
        assert problem.estimate() > 1


# -- absent or broken data -----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty place where lcbench's files are looked for."""
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path))
    made = tmp_path / "yahpo" / "lcbench"
    made.mkdir(parents=True)
    return made


def model(inputs: int, targets: int):
    """A network of lcbench's signature: ``sum of weight * input + code`` for each target."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.arange(inputs * targets, dtype=np.float32).reshape(inputs, targets) / 8
    weights[0, TIME] = -1.0  # time falls with the epoch
    nodes = [
        helper.make_node("Cast", ["x_cat"], ["code"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x_cont", "weights"], ["product"]),
        helper.make_node("Add", ["product", "code"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("x_cat", TensorProto.INT32, ["rows", 1]),
            helper.make_tensor_value_info("x_cont", TensorProto.FLOAT, ["rows", inputs]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", targets])],
        [numpy_helper.from_array(weights, "weights")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made.SerializeToString(), weights


def fill(folder, inputs=8, targets=6, choices=("3945",)):
    content, weights = model(inputs, targets)
    (folder / "model.onnx").write_bytes(content)
    space = {"hyperparameters": [{"name": "OpenML_task_id", "choices": list(choices)}]}
    (folder / "config_space.json").write_text(json.dumps(space))
    (folder / "encoding.json").write_text(json.dumps({"OpenML_task_id": {"#na#": 0, "3945": 5}}))
    return weights


def test_inputs_reach_the_network_in_its_order(folder):
    weights = fill(folder)
    problem = LCBench(instance=3945)
    configs = [problem.space.sample(Random(i)) for i in range(4)]
    inputs = [[epoch, *(c[name] for name in INPUTS)] for epoch, c in enumerate(configs, 1)]
    expected = np.array(inputs) @ weights + 5
    assert problem.evaluate(configs, [1, 2, 3, 4]) == pytest.approx(expected, rel=1e-5)


def test_time_that_falls_costs_the_shortest_epoch(folder):
    fill(folder)
    problem = LCBench(instance=3945)
    config = problem.space.sample(Random(0))
    first = problem.evaluate([config], [1])[0, TIME]
    curve = problem.curve(config, 0)
    assert curve.costs == pytest.approx([first] + [SHORTEST] * 51)


def test_absent_data_is_named_with_its_source_and_folder(folder):
    reason = LCBench.missing()
    assert "config_space.json, encoding.json, model.onnx" in reason
    assert str(folder) in reason
    assert "https://github.com/slds-lmu/yahpo_data" in reason
    assert "HPOBENCH_DATA" in reason
    (folder / "encoding.json").write_text("{}")
    assert "no config_space.json, model.onnx in" in LCBench.missing()
    problem = LCBench(instance=3945)  # building one needs no data
    with pytest.raises(NotAvailableError, match="copy the folder lcbench"):
        problem.curve(problem.space.sample(Random(0)), 0)


def test_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("HPOBENCH_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert _yahpo.data_folder() == tmp_path / "hpobench" / "yahpo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _yahpo.data_folder() == tmp_path / ".local" / "share" / "hpobench" / "yahpo"


def test_an_instance_that_the_data_lacks(folder):
    fill(folder, choices=("7593",))
    problem = LCBench(instance=3945)
    with pytest.raises(NotAvailableError, match="instance 3945 is not in"):
        problem.curve(problem.space.sample(Random(0)), 0)


@pytest.mark.parametrize(("inputs", "targets"), [(7, 6), (8, 5)])
def test_a_network_of_another_signature_is_refused(folder, inputs, targets):
    fill(folder, inputs, targets)
    problem = LCBench(instance=3945)
    with pytest.raises(NotAvailableError, match=f"x_cont.*{inputs}.*{targets} outputs, not"):
        problem.curve(problem.space.sample(Random(0)), 0)


@pytest.mark.parametrize("file", _yahpo.FILES)
def test_a_file_that_cannot_be_read(folder, file):
    fill(folder)
    (folder / file).write_bytes(b"\xff not what it should be")
    problem = LCBench(instance=3945)
    with pytest.raises(NotAvailableError, match="cannot read the surrogate"):
        problem.curve(problem.space.sample(Random(0)), 0)


def test_an_unknown_instance():
    with pytest.raises(UnknownNameError, match="did you mean 3945"):
        LCBench(instance=394)


def test_listing_does_not_import_onnxruntime(monkeypatch, folder):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert LCBench(instance=3945).space
    assert LCBench.missing()
