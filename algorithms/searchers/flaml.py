# /// script
# requires-python = ">=3.11"
# dependencies = ["flaml==2.7.0", "optuna>=5"]
# ///
"""FLAML's cost-frugal searchers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import (
    Categorical,
    Config,
    Exhausted,
    Fidelity,
    Float,
    Int,
    NothingYet,
    Ordinal,
    Parameter,
    Searcher,
    Space,
    Value,
)

if TYPE_CHECKING:
    from flaml import BlendSearch

_METRIC = "loss"
_COST = "time_total_s"
"""FLAML's own name for the seconds that a trial took."""
_ATTEMPTS = 1000
"""Suggestions in a row that may come to nothing. ``flaml.tune.run`` gives up after 100, which
local search among a few integers reaches before it has converged and starts anew."""


class FlamlSearcher(Searcher):
    """Asks and tells a searcher of FLAML; a subclass brings it.

    It hears what ``flaml.tune.run`` would tell it: the last loss of a trial twice, as a result
    and as its end. Of what FLAML could be given it gets neither budget, since searchers here do
    not know how much is left, and FLAML measures by the clock on the wall; nor constraints, which
    problems here do not have; nor a resource, with which FLAML would schedule: it puts the
    fidelity into each configuration and trains the same one afresh with more.
    """

    library = "flaml"
    preload = ("flaml.tune", "optuna")

    def __init__(self, space: Space, cls: type[BlendSearch], *, seed: int) -> None:
        self._space = space
        self._search = cls(
            metric=_METRIC,
            mode="min",
            space=domains(space),
            low_cost_partial_config=low_costs(space),
            cost_attr=_COST,
            seed=seed,
        )
        self._running: dict[int, str] = {}
        """What FLAML calls each running trial."""
        self._suggested: dict[int, dict[str, Any]] = {}
        self._costs: dict[int, float] = {}
        self._asked = 0
        self._left = math.prod(p.size for p in space)
        """What there is at most that FLAML, which never repeats itself, has not suggested yet."""

    def ask(self, trial: int) -> Config:
        for _ in range(_ATTEMPTS if self._left else 0):
            name = str(self._asked)
            self._asked += 1
            suggested = self._search.suggest(name)
            if suggested is not None:
                self._running[trial], self._suggested[trial] = name, suggested
                self._left -= 1
                return self._space.build(values(self._space, suggested))
        if self._left and self._running:
            raise NothingYet
        raise Exhausted("FLAML suggests nothing new")

    def charged(self, trial: int, seconds: float) -> None:
        self._costs[trial] = seconds

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        result = {
            _METRIC: loss,
            "training_iteration": step,
            "config": self._suggested[trial],
        }
        if trial in self._costs:
            result[_COST] = self._costs[trial]
        self._search.on_trial_result(self._running[trial], result)
        if final:
            self._end(trial, result)

    def failed(self, trial: int) -> None:
        self._end(trial, error=True)

    def dropped(self, trial: int) -> None:
        self._end(trial)

    def _end(self, trial: int, result: dict[str, Any] | None = None, error: bool = False) -> None:
        self._search.on_trial_complete(self._running.pop(trial), result, error)
        del self._suggested[trial]
        self._costs.pop(trial, None)


class FlamlBlendSearch(FlamlSearcher):
    """FLAML's BlendSearch: Optuna's TPE and local searches share the trials by what they cost.

    Starts at the space's ``cheap`` values. Global search by TPE proposes where local searches
    begin; whichever promises the most improvement for its cost goes on, where an improvement is
    taken to cost a second at least. Conditional spaces are FLAML's nested ones. Nothing is
    proposed twice, trials under way and failed ones included.
    """

    name = "flaml-blendsearch"
    cost_aware = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from flaml import BlendSearch

        super().__init__(space, BlendSearch, seed=seed)


class FlamlCFO(FlamlSearcher):
    """FLAML's CFO: local search that starts where trials are cheap and moves on by small steps.

    Starts at the space's ``cheap`` values, and anew near them whenever it has converged. That is
    how it keeps costs low: it does not look at what trials really cost. Nothing is proposed twice,
    and so among categories and a few integers it may be through long before the space is.
    """

    name = "flaml-cfo"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from flaml import CFO

        super().__init__(space, CFO, seed=seed)


# -- the space in FLAML's terms ----------------------------------------------------------------
#
# A category on which others depend is a choice between dicts, each with its number and the
# parameters that are active with it. A number cannot be: what depends on one lies beside it, and
# FLAML takes it for active all the time. Choices go by their numbers, for FLAML takes True and 1
# for the same.


def domains(space: Space, parent: str | None = None, choice: Value | None = None) -> dict[str, Any]:
    """The domains of the parameters under ``parent = choice``, or of those at the top."""
    from flaml import tune

    made: dict[str, Any] = {}
    for p in _members(space, parent, choice):
        match p:
            case Float():
                make = tune.loguniform if p.log else tune.uniform
                made[p.name] = make(p.low, p.high)
            case Int():  # FLAML excludes the upper end
                make = tune.lograndint if p.log else tune.randint
                made[p.name] = make(p.low, p.high + 1)
            case Categorical() if _nested(space, p):
                branches = [domains(space, p.name, choice) for choice in p.choices]
                made[p.name] = tune.choice([{p.name: i, **b} for i, b in enumerate(branches)])
            case Categorical():  # left to itself, FLAML takes numbers for ordered
                order = isinstance(p, Ordinal)
                made[p.name] = tune.choice(range(len(p.choices)), order=order)
    return made


def low_costs(
    space: Space, parent: str | None = None, choice: Value | None = None
) -> dict[str, Any]:
    """The cheap values under ``parent = choice``, or at the top: for a choice between dicts a
    list of each one's, and last the number of the cheap one if there is one."""
    costs: dict[str, Any] = {}
    for p in _members(space, parent, choice):
        cheap = p.cheap
        if cheap is not None and isinstance(p, Categorical):
            cheap = p.index(cheap)
        if _nested(space, p):
            branches = [low_costs(space, p.name, choice) for choice in p.choices]  # type: ignore[union-attr]
            if any(branches) or cheap is not None:
                costs[p.name] = branches if cheap is None else [*branches, cheap]
        elif cheap is not None:
            costs[p.name] = cheap
    return costs


def values(space: Space, suggested: Mapping[str, Any]) -> dict[str, Value]:
    """The values of all parameters that FLAML's configuration holds, in or out of its dicts."""
    found: dict[str, Value] = {}
    for name, value in suggested.items():
        if isinstance(value, Mapping):
            found |= values(space, value)
        elif name in space.names:
            found[name] = value_of(space[name], value)
    return found


def _members(space: Space, parent: str | None, choice: Value | None) -> Iterator[Parameter]:
    for p in space:
        when = p.when
        while when is not None and not isinstance(space[when.parent], Categorical):
            when = space[when.parent].when
        at_top = when is None and parent is None
        if at_top or (when is not None and parent is not None and when.holds({parent: choice})):  # type: ignore[dict-item]
            yield p


def _nested(space: Space, p: Parameter) -> bool:
    return isinstance(p, Categorical) and any(
        True for choice in p.choices for _ in _members(space, p.name, choice)
    )
