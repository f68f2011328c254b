"""Searchers with what a suite gives them, and why a combination is impossible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hpobench.contract.algorithms import Searcher
from hpobench.contract.budget import Budget
from hpobench.contract.cell import PluginRef
from hpobench.contract.problem import Problem
from hpobench.plugins.build import build_searcher
from hpobench.plugins.starting.prepare import check_room, content, prepare
from hpobench.plugins.starting.started import StartedSearcher, start_objection
from hpobench.plugins.starting.stopping import StoppedSearcher, check_stop, rules_of


def build_given_searcher(
    ref: PluginRef, problem_ref: PluginRef, problem: Problem, *, seed: int, cell_seed: int
) -> Searcher:
    """The searcher that ``ref`` names for a run on ``problem``, with what the suite gives it.

    ``seed`` is the searcher's, ``cell_seed`` the cell's, by which old trials are drawn: they are
    the same for every searcher.
    """
    start, stop = ref.given.get("start"), ref.given.get("stop")
    prepared = prepare(start, problem_ref, problem, cell_seed) if start else None
    steps = problem.fidelity.steps
    searcher = build_searcher(ref, problem.space, seed, problem.fidelity)
    try:
        if prepared is not None:
            searcher = StartedSearcher(searcher, prepared, steps)
    except BaseException:
        searcher.close()
        raise
    return (
        StoppedSearcher(searcher, rules_of(stop, problem.space, seed), steps) if stop else searcher
    )


def given_objections(cls: type, given: Mapping[str, Any]) -> Iterator[str]:
    """Why the searcher class ``cls`` cannot take what it is ``given``, on any problem."""
    if (start := given.get("start")) and (reason := start_objection(cls, start)) is not None:
        yield reason


def check_given(ref: PluginRef, problem_ref: PluginRef, problem: Problem, budget: Budget) -> str:
    """What counts for results of what ``ref`` is given on ``problem``; empty if it is nothing.

    It is a hash of what its start comes to, and the versions of packages that its stop takes.
    Raises :class:`UsageError` if that does not fit the problem or the budget, and
    :class:`NotAvailableError` if there is nothing of its kind for this problem, or a package is
    missing.
    """
    parts = [check_stop(ref.given.get("stop", {}))]
    if start := ref.given.get("start"):
        check_room(start, problem, budget)
        parts.insert(0, content(start, problem_ref, problem))
    return " ".join(filter(None, parts))
