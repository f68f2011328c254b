"""A problem that trains a trainable of Ray Tune."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from hpobench.api import Config, Fidelity, Objective, Resources, TrainedProblem, Training
from hpobench.kit import (
    ScriptObject,
    TrialError,
    UnknownNameError,
    UsageError,
    as_number,
    derive_seed,
)
from hpobench.problems.general._space import parse_space, space_hash

if TYPE_CHECKING:
    from ray import tune


class Trainable(TrainedProblem):
    """A function that calls ``tune.report``, or a ``tune.Trainable`` class, as it is.

    ``run``: a Python file in the suite's folder and a name in it, like ``mine.py:train``: whatever
    ``tune.Tuner`` takes, ``tune.with_parameters`` included.
    ``space``: the space in the notation of :mod:`_space`. A dot in a name stands for a key of a
    nested dictionary: ``model.layers`` is ``config["model"]["layers"]``.
    ``steps``: the number of reports of a whole trial.
    ``fixed``: the rest of the configuration, constants of any form.
    ``metric``, ``mode``: the key of the metric in a report, and whether it is minimised (``min``)
    or maximised (``max``). Nested keys are joined by a slash, like ``eval/loss``.
    ``heldout``: the key of the same metric on data that the searcher does not see.
    ``resource``: the name of a step.
    ``stops_early``: whether trials may end before ``steps`` reports. Their last loss then stands
    for the steps that are left, which take no time but are paid for in units of the resource; a
    clone of a trial that has ended has ended too. Without ``stops_early`` such a trial fails.
    ``seed_key``: a key of the configuration that is given the problem seed.
    ``cpu``, ``gpu``: the processors and GPUs of the cluster that one trial needs. They replace
    those of ``tune.with_resources``.

    A report is a step, on a worker of the live stage; between reports the function waits in
    ``tune.report`` for the scheduler. Its checkpoints are what trials that were paused, cloned by
    PBT or interrupted go on from. A function begins anew with the last checkpoint that it wrote,
    as ``tune.get_checkpoint`` gives it, and the steps after that are trained again uncounted: a
    clone trains them with its own configuration. If there is no checkpoint, they are all trained
    again. A class writes a checkpoint when one is needed.

    The global generators of ``random``, ``numpy`` and ``torch`` are seeded from the configuration
    and the problem seed before a trial begins. Their states, on the CPU, go with its checkpoints.

    A trial has a temporary working folder of its own, which is gone after it. Its id depends on
    its configuration. The file is imported in workers only, which serve no other problem. Its code
    and that of the neighbours that it imports is part of a cell's identity.
    """

    name = "trainable"
    private_process = True

    def __init__(
        self,
        *,
        run: str,
        space: dict[str, Any],
        steps: int,
        fixed: dict[str, Any] | None = None,
        metric: str = "loss",
        mode: Literal["min", "max"] = "min",
        heldout: str | None = None,
        resource: str = "step",
        stops_early: bool = False,
        seed_key: str | None = None,
        mutable: list[str] | None = None,
        cpu: float = 1.0,
        gpu: float = 0.0,
    ) -> None:
        self.script = ScriptObject("trainable", run, self.inside)
        if steps < 1:
            raise UsageError(f"trainable: steps must be at least 1, not {steps}")
        for what, amount in (("cpu", cpu), ("gpu", gpu)):
            if not (math.isfinite(amount) and amount >= 0):
                raise UsageError(f"trainable: {what} must be at least 0, not {amount:g}")
        self.space = parse_space(space)
        for name in mutable or ():
            if name not in self.space.names:
                raise UnknownNameError("mutable parameter", name, self.space.names)
        self.mutable = None if mutable is None else tuple(mutable)
        self.fidelity = Fidelity(resource, steps)
        self.objective = Objective(metric, "minimize" if mode == "min" else "maximize")
        self.heldout = heldout is not None
        self.resources = Resources(cpu, gpu)
        self._keys = {"loss": metric} | ({} if heldout is None else {"heldout": heldout})
        self._fixed, self._seed_key, self._stops_early = fixed or {}, seed_key, stops_early
        self._configuration(self.space.from_unit([0.5] * len(self.space)), 0)

    def fingerprint(self) -> str:
        """A hash of the space and of the code; raises :class:`UsageError` if ``run`` is wrong."""
        text = f"{space_hash(self.space)} {self.script.digest()}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def prepare(self) -> None:
        self._class()

    def _class(self) -> type[tune.Trainable]:
        from hpobench.kit import trainable_class

        return trainable_class(self.script.load())

    def start(self, config: Config, seed: int) -> Training:
        from hpobench.kit import TrainableTraining

        given = self._configuration(config, seed)
        root = derive_seed("trainable", json.dumps(config, sort_keys=True), seed)
        return TrainableTraining(
            self._class(),
            given,
            trial_id=f"{root:08x}",
            seed=root,
            resources=self.resources,
            losses=self._losses,
            steps=self.fidelity.steps,
            stops_early=self._stops_early,
        )

    def _configuration(self, config: Config, seed: int) -> dict[str, Any]:
        """What the trainable is given: ``config`` among the constants, in nested dictionaries."""
        given: dict[str, Any] = copy.deepcopy(self._fixed)
        seeds = [] if self._seed_key is None else [(self._seed_key, seed)]
        for name, value in [*config.items(), *seeds]:
            *folders, key = name.split(".")
            place = given
            for folder in folders:
                place = place.setdefault(folder, {})
                if not isinstance(place, dict):
                    raise UsageError(f"trainable: {name!r} is in {folder!r}, which is a value")
            if key in place:
                raise UsageError(f"trainable: {name!r} has two values; leave one of them out")
            place[key] = value
        return given

    def _losses(self, result: Mapping[str, Any]) -> dict[str, float]:
        """The losses in ``result``, under their names in steps."""
        from ray.tune.utils import flatten_dict

        flat = flatten_dict(dict(result))
        for key in self._keys.values():
            if key not in flat:
                raise TrialError(f"a report has no {key!r}; it has {_reported(flat)}")
        numbers = {name: as_number(flat[key], repr(key)) for name, key in self._keys.items()}
        return {name: self.objective.loss(number) for name, number in numbers.items()}


def _reported(flat: Mapping[str, Any]) -> str:
    """The keys of a result that Ray did not add."""
    from ray.tune.result import AUTO_RESULT_KEYS, DONE, SHOULD_CHECKPOINT, TRIAL_ID

    added = {*AUTO_RESULT_KEYS, DONE, SHOULD_CHECKPOINT, TRIAL_ID}
    keys = [repr(key) for key in sorted(flat) if key.partition("/")[0] not in added]
    return ", ".join(keys) or "nothing"
