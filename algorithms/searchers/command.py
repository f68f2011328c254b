"""A searcher that runs a program written in any language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hpobench.api import Fidelity, Space
from hpobench.kit import Conversation, Program, RemoteSearcher, UsageError, surroundings


class Command(RemoteSearcher):
    """Any program in any language that answers each line of JSON with a line of JSON.

    ``run``: the program and its arguments. No shell interprets them. A program with a slash in its
    name is a path below the suite's folder, or an absolute path; any other program is looked up on
    PATH. The program runs in the suite's folder, once for every cell.
    ``timeout``: the number of seconds that one answer may take, including the first one.
    ``cost_aware``: whether the program is told what trials cost.

    The first line describes the task. Seed 0 is a seed like any other, and the space lists the
    parameters in the order that configurations have:

        {"begin": {"space": [{"kind": "float", "name": "lr", "low": 0.1, "high": 1, "log": true},
                             {"kind": "categorical", "name": "model", "choices": ["a", "b"]},
                             {"kind": "int", "name": "depth", "low": 1, "high": 9, "log": false,
                              "when": {"parent": "model", "values": ["a"]}}],
                   "seed": 0, "fidelity": {"name": "epoch", "steps": 27, "unit": 1.0}}}

    The following lines arrive in any order, possibly with several trials running, and the program
    answers each of them with one line:

        {"ask": 0}                                   -> {"config": {"lr": 0.5, "model": "b"}}
                                                     or {"wait": true}: ask after the next result
                                                     or {"exhausted": "why"}: nothing is left
        {"tell": 0, "step": 27, "loss": 0.3, "final": true}                       -> {}
        {"failed": 0}   {"dropped": 0}   {"paused": 0}   {"resumed": 0}           -> {}
        {"charged": 0, "seconds": 12.5}              only with ``cost_aware``     -> {}
        {"adopt": 0, "config": {"lr": 0.1, "model": "b"}}            -> {"adopted": true} or false

    A configuration holds the active parameters and no others. The methods of
    :class:`hpobench.api.Searcher` explain the notices; a program that has no use for a notice
    answers ``{}``. Only a program that answers the first line with ``{"adopts": true}`` is asked to
    adopt configurations, as :meth:`hpobench.api.Searcher.adopt` explains. A program that cannot do
    what it is asked, for example handle a space with conditions, answers ``{"error": "what and
    why"}``, and the cell fails. The cell also fails if the program ends. The program must flush its
    standard output after each answer. Its standard error is shown with error messages. The program
    is killed at the end of the cell.

    The content of the files that ``run`` names is part of a cell's identity; files that these load
    in turn are not.
    """

    name = "command"

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        run: list[str | int | float],
        timeout: float = 600.0,
        cost_aware: bool = False,
    ) -> None:
        if not timeout > 0:
            raise UsageError(f"command: timeout must be positive, not {timeout:g}")
        self.cost_aware = cost_aware  # type: ignore[misc]
        argv = Program(self.name, run, self.suite_folder).argv()
        # With this variable empty, a Python script may import modules from its own folder.
        environment = surroundings() | {"PYTHONSAFEPATH": ""}
        begin = {"space": space.to_json(), "seed": seed, "fidelity": asdict(fidelity)}
        conversation = Conversation(argv, environment, self.suite_folder)
        super().__init__(argv[0], conversation, begin, start=timeout, timeout=timeout)

    @classmethod
    def fingerprint(cls, folder: Path, options: Mapping[str, Any]) -> str:
        digest = hashlib.sha256()
        for content in Program(cls.name, options["run"], folder).digests():
            digest.update(content)
        return digest.hexdigest()[:16]
