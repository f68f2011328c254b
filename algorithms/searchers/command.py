"""Any program as a searcher, in whatever language it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hpobench.api import Fidelity, Space
from hpobench.kit import Conversation, Program, RemoteSearcher, UsageError, surroundings


class Command(RemoteSearcher):
    """Any program in any language: it answers a line of JSON with a line of JSON.

    ``run`` is the program and its arguments; no shell reads it. A program with a slash in it
    lies in the suite's folder or below (or is an absolute path), one without is looked up on
    PATH. It runs in the suite's folder, once for every cell. ``timeout``: seconds that one answer
    may take, the first one as well. ``cost_aware``: tell it what trials cost.

    The first line, where seed 0 is a seed like any other, and the space is in the order that
    configurations have:

        {"begin": {"space": [{"kind": "float", "name": "lr", "low": 0.1, "high": 1, "log": true},
                             {"kind": "categorical", "name": "model", "choices": ["a", "b"]},
                             {"kind": "int", "name": "depth", "low": 1, "high": 9, "log": false,
                              "when": {"parent": "model", "values": ["a"]}}],
                   "seed": 0, "fidelity": {"name": "epoch", "steps": 27, "unit": 1.0}}}

    Then, in any order and with several trials under way, and for each line one answer:

        {"ask": 0}                                   -> {"config": {"lr": 0.5, "model": "b"}}
                                                     or {"wait": true}: after the next result
                                                     or {"exhausted": "why"}: nothing is left
        {"tell": 0, "step": 27, "loss": 0.3, "final": true}                       -> {}
        {"failed": 0}   {"dropped": 0}   {"paused": 0}   {"resumed": 0}           -> {}
        {"charged": 0, "seconds": 12.5}              where it is ``cost_aware``   -> {}

    A configuration holds the active parameters and no others. The methods of
    :class:`hpobench.api.Searcher` say what the notices mean; ``{}`` answers what is of no use.
    ``{"error": "what and why"}`` answers anything that it cannot do, a space with conditions
    say, and fails the cell, as does ending. Answers are *flushed*; what goes to standard error is
    shown with errors. At the end of the cell the program is killed.

    The files that ``run`` names count by their content in a cell's identity; what they load in
    turn does not.
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
        # A script of Python's may import what lies beside it.
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
