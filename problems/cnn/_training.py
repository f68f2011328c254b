"""The training of a small convolutional network, one epoch at a time."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from hpobench.api import Config, Resources, Training
from hpobench.kit import TrialError
from hpobench.problems.cnn._data import Part, Splits

BATCH = 64
LABELS = 10


class CNNTraining(Training):
    """The training of one network.

    All randomness comes from torch's global generators, because dropout can use no others. A
    training keeps its own states of these generators and sets them only while it computes.
    Trainings in the same process therefore do not affect each other.
    """

    def __init__(
        self,
        config: Config,
        seed: int,
        data: Splits,
        resources: Resources,
        mutable: Sequence[str],
    ) -> None:
        """Raises :class:`TrialError` if a GPU is asked for and torch finds none."""
        self._device = _device(resources.gpu)
        self._threads = max(1, int(resources.cpu))
        self._mutable = mutable
        self._fixed = {name: value for name, value in config.items() if name not in mutable}
        self._lr = float(config["lr"])
        self._train, self._validation, self._test = (self._tensors(part) for part in data)
        self._generators: list[Tensor] | None = None
        with self._alone():
            torch.manual_seed(seed)
            shape = self._train[0].shape[1:]
            self._network = build(config, shape).to(self._device)
        self._optimizer = optimizer(config, self._network)

    def step(self) -> Mapping[str, float]:
        with self._alone():
            self._epoch()
            return {"loss": self._error(*self._validation), "heldout": self._error(*self._test)}

    def save(self) -> bytes:
        file = io.BytesIO()
        state = {
            # The parameters are saved as text, because torch.load with weights_only=True refuses
            # a pickle with values of NumPy's types.
            "fixed": json.dumps(self._fixed),
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "generators": self._generators,
        }
        torch.save(state, file)
        return file.getvalue()

    def load(self, state: bytes) -> None:
        """Raises :class:`TrialError` if the state is that of another network or optimizer."""
        saved = torch.load(io.BytesIO(state), map_location="cpu", weights_only=True)
        if differing := _differing(json.loads(saved["fixed"]), self._fixed):
            raise TrialError(
                f"cannot go on from a training with {differing}; "
                f"only {' and '.join(self._mutable)} may change"
            )
        self._network.load_state_dict(saved["network"])
        self._optimizer.load_state_dict(saved["optimizer"])
        for group in self._optimizer.param_groups:
            group["lr"] = self._lr  # replaces the learning rate of the saved state
        self._generators = saved["generators"]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Set torch's global generators and settings to this training's, and restore them after
        the block."""
        cuda = [self._device] if self._device.type == "cuda" else []
        threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
        with torch.random.fork_rng(cuda):
            torch.set_num_threads(self._threads)
            torch.set_deterministic_debug_mode("error")
            try:
                if self._generators is not None:
                    cpu, *gpu = self._generators
                    torch.set_rng_state(cpu)
                    for state in gpu:
                        torch.cuda.set_rng_state(state, self._device)
                yield
                left = [torch.cuda.get_rng_state(device) for device in cuda]
                self._generators = [torch.get_rng_state(), *left]
            finally:
                torch.set_num_threads(threads)
                torch.set_deterministic_debug_mode(mode)

    def _epoch(self) -> None:
        inputs, labels = self._train
        self._network.train()
        for rows in torch.randperm(len(labels)).to(self._device).split(BATCH):
            self._optimizer.zero_grad()
            cross_entropy(self._network(inputs[rows]), labels[rows]).backward()
            self._optimizer.step()

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _error(self, inputs: Tensor, labels: Tensor) -> float:
        """The share of wrong labels; NaN if the network has diverged."""
        self._network.eval()
        outputs = self._network(inputs)
        if not outputs.isfinite().all():
            return math.nan
        wrong = outputs.argmax(1) != labels
        return int(wrong.sum()) / len(wrong)

    def _tensors(self, part: Part) -> tuple[Tensor, Tensor]:
        inputs, labels = (torch.from_numpy(array).to(self._device) for array in part)
        return inputs, labels


def build(config: Config, shape: Sequence[int]) -> nn.Sequential:
    """The network of ``config`` for inputs of ``shape``, which is channels, then 1 or 2 lengths.

    Every convolution halves the lengths by its stride, as in MNIST-1D's own network.
    """
    channels, *lengths = shape
    convolution = {1: nn.Conv1d, 2: nn.Conv2d}[len(lengths)]
    modules: list[nn.Module] = []
    for layer in range(1, int(config["layers"]) + 1):
        filters = int(config[f"filters_{layer}"])
        modules += [convolution(channels, filters, 3, stride=2, padding=1), nn.ReLU()]
        channels, lengths = filters, [math.ceil(length / 2) for length in lengths]
    units = int(config["dense_units"])
    return nn.Sequential(
        *modules,
        nn.Flatten(),
        nn.Linear(channels * math.prod(lengths), units),
        nn.ReLU(),
        nn.Dropout(float(config["dropout"])),
        nn.Linear(units, LABELS),
    )


def optimizer(config: Config, network: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of ``config`` for the parameters of ``network``."""
    lr = float(config["lr"])
    if config["optimizer"] == "adam":
        return torch.optim.Adam(network.parameters(), lr)
    return torch.optim.SGD(network.parameters(), lr, momentum=float(config["momentum"]))


def _device(gpu: float) -> torch.device:
    if not gpu:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise TrialError(
            f"cnn: gpu is {gpu}, but torch {torch.__version__} finds no GPU; install a build of "
            "torch for this machine's GPU, or leave the option out to train on the processor"
        )
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # makes cuBLAS repeatable
    return torch.device("cuda", torch.cuda.current_device())


def _differing(saved: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """The parameters that differ, as text like ``layers = 3, not 2``."""
    names = dict.fromkeys([*own, *saved])
    return ", ".join(
        f"{name} = {saved.get(name, 'unset')}, not {own.get(name, 'unset')}"
        for name in names
        if saved.get(name) != own.get(name)
    )
