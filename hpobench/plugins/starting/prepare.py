"""Searchers with what a suite gives them: what a start and a prior come to on one problem.

A prior is made of the problem's own losses, so that its quality is known: its centre is the best of
a thousand random configurations, the one at their quartile, or the worst. The losses are those at
full fidelity, held out if the problem has such. A loss at the quartile is what three random trials
reach on average: a guess that is better than chance, with most of the gain still to be found.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from hpobench.contract.algorithms import Searcher
from hpobench.contract.cell import Budget, PluginRef
from hpobench.contract.errors import NotAvailableError, SpaceError, UsageError
from hpobench.contract.prior import Prior
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.plugins.building import build_problem, build_searcher, plugin_ref
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import label, members_of
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting.portfolios import default_of, portfolio_of, related
from hpobench.plugins.starting.suite_keys import History, Start
from hpobench.plugins.starting.wrapped import (
    Prepared,
    StartedSearcher,
    StoppedSearcher,
    Trials,
    start_objection,
)

_PER_SET = 10
"""Old trials of one data set, where there are several."""
_DRAWS = 100
"""Configurations that are drawn at most for each old trial, because some fail."""
_PRIOR_DRAWS = 1_000
_QUANTILES = {"good": 0.0, "weak": 0.25, "misleading": 1.0}
"""Where the centre's loss lies among those of the random configurations that do not fail."""


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
    """Hashes of what the start and the prior of ``ref`` come to on ``problem``; empty without.

    Raises :class:`UsageError` if that does not fit the problem or the budget, and
    :class:`NotAvailableError` if there is nothing of its kind for this problem.
    """
    parts = []
    if start := ref.given.get("start"):
        check_room(start, problem, budget)
        parts.append(content(start, problem_ref, problem))
    if belief := ref.given.get("prior"):
        text = json.dumps(prior_of(belief, problem_ref, problem).to_json())
        parts.append(hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
    return " ".join(parts)


def prepare(start: Mapping[str, Any], ref: PluginRef, problem: Problem, seed: int) -> Prepared:
    """What the parsed ``start`` gives on ``problem``, which ``ref`` names, with a cell's ``seed``.

    Raises :class:`UsageError` if it does not fit the problem, and :class:`NotAvailableError` if the
    problem has no portfolio or no other data sets.
    """
    whole = Start.model_validate(start)
    points = tuple(_points(whole, problem))
    if (history := whole.history) is None:
        return Prepared(points)
    if history.others:
        told = _of_others(history, ref, problem, seed)
    else:
        told = [_own(history, ref, problem)]
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
        own = () if history.others else _own(history, ref, problem)
        given["trials"] = [[list(config.items()), loss] for config, loss in own]
    return hashlib.blake2b(json.dumps(given).encode(), digest_size=8).hexdigest()


def check_room(start: Mapping[str, Any], problem: Problem, budget: Budget) -> None:
    """Raise :class:`UsageError` if ``start`` gives more configurations than ``budget`` trains."""
    number = len(_points(Start.model_validate(start), problem))
    limit = budget.resource_limit(problem.fidelity) / problem.fidelity.unit
    if number > min(limit, math.inf if budget.trials is None else budget.trials):
        raise UsageError(f"start: {number} given configurations, and the budget is {budget}")


def _points(start: Start, problem: Problem) -> list[Config]:
    points = [default_of(problem)] if start.default else []
    if start.portfolio is not None:
        points += portfolio_of(problem, start.portfolio)
    for index, values in enumerate(start.points or ()):
        points.append(_checked(problem, values, f"start: points[{index}]"))
    return list({json.dumps(point): point for point in points}.values())


def _checked(problem: Problem, values: Mapping[str, Any], place: str) -> Config:
    try:
        problem.space.check(values)
    except SpaceError as error:
        raise UsageError(f"{place} is no configuration of {problem.name}: {error}") from None
    return {name: values[name] for name in problem.space.names if name in values}


def _sources(ref: PluginRef, problem: Problem) -> list[tuple[str, TabulatedProblem]]:
    """The other data sets of the problem's plugin, by their labels."""
    cls: Any = load_class(ref.file, ref.cls)
    shape = problem.space, problem.fidelity, problem.objective
    found = []
    for options in members_of(cls):
        whole = {**ref.options, **options}
        other = build_problem(replace(ref, options=whole))
        if not isinstance(other, TabulatedProblem):
            continue
        alike = (other.space, other.fidelity, other.objective) == shape
        # Data of the same set would tell the search its own results.
        if alike and not related(type(problem), problem.key, other.key):
            found.append((label(cls, ref.name, whole), other))
    if not found:
        raise NotAvailableError(
            f"{ref.label}: history: its plugin has no other data sets with the same space"
        )
    return found


def _of_others(history: History, ref: PluginRef, problem: Problem, seed: int) -> list[Trials]:
    """Random configurations that do not fail, with their losses, of each of a few data sets."""
    rng = Random(derive_seed("history", ref.label, seed))
    sources = _sources(ref, problem)
    number = min(math.ceil(history.trials / _PER_SET), len(sources))
    told: list[Trials] = []
    for i, (_, source) in enumerate(rng.sample(sources, number)):
        share = history.trials // number + (i < history.trials % number)
        trials: list[tuple[Config, float]] = []
        for _ in range(_DRAWS):
            configs = [source.space.sample(rng) for _ in range(share - len(trials))]
            losses = [loss for loss, _ in source.finals(configs, seed=0)]
            trials += [row for row in zip(configs, losses, strict=True) if math.isfinite(row[1])]
            if len(trials) == share:
                break
        told.append(tuple(trials))
    return told


def _own(history: History, ref: PluginRef, problem: Problem) -> Trials:
    """The first trials that ended well of a table beside or below the suite."""
    place = f"start: history: from: {history.source}"
    options = {"table": history.source, "space": "original"}
    recorded = plugin_ref(Registry([]), "problem", "recorded", options)
    source = build_problem(replace(recorded, folder=ref.folder))
    assert isinstance(source, TabulatedProblem)
    if source.objective != problem.objective:
        found, wanted = (
            f"{one.metric} ({one.direction})" for one in (source.objective, problem.objective)
        )
        raise UsageError(f"{place} is about {found}, the problem about {wanted}")
    ended = [row for row in source.evaluated() or () if math.isfinite(row[1])]
    if len(ended) < history.trials:
        raise UsageError(f"{place} has {len(ended)} trials that ended well, not {history.trials}")
    return tuple(
        (_checked(problem, config, f"{place}: trial {number}"), loss)
        for number, (config, loss) in enumerate(ended[: history.trials])
    )


class Centre(NamedTuple):
    """The centre of a prior and its loss, by which its quality is measured."""

    config: Config
    loss: float


_centres: dict[str, dict[str, Centre]] = {}
"""The centres on every problem that this process has asked for, by their quality."""


def centre_of(quality: str, ref: PluginRef, problem: Problem) -> Centre:
    """The centre of priors of this ``quality`` on ``problem``, which ``ref`` names.

    Raises :class:`NotAvailableError` if its losses cannot be looked up, or if all fail.
    """
    key = ref.to_text()
    if key in _centres:
        return _centres[key][quality]
    if not isinstance(problem, TabulatedProblem):
        raise NotAvailableError(
            f"{ref.label}: prior: it is made of losses that are looked up, and the problem trains"
        )
    rng = Random(derive_seed("prior", ref.label))
    configs = [problem.space.sample(rng) for _ in range(_PRIOR_DRAWS)]
    losses = [heldout for _, heldout in problem.finals(configs, seed=0)]
    rows = zip(configs, losses, strict=True)
    ended = sorted((Centre(*row) for row in rows if math.isfinite(row[1])), key=lambda c: c.loss)
    if not ended:
        raise NotAvailableError(
            f"{ref.label}: prior: all of {_PRIOR_DRAWS:,} random configurations fail"
        )
    last = len(ended) - 1
    _centres[key] = {quality: ended[round(at * last)] for quality, at in _QUANTILES.items()}
    return _centres[key][quality]


def prior_of(parsed: Mapping[str, Any], ref: PluginRef, problem: Problem) -> Prior:
    """What a parsed prior stands for on ``problem``; raises what :func:`centre_of` raises."""
    centre = centre_of(parsed["quality"], ref, problem)
    return Prior(problem.space, centre.config, parsed["confidence"])


def prior_objection(cls: type) -> str | None:
    """The reason why the searcher class ``cls`` cannot be given a prior."""
    return None if getattr(cls, "takes_prior", False) else "prior: the searcher does not take one"
