"""LCBench: learning curves of networks on 34 OpenML sets, as a YAHPO surrogate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hpobench.api import (
    Config,
    Curve,
    Fidelity,
    Float,
    Int,
    Objective,
    Reference,
    Space,
    TabulatedProblem,
)
from hpobench.errors import NotAvailableError, UnknownNameError
from hpobench.problems.surrogate import _yahpo

Instance = Literal[
    3945, 7593, 34539, 126025, 126026, 126029, 146212, 167104, 167149, 167152, 167161, 167168,
    167181, 167184, 167185, 167190, 167200, 167201, 168329, 168330, 168331, 168335, 168868,
    168908, 168910, 189354, 189862, 189865, 189866, 189873, 189905, 189906, 189908, 189909,
]  # fmt: skip
"""OpenML task ids."""

INPUTS = (
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
"""What the network wants behind the epoch, in this order."""
TARGETS = (
    "time",
    "val_accuracy",
    "val_cross_entropy",
    "val_balanced_accuracy",
    "test_cross_entropy",
    "test_balanced_accuracy",
)
TIME, VALIDATION, TEST = 0, 3, 5
SHORTEST = 1e-3
"""Seconds: the least that an epoch costs."""
REFERENCES = Path(__file__).parents[1] / "references" / "lcbench.json"


class LCBench(TabulatedProblem):
    """LCBench on a YAHPO surrogate: 7 parameters of a funnel-shaped network, 52 epochs.

    Metric: balanced accuracy on the validation part, 0-1; the held-out loss is that on the test
    part. (YAHPO's own suites tune the plain accuracy, of which the data has no test value.)
    The surrogate's ``time`` is not monotone in the epoch: an epoch costs what the running maximum
    adds, at least a millisecond. Results agree across machines up to the last float32 bits.

    Zimmer, Lindauer and Hutter, "Auto-PyTorch Tabular", 2021 (arXiv:2006.13799).
    """

    name = "lcbench"
    requires = ("onnxruntime>=1.20",)
    heldout = True
    fidelity = Fidelity("epoch", 52)
    objective = Objective("val_balanced_accuracy", "maximize")
    space = Space(
        [
            Int("batch_size", 16, 512, log=True),
            Float("learning_rate", 1e-4, 0.1, log=True),
            Float("momentum", 0.1, 0.99),
            Float("weight_decay", 1e-5, 0.1),
            Int("num_layers", 1, 5),
            Int("max_units", 64, 1024, log=True),
            Float("max_dropout", 0.0, 1.0),
        ]
    )

    def __init__(self, *, instance: Instance) -> None:
        if instance not in get_args(Instance):
            raise UnknownNameError("lcbench instance", str(instance), map(str, get_args(Instance)))
        self.instance = instance

    @classmethod
    def missing(cls) -> str | None:
        return _yahpo.missing("lcbench")

    def fingerprint(self) -> str:
        references = hashlib.sha256(REFERENCES.read_bytes()).hexdigest()[:8]
        return f"{_yahpo.fingerprint('lcbench')}-{references}"

    @cached_property
    def _surrogate(self) -> tuple[_yahpo.Surrogate, int]:
        """The network and this instance's code."""
        network = _yahpo.surrogate("lcbench", 1, 1 + len(INPUTS), len(TARGETS))
        if str(self.instance) not in network.choices["OpenML_task_id"]:
            raise NotAvailableError(
                f"lcbench: instance {self.instance} is not in {_yahpo.data_folder() / 'lcbench'}; "
                f"get that folder anew from {_yahpo.URL}"
            )
        return network, network.codes["OpenML_task_id"][str(self.instance)]

    def evaluate(self, configs: Sequence[Config], epochs: Sequence[int]) -> NDArray[np.float32]:
        """The :data:`TARGETS` ``[rows, 6]`` of each of ``configs`` after its number of epochs."""
        network, code = self._surrogate
        rows = [
            [epoch, *(float(config[name]) for name in INPUTS)]
            for config, epoch in zip(configs, epochs, strict=True)
        ]
        return network.predict([code], rows)

    def curve(self, config: Config, seed: int) -> Curve:
        epochs = range(1, self.fidelity.steps + 1)
        values = self.evaluate([config] * len(epochs), epochs)
        clock = np.maximum.accumulate(values[:, TIME], dtype=float)
        costs = np.maximum(np.diff(clock, prepend=0.0), SHORTEST)
        return Curve((-values[:, VALIDATION]).tolist(), costs.tolist(), (-values[:, TEST]).tolist())

    def reference(self) -> Reference:
        stored = references()
        entry = stored["instances"][str(self.instance)]
        source = f"version {stored['version']}: {stored['source']}"
        return Reference(entry["optimum"], entry["clip"], source, known=False)

    def estimate(self) -> float:
        return float(references()["instances"][str(self.instance)]["seconds"])


@cache
def references() -> dict[str, Any]:
    """The frozen references; ``problems/references/make_lcbench.py`` made them."""
    stored: dict[str, Any] = json.loads(REFERENCES.read_text("utf-8"))
    return stored
