"""Searchers with what a suite gives them, and why a combination is impossible."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hpobench.contract.algorithms import Searcher
from hpobench.contract.cell import Budget, PluginRef
from hpobench.contract.problem import Problem
from hpobench.plugins.build import build_searcher
from hpobench.plugins.starting.prepare import check_room, content, prepare
from hpobench.plugins.starting.priors import prior_objection, prior_of
from hpobench.plugins.starting.started import StartedSearcher, start_objection
from hpobench.plugins.starting.stopping import StoppedSearcher


def build_given_searcher(
    ref: PluginRef, problem_ref: PluginRef, problem: Problem, *, seed: int, cell_seed: int
) -> Searcher:
    """The searcher that ``ref`` names for a run on ``problem``, with what the suite gives it.

    ``seed`` is the searcher's, ``cell_seed`` the cell's, by which old trials are drawn: they are
    the same for every searcher.
    """
    start, belief, stop = (ref.given.get(key) for key in ("start", "prior", "stop"))
    prepared = prepare(start, problem_ref, problem, cell_seed) if start else None
    prior = prior_of(belief, problem_ref, problem) if belief else None
    steps = problem.fidelity.steps
    searcher = build_searcher(ref, problem.space, seed, problem.fidelity, prior)
    try:
        if prepared is not None:
            searcher = StartedSearcher(searcher, prepared, steps)
    except BaseException:
        searcher.close()
        raise
    return StoppedSearcher(searcher, stop, steps) if stop else searcher


def given_objections(cls: type, given: Mapping[str, Any]) -> Iterator[str]:
    """Why the searcher class ``cls`` cannot take what it is ``given``, on any problem."""
    if (start := given.get("start")) and (reason := start_objection(cls, start)) is not None:
        yield reason
    if "prior" in given and (reason := prior_objection(cls)) is not None:
        yield reason


def takes(cls: type) -> list[str]:
    """What the searcher class ``cls`` can be given: ``points``, ``history``, ``prior``."""
    starts: dict[str, dict[str, Any]] = {"points": {"points": []}, "history": {"history": {}}}
    found = [word for word, start in starts.items() if start_objection(cls, start) is None]
    return found if prior_objection(cls) is not None else [*found, "prior"]


def check_given(ref: PluginRef, problem_ref: PluginRef, problem: Problem, budget: Budget) -> str:
    """What counts for results of what ``ref`` is given on ``problem``; empty if it is nothing.

    It is hashes of what its start and its prior come to. Raises :class:`UsageError` if that does
    not fit the problem or the budget, and :class:`NotAvailableError` if there is nothing of its
    kind for this problem.
    """
    parts = []
    if start := ref.given.get("start"):
        check_room(start, problem, budget)
        parts.append(content(start, problem_ref, problem))
    if belief := ref.given.get("prior"):
        text = json.dumps(prior_of(belief, problem_ref, problem).to_json())
        parts.append(hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
    return " ".join(parts)
