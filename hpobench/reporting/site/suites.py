"""The suites that the shown runs come from, and the commands that make these runs again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hpobench.evidence.scores import Algorithm


@dataclass(frozen=True)
class RunSuite:
    """The labels of what a suite runs."""

    name: str
    searchers: frozenset[str]
    schedulers: frozenset[str]
    problems: frozenset[str]
    workers: frozenset[int]

    @classmethod
    def of(cls, resolved: Mapping[str, Any]) -> RunSuite:
        """``resolved``: as :meth:`hpobench.suites.suite.Suite.resolved` writes it."""
        workers = resolved["workers"]
        return cls(
            str(resolved["name"]),
            _labels(resolved["searchers"]),
            _labels(resolved["schedulers"]),
            _labels(resolved["problems"]),
            frozenset(workers if isinstance(workers, list) else [workers]),
        )

    def has(self, algorithm: Algorithm, problem: str, workers: int) -> bool:
        return (
            algorithm.searcher in self.searchers
            and algorithm.scheduler in self.schedulers
            and problem in self.problems
            and workers in self.workers
        )


def _labels(entries: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(str(entry.get("as", entry["name"])) for entry in entries)


def command(suites: Sequence[RunSuite], algorithm: Algorithm, problem: str, workers: int) -> str:
    """The command that makes the runs again; empty where no suite has them."""
    for suite in suites:
        if suite.has(algorithm, problem, workers):
            only = "/".join((*algorithm, problem))
            return shlex.join(["hpobench", "run", suite.name, "--only", only])
    return ""
