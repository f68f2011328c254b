import importlib.metadata
import io
import itertools
import json
import math
import pickle
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hpobench.api import Config, Training
from hpobench.contract.errors import SpaceError, TrialError, UnknownNameError, UsageError
from hpobench.contract.frozen import read_members, references_of
from hpobench.plugins.options import members_of
from hpobench.plugins.registry import Registry
from hpobench.problems.cnn._training import build
from hpobench.problems.cnn.cnn import CNN
from tests.support.command_line import python
from tests.support.present import present

ADAM: Config = {
    "lr": 3e-3,
    "optimizer": "adam",
    "layers": 2,
    "filters_1": 8,
    "filters_2": 12,
    "dropout": 0.3,
    "dense_units": 32,
}
SGD: Config = {
    "lr": 0.05,
    "optimizer": "sgd",
    "momentum": 0.8,
    "layers": 1,
    "filters_1": 6,
    "dropout": 0.5,
    "dense_units": 16,
}
CASES = [("digits", ADAM), ("digits", SGD), ("mnist1d", ADAM), ("mnist1d", SGD)]
GPU = pytest.param(
    1.0, marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="waits for a GPU")
)


def begin(
    dataset: Any = "digits", config: Config = ADAM, seed: int = 0, gpu: float = 0.0
) -> Training:
    return CNN(dataset=dataset, gpu=gpu).start(config, seed)


def steps(training: Training, n: int) -> list[Any]:
    return [training.step() for _ in range(n)]


def contents(state: bytes | None) -> Any:
    return torch.load(io.BytesIO(present(state)), map_location="cpu", weights_only=True)


def packed(saved: dict[str, Path]) -> bytes:
    file = io.BytesIO()
    torch.save(saved, file)
    return file.getvalue()


def same(a: Any, b: Any) -> Any:
    """Whether two nested states are equal to the last bit."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def weights(training: Training) -> Any:
    return torch.cat([w.flatten() for w in contents(training.save())["network"].values()])


# -- what is learned -----------------------------------------------------------------------


def test_a_sane_configuration_learns_the_digits() -> None:
    problem = CNN(dataset="digits")
    last = steps(problem.start(ADAM, 0), problem.fidelity.steps)[-1]
    assert last["loss"] < 0.1
    assert last["heldout"] < 0.1


def test_a_sane_configuration_learns_the_signals() -> None:
    last = steps(begin("mnist1d"), 8)[-1]  # chance is 0.9
    assert last["loss"] < 0.6
    assert last["heldout"] < 0.6


@pytest.mark.parametrize(("dataset", "error"), [("optdigits", 0.2), ("fashion14", 0.4)])
def test_a_sane_configuration_learns_images(dataset: str, error: float) -> None:
    reports = steps(begin(dataset), 3)
    for name in ("loss", "heldout"):
        assert reports[-1][name] < reports[0][name]
        assert reports[-1][name] < error


def test_losses_are_plain_shares_of_two_parts() -> None:
    reports = steps(begin(), 3)
    assert all(list(report) == ["loss", "heldout"] for report in reports)
    for value in itertools.chain.from_iterable(report.values() for report in reports):
        assert type(value) is float
        assert value * 360 == pytest.approx(round(value * 360))
    assert any(report["loss"] != report["heldout"] for report in reports)


@pytest.mark.parametrize(("dataset", "config"), CASES)
def test_the_seed_decides(dataset: str, config: Config) -> None:
    first, again, other = (begin(dataset, config, seed) for seed in (0, 0, 1))
    assert steps(first, 2) == steps(again, 2)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))
    assert steps(other, 2) != steps(begin(dataset, config, 0), 2)


def test_a_diverged_network_has_no_error() -> None:
    training = begin()
    saved = contents(training.save())
    saved["network"]["0.weight"].fill_(math.inf)
    training.load(packed(saved))
    report = training.step()
    assert math.isnan(report["loss"])
    assert math.isnan(report["heldout"])


# -- going on ------------------------------------------------------------------------------

CONTINUE = """
import json, sys
from hpobench.problems.cnn.cnn import CNN
for dataset, config, file in json.load(sys.stdin):
    training = CNN(dataset=dataset).start(config, 0)
    with open(file, "rb") as saved:
        training.load(saved.read())
    print(json.dumps([training.step(), training.step()]))
    with open(file, "wb") as saved:
        saved.write(training.save())
"""


def test_another_process_goes_on_to_the_last_bit(tmp_path: Path) -> None:
    asked, expected = [], []
    for i, (dataset, config) in enumerate(CASES):
        training, file = begin(dataset, config), tmp_path / str(i)
        steps(training, 2)
        file.write_bytes(present(training.save()))
        asked.append((dataset, config, str(file)))
        expected.append((steps(training, 2), training.save()))
    done = python("-c", CONTINUE, stdin=json.dumps(asked))
    for (*_, saved), line, (losses, state) in zip(
        asked, done.stdout.splitlines(), expected, strict=True
    ):
        assert json.loads(line) == losses
        assert same(contents(Path(saved).read_bytes()), contents(state))


@pytest.mark.parametrize("gpu", [0.0, GPU])
def test_a_state_saved_and_loaded_goes_on_as_if_never_stopped(gpu: Any) -> None:
    whole, part, other = (begin(gpu=gpu) for _ in range(3))
    expected = steps(whole, 3)
    assert steps(part, 1) == expected[:1]
    other.load(present(part.save()))
    assert steps(other, 2) == expected[1:]
    assert same(contents(other.save()), contents(whole.save()))


def test_a_fresh_training_can_be_saved_as_well() -> None:
    first, second = begin(seed=0), begin(seed=1)
    second.load(present(first.save()))
    assert steps(second, 1) == steps(first, 1)
    assert torch.equal(weights(first), weights(second))


def test_interleaved_trainings_do_not_notice_each_other() -> None:
    alone = [steps(begin(dataset, config), 3) for dataset, config in CASES]
    trainings = [begin(dataset, config) for dataset, config in CASES]
    rounds = [[training.step() for training in trainings] for _ in range(3)]
    assert [list(column) for column in zip(*rounds, strict=True)] == alone


def test_the_process_does_not_notice_a_training() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        before = torch.get_rng_state()
        (training := begin()).load(present(training.save()))
        training.step()
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.get_num_threads() == 2
        assert torch.get_deterministic_debug_mode() == 0
    finally:
        torch.set_num_threads(threads)


def test_a_training_does_not_notice_the_process() -> None:
    expected = steps(begin(), 2)
    training = begin()
    torch.rand(3)
    assert steps(training, 1) == expected[:1]
    with torch.random.fork_rng():
        torch.manual_seed(9)
        assert steps(training, 1) == expected[1:]


# -- under another configuration -----------------------------------------------------------


@pytest.mark.parametrize("config", [ADAM, SGD], ids=["adam", "sgd"])
def test_the_learning_rate_may_change(config: Config) -> None:
    """Without momentum of the past, steps are as long as the new rate makes them."""
    origin = begin(config=config)
    state = present(origin.save())
    moved = {}
    for lr in (1e-6, config["lr"]):
        (training := begin(config=config | {"lr": lr})).load(state)
        training.step()
        moved[lr] = (weights(training) - weights(origin)).abs().max()
    assert moved[1e-6] < 1e-3 * moved[config["lr"]]


def test_the_dropout_may_change() -> None:
    (first := begin()).step()
    same_rate, other = begin(), begin(config=ADAM | {"dropout": 0.8})
    for training in (same_rate, other):
        training.load(present(first.save()))
        training.step()
    first.step()
    assert torch.equal(weights(same_rate), weights(first))
    assert not torch.equal(weights(other), weights(first))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"filters_2": 16}, r"filters_2 = 16, not 12; only lr and dropout may change"),
        ({"dense_units": 33, "filters_1": 9}, r"filters_1 = 9, not 8, dense_units = 33, not 32"),
        ({"layers": 3, "filters_3": 4}, r"layers = 3, not 2, filters_3 = 4, not unset"),
        ({"optimizer": "sgd", "momentum": 0.5}, r"optimizer = sgd, not adam, momentum = 0.5"),
    ],
)
def test_other_parameters_may_not_change(change: dict[str, Any], told: str) -> None:
    donor = begin(config=ADAM | change)
    training = begin()
    with pytest.raises(TrialError, match=f"cannot go on from a training with .*{told}"):
        training.load(present(donor.save()))


def test_momentum_may_not_change() -> None:
    donor = begin(config=SGD | {"momentum": 0.1})
    with pytest.raises(TrialError, match=r"momentum = 0\.1, not 0\.8"):
        begin(config=SGD).load(present(donor.save()))


def test_states_are_not_pickles_of_anything() -> None:
    with pytest.raises(pickle.UnpicklingError):
        begin().load(packed({"fixed": Path("harmless")}))


def test_numpy_floats_are_as_good_as_plain_ones() -> None:
    """They are floats to the space, but not to the pickles that torch loads."""
    wrapped: Config = {k: np.float64(v) if isinstance(v, float) else v for k, v in SGD.items()}
    training, plain = begin(config=wrapped), begin(config=SGD)
    assert steps(training, 1) == steps(plain, 1)
    plain.load(present(training.save()))
    assert steps(plain, 1) == steps(training, 1)


# -- the space -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "kind", "lengths"),
    [
        ((1, 8, 8), nn.Conv2d, [4 * 4, 2 * 2, 1]),
        ((1, 14, 14), nn.Conv2d, [7 * 7, 4 * 4, 2 * 2]),
        ((1, 40), nn.Conv1d, [20, 10, 5]),
    ],
    ids=["digits", "fashion14", "mnist1d"],
)
def test_the_network_has_its_layers(shape: tuple[int, ...], kind: Any, lengths: list[int]) -> None:
    rng, seen = Random(0), set()
    for _ in range(40):
        config: dict[str, Any] = CNN.space.sample(rng)
        layers = config["layers"]
        filters = [config[f"filters_{i}"] for i in range(1, layers + 1)]
        assert ("momentum" in config) == (config["optimizer"] == "sgd")
        assert sum(name.startswith("filters") for name in config) == layers
        network = build(config, shape)
        convolutions = [m for m in network if isinstance(m, kind)]
        assert [m.out_channels for m in convolutions] == filters
        first, last = (m for m in network if isinstance(m, nn.Linear))
        assert first.in_features == filters[-1] * lengths[layers - 1]
        assert (first.out_features, last.out_features) == (config["dense_units"], 10)
        assert [m.p for m in network if isinstance(m, nn.Dropout)] == [config["dropout"]]
        assert network(torch.zeros(2, *shape)).shape == (2, 10)
        seen.add((layers, config["optimizer"]))
    assert seen == set(itertools.product((1, 2, 3), ("adam", "sgd")))


def test_a_configuration_outside_the_space_is_refused() -> None:
    with pytest.raises(SpaceError, match="'filters_3' is set although 'layers' turns it off"):
        begin(config=ADAM | {"filters_3": 8})


def test_what_may_change_is_active_in_every_configuration() -> None:
    assert [p.name for p in CNN(dataset="digits").mutable_parameters] == ["lr", "dropout"]


# -- options, references, what is missing --------------------------------------------------


def test_options() -> None:
    with pytest.raises(UnknownNameError, match="did you mean mnist1d"):
        CNN(dataset="mnist")  # type: ignore[arg-type]
    for gpu in (-0.5, 2, math.nan):
        with pytest.raises(UsageError, match="share of one GPU, 0 to 1"):
            CNN(dataset="digits", gpu=gpu)
    assert CNN(dataset="digits").resources.gpu == 0
    assert CNN(dataset="digits", gpu=0.25).resources.gpu == 0.25


def test_a_gpu_that_torch_does_not_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrialError, match=r"gpu is 0\.5, but torch .* finds no GPU; install"):
        begin(gpu=0.5)


def test_references_are_those_of_members() -> None:
    keys = {CNN(**options).key for options in members_of(CNN)}
    assert keys == {"digits", "fashion14", "mnist1d", "optdigits"}
    assert read_members(references_of(CNN)).keys() == keys
    for key in keys:
        problem = CNN(dataset=key)  # type: ignore[arg-type]
        reference = present(problem.reference())
        assert 0 <= reference.optimum < reference.clip <= 0.9
        assert problem.estimate() > 0.1


def test_the_fingerprint_is_of_shipped_data() -> None:
    prints = {key: CNN(dataset=key).fingerprint() for key in ("digits", "fashion14", "optdigits")}
    assert prints["digits"] == ""  # scikit-learn is required, so its version is in the identity
    assert len(set(prints.values())) == 3


def test_a_probe_is_a_loss_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (loss,) = [report["loss"] for report in steps(begin(), 1)]
    assert CNN(dataset="digits", gpu=1).probe(ADAM) == loss


def test_without_torch_the_problem_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def without_torch(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    entry = Registry().find("problem", "cnn")
    assert entry.missing() is None
    monkeypatch.setattr(importlib.metadata, "version", without_torch)
    told = "needs torch>=2.4, it is not installed; pip install 'hpobench["
    assert present(entry.missing()).startswith(told)


LISTING = """
import sys
from hpobench.problems.cnn.cnn import CNN
CNN(dataset="digits").reference()
assert not {"torch", "sklearn", "mnist1d", "numpy"} & set(sys.modules)
"""


def test_listing_does_not_import_torch() -> None:
    python("-c", LISTING)
