"""A cell that shows whether this process still gives the results that a fresh one gives.

Plugins share processes. One that patches a module, a class or a generator, or leaves a thread
behind, changes the results of others without a word.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import statistics

import numpy as np
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

from hpobench.api import Budget, Config, Fidelity, Problem, Scheduler, Searcher, Space
from hpobench.contract.cell import Cell, Kind, PluginRef
from hpobench.contract.seeding import uniform
from hpobench.running.cells.run_cell import run_cell
from hpobench.testing import doubles
from hpobench.testing.driving import SPACES
from hpobench.testing.plugin_check import Misbehaved, PluginSubject, fresh_process


class Witness(Searcher):
    """Proposes what all sources of numbers that searchers use come to together."""

    name = "witness"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:  # noqa: ARG002
        self.space = space
        self.own, self.numpy = random.Random(seed), np.random.default_rng(seed)
        self.losses = [1.0]

    def ask(self, trial: int) -> Config:
        point = []
        for i in range(len(self.space)):
            order = [1, 2, 3, 4]
            random.shuffle(order)
            parts = [random.random(), random.uniform(0, 1), random.gauss(0, 1)]
            parts += [random.choice(order), random.sample(order, 2)[0], random.randint(0, 9)]
            parts += [self.own.random(), self.own.gauss(0, 1), self.numpy.random()]
            parts += [np.random.rand(), np.random.normal(), np.random.randint(9)]  # noqa: NPY002
            parts += [
                float(np.argsort([3, 1, 2])[0] + np.mean(order)),
                math.sin(trial) + math.log(2 + i) + math.exp(-i) + math.sqrt(trial),
                statistics.median(self.losses) + statistics.fmean(self.losses),
                uniform("witness", trial, i),
                sum(sorted(order)[:2]) + max(order) + abs(round(-1.5)) + len(json.dumps(order)),
                hashlib.blake2b(b"witness").digest()[0],
            ]
            point.append(sum(parts) % 1)
        return self.space.from_unit(point)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:  # noqa: ARG002
        self.losses.append(loss)


class WitnessScheduler(Scheduler):
    """Ray's ASHA with two brackets, which it draws from NumPy's global generator."""

    name = "witness"

    def build(self, problem: Problem) -> TrialScheduler:
        return ASHAScheduler(max_t=problem.fidelity.steps, grace_period=1, brackets=2)


def result() -> str:
    """A hash of the sentinel's results, or the reason why there are none."""
    cell = Cell(
        id="sentinel",
        searcher=_ref("searcher", Witness, __file__),
        scheduler=_ref("scheduler", WitnessScheduler, __file__),
        problem=_ref("problem", doubles.CurveProblem, doubles.__file__, steps=9),
        seed=0,
        budget=Budget(trials=12),
        workers=3,
    )
    outcome = run_cell(cell, None, timeout=60.0)
    if outcome.cell["status"] != "done":
        return f"{outcome.cell['error']}".partition("\n")[0]
    spaces = {name: space.to_json() for name, space in SPACES.items()}
    rows = [outcome.events.to_pylist(), outcome.trials["config"].to_pylist(), spaces]
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()


def _ref(kind: Kind, cls: type, file: str, **options: int) -> PluginRef:
    return PluginRef(kind, "sentinel", "sentinel", options, file, cls.__name__)


_last: list[str] = []
"""The result that this process gave last, so that the plugin after an offender is not blamed."""


def leaves_other_cells_alone(subject: PluginSubject) -> None:
    """A cell of other plugins has the same result in this process as in a fresh one."""
    subject.exercise()
    if not _last:
        done = fresh_process("from hpobench.testing.sentinel import result; print(result())")
        done.check_returncode()
        _last.append(done.stdout.strip())
    before, _last[0] = _last[0], (now := result())
    if now != before:
        error = f", {now}" if " " in now else ""
        raise Misbehaved(
            f"after its checks, a cell of other plugins has another result in this process{error}; "
            "patch no module, class or space, give it generators of its own, and end its threads"
        )
