"""The searchers of the contract tests, as cells get them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hpobench.api import Searcher, Space
from hpobench.cell import Use
from hpobench.options import build_searcher, resolve
from hpobench.registry import Entry
from hpobench.testing.driving import FIDELITY

OPTIONS: dict[str, dict[str, Any]] = {"optuna-gp": {"n_startup_trials": 3}}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {"optuna-gp": 10}
"""Trials of searchers that take a quarter of a second for each."""


def trials_of(entry: Entry) -> int:
    return TRIALS.get(entry.name, 60)


@contextlib.contextmanager
def building(entry: Entry, space: Space, seed: int) -> Iterator[Searcher]:
    """A searcher as a cell gets it, closed afterwards."""
    options, faults = resolve(entry.load(), OPTIONS.get(entry.name, {}))
    assert not faults
    use = Use("searcher", entry.name, entry.name, options, str(entry.file), entry.cls)
    with contextlib.closing(build_searcher(use, space, seed, FIDELITY)) as searcher:
        yield searcher
