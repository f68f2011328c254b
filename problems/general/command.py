"""A problem that runs a program written in any language."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from hpobench.api import Config, Fidelity, Resources, TrainedProblem, Training
from hpobench.kit import Program, UnknownNameError, UsageError
from hpobench.problems.general._process import ProcessTraining
from hpobench.problems.general._space import parse_space, space_hash


class Command(TrainedProblem):
    """Any program in any language that reads a configuration and prints one loss a step.

    ``run``: the program and its arguments. No shell interprets them. A program with a slash in its
    name is a path below the suite's folder, or an absolute path; any other program is looked up on
    PATH. The program runs in the suite's folder.
    ``space``: the space in the notation of :mod:`_space`.
    ``steps``: the number of losses that the program prints.
    ``resource``: the name of a step.
    ``cpu``, ``gpu``: the processors and GPUs of the cluster that one trial needs.

    The program reads one line of JSON from its standard input,

        {"config": {"lr": 0.1}, "seed": 7, "steps": 10}

    trains, and after every step prints one line to its standard output, which it must flush:

        {"loss": 0.3}      or, with ``heldout: true``,      {"loss": 0.3, "heldout": 0.4}

    All other output of the program is passed on. A line may also have a ``"state"``, which is any
    JSON. A trial that was paused or lost then continues from there: the program is started again,
    and its line of input also has the number of steps done as ``"step"`` and the last ``"state"``.
    Only the parameters in ``mutable`` (by default all) may then have changed.

    If a trial ends early, the program and its whole process group get SIGTERM, and two seconds
    later SIGKILL.

    The content of the files that ``run`` names is part of a cell's identity; files that these load
    in turn are not.
    """

    name = "command"

    def __init__(
        self,
        *,
        run: list[str | int | float],
        space: dict[str, Any],
        steps: int = 1,
        resource: str = "step",
        heldout: bool = False,
        mutable: list[str] | None = None,
        cpu: float = 1.0,
        gpu: float = 0.0,
    ) -> None:
        self.run = Program("command", run, self.suite_folder).run
        if steps < 1:
            raise UsageError(f"command: steps must be at least 1, not {steps}")
        for what, amount in (("cpu", cpu), ("gpu", gpu)):
            if not (math.isfinite(amount) and amount >= 0):
                raise UsageError(f"command: {what} must be at least 0, not {amount:g}")
        self.space = parse_space(space)
        for name in mutable or ():
            if name not in self.space.names:
                raise UnknownNameError("mutable parameter", name, self.space.names)
        self.mutable = None if mutable is None else tuple(mutable)
        self.fidelity = Fidelity(resource, steps)
        self.heldout = heldout
        self.resources = Resources(cpu, gpu)

    def fingerprint(self) -> str:
        """A hash of the space and of the files that ``run`` names.

        Raises :class:`UsageError` if the program is not a file that can be run, and
        :class:`NotAvailableError` if it is not on PATH.
        """
        self.program.argv()
        digest = hashlib.sha256(space_hash(self.space).encode())
        for content in self.program.digests():
            digest.update(content)
        return digest.hexdigest()[:16]

    @property
    def program(self) -> Program:
        return Program("command", self.run, self.suite_folder)

    def start(self, config: Config, seed: int) -> Training:
        task = {"config": config, "seed": seed, "steps": self.fidelity.steps}
        return ProcessTraining(self.program.argv(), self.suite_folder, task, heldout=self.heldout)
