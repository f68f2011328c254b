"""Any program as a problem, in whatever language it is written."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from hpobench.api import Config, Fidelity, Resources, TrainedProblem, Training
from hpobench.kit import Program, UnknownNameError, UsageError
from hpobench.problems.general._process import ProcessTraining
from hpobench.problems.general._space import parse_space, space_hash


class Command(TrainedProblem):
    """Any program in any language: it reads a configuration and prints a loss a step.

    ``run`` is the program and its arguments; no shell reads it. A program with a slash in it
    lies in the suite's folder or below (or is an absolute path), one without is looked up on
    PATH. It runs in the suite's folder. ``space`` is written as :mod:`_space` shows, ``steps``
    is how many losses the program prints and ``resource`` what a step is called.

    The program reads one line of JSON from its standard input,

        {"config": {"lr": 0.1}, "seed": 7, "steps": 10}

    trains, and after every step prints and *flushes* one line to its standard output:

        {"loss": 0.3}      or, with ``heldout: true``,      {"loss": 0.3, "heldout": 0.4}

    Everything else that it prints passes through. Where a line has a ``"state"``, any JSON, a
    trial that was paused or lost goes on from there: the program is started anew, and its line
    of input has also ``"step"``, how many steps are done, and that ``"state"``. Only the
    parameters in ``mutable`` (all, if it is left out) may then have changed.

    A trial that ends early sends SIGTERM to the program and all of its process group, and
    SIGKILL two seconds later. ``cpu`` and ``gpu`` are what one trial needs of the cluster.

    The files that ``run`` names count by their content in a cell's identity; what they load
    in turn does not.
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

        Raises :class:`UsageError` where the program is not a file that can be run, and
        :class:`NotAvailableError` where PATH does not have it.
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
