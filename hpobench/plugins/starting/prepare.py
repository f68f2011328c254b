"""What a start means on one problem: its configurations and the trials to be told."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hpobench.contract.cell import Budget, PluginRef
from hpobench.contract.errors import NotAvailableError, SpaceError, UsageError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.plugins.build import build_problem
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import label, members_of
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.portfolios import default_of, portfolio_of, related
from hpobench.plugins.starting.start import History, Start

_PER_SET = 10
"""Old trials of one data set, where there are several."""
_DRAWS = 100
"""Configurations that are drawn at most for each old trial, because some fail."""


@dataclass(frozen=True)
class Told:
    """Trials of one data set that ended with a loss at full fidelity."""

    trials: tuple[tuple[Config, float], ...]


@dataclass(frozen=True)
class Prepared:
    """What a searcher is given before its own first proposal."""

    points: tuple[Config, ...] = ()
    """The configurations of the first trials."""
    told: tuple[Told, ...] = ()
    """Old trials, by their data set."""
    matched: bool = False
    """Whether the losses of old trials are moved to the scale of the search."""


def prepare(start: Mapping[str, Any], ref: PluginRef, problem: Problem, seed: int) -> Prepared:
    """What the parsed ``start`` gives on ``problem``, which ``ref`` names, with a cell's ``seed``.

    Raises :class:`UsageError` if it does not fit the problem, and :class:`NotAvailableError` if the
    problem has no portfolio or no other data sets.
    """
    whole = Start.model_validate(start)
    points = tuple(_points(whole, problem))
    if (history := whole.history) is None:
        return Prepared(points)
    told = _others(history, ref, problem, seed) if history.others else [_own(history, ref, problem)]
    return Prepared(points, tuple(told), matched=history.scale == "matched")


def content(start: Mapping[str, Any], ref: PluginRef, problem: Problem) -> str:
    """A hash of what ``start`` gives on ``problem``, whatever the seed: a part of cells' identity.

    Raises what :func:`prepare` raises.
    """
    whole = Start.model_validate(start)
    given: dict[str, Any] = {"points": [list(p.items()) for p in _points(whole, problem)]}
    if (history := whole.history) is not None:
        others = _sources(ref, problem) if history.others else []
        given["sources"] = [[label, source.fingerprint()] for label, source in others]
        own = () if history.others else _own(history, ref, problem).trials
        given["trials"] = [[list(config.items()), loss] for config, loss in own]
    return hashlib.blake2b(json.dumps(given).encode(), digest_size=8).hexdigest()


def check_room(start: Mapping[str, Any], problem: Problem, budget: Budget) -> None:
    """Raise :class:`UsageError` if ``start`` gives more configurations than ``budget`` trains."""
    number = len(_points(Start.model_validate(start), problem))
    limit = budget.resource_limit(problem.fidelity) / problem.fidelity.unit
    most = min(limit, math.inf if budget.trials is None else budget.trials)
    if number > most:
        raise UsageError(f"start: {number} given configurations, and the budget is {budget}")


def _points(start: Start, problem: Problem) -> list[Config]:
    points = [default_of(problem)] if start.default else []
    if start.portfolio is not None:
        points += portfolio_of(problem, start.portfolio)
    for index, values in enumerate(start.points or ()):
        points.append(_checked(problem, values, f"start: points[{index}]"))
    distinct = {json.dumps(point): point for point in points}
    return list(distinct.values())


def _checked(problem: Problem, values: Mapping[str, Any], place: str) -> Config:
    try:
        problem.space.check(values)
    except SpaceError as error:
        raise UsageError(f"{place} is no configuration of {problem.name}: {error}") from None
    return {name: values[name] for name in problem.space.names if name in values}


# -- old trials -----------------------------------------------------------


def _sources(ref: PluginRef, problem: Problem) -> list[tuple[str, TabulatedProblem]]:
    """The other data sets of the problem's plugin, by their labels."""
    cls: Any = load_class(ref.file, ref.cls)
    found = []
    for options in members_of(cls):
        whole = {**ref.options, **options}
        other = build_problem(replace(ref, options=whole))
        if isinstance(other, TabulatedProblem) and _serves(other, problem):
            found.append((label(cls, ref.name, whole), other))
    if not found:
        raise NotAvailableError(
            f"{ref.label}: history: its plugin has no other data sets with the same space"
        )
    return found


def _serves(other: Problem, problem: Problem) -> bool:
    """Whether old trials on ``other`` may be told to a search on ``problem``."""
    alike = (other.space, other.fidelity, other.objective) == (
        problem.space,
        problem.fidelity,
        problem.objective,
    )
    return alike and not related(type(problem), problem.key, other.key)


def _others(history: History, ref: PluginRef, problem: Problem, seed: int) -> list[Told]:
    rng = Random(derive_seed("history", ref.label, seed))
    sources = _sources(ref, problem)
    number = min(math.ceil(history.trials / _PER_SET), len(sources))
    shares = [history.trials // number + (i < history.trials % number) for i in range(number)]
    chosen = rng.sample(sources, number)
    return [Told(_drawn(source, n, rng)) for (_, source), n in zip(chosen, shares, strict=True)]


def _drawn(source: TabulatedProblem, number: int, rng: Random) -> tuple[tuple[Config, float], ...]:
    """``number`` random configurations that do not fail on ``source``, with their losses."""
    trials: list[tuple[Config, float]] = []
    for _ in range(_DRAWS):
        configs = [source.space.sample(rng) for _ in range(number - len(trials))]
        losses = [loss for loss, _ in source.finals(configs, seed=0)]
        trials += [row for row in zip(configs, losses, strict=True) if math.isfinite(row[1])]
        if len(trials) == number:
            break
    return tuple(trials)


def _own(history: History, ref: PluginRef, problem: Problem) -> Told:
    """The first trials of a recorded or imported table that ended well."""
    place = f"start: history: from: {history.source}"
    source = _table(history.source, ref)
    if source.objective != problem.objective:
        wanted, found = (_metric(one) for one in (problem, source))
        raise UsageError(f"{place} is about {found}, the problem about {wanted}")
    ended = [row for row in source.evaluated() or () if math.isfinite(row[1])]
    if len(ended) < history.trials:
        raise UsageError(f"{place} has {len(ended)} trials that ended well, not {history.trials}")
    trials = ended[: history.trials]
    return Told(
        tuple(
            (_checked(problem, config, f"{place}: trial {number}"), loss)
            for number, (config, loss) in enumerate(trials)
        )
    )


def _table(source: str, ref: PluginRef) -> TabulatedProblem:
    """The table at ``source``, beside or below the suite of ``ref``, as a problem."""
    options = {"table": source, "space": "original"}
    recorded = plugin_ref(Registry([]), "problem", "recorded", options)
    built = build_problem(replace(recorded, folder=ref.folder))
    assert isinstance(built, TabulatedProblem)
    return built


def _metric(problem: Problem) -> str:
    return f"{problem.objective.metric} ({problem.objective.direction})"
