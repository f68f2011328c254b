# /// script
# requires-python = ">=3.11"
# dependencies = ["flaml==2.7.0", "optuna>=5"]
# ///
"""FLAML's searchers BlendSearch and CFO, which aim at a low cost of trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import term_of, value_of
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
"""FLAML's name for the seconds that a trial took."""
_ATTEMPTS = 1000
"""The number of suggestions in a row that may bring no configuration. ``flaml.tune.run`` gives up
after 100. A local search among a few integers can reach 100 before it converges and restarts."""


class FlamlSearcher(Searcher):
    """Base class that asks and tells a searcher of FLAML; a subclass provides the searcher.

    FLAML is told what ``flaml.tune.run`` would tell it: the last loss of a trial is told twice, as
    a result and as the end of the trial. Three things that FLAML could use are not given to it:

    - budgets, because searchers here do not know how much is left, and FLAML measures wall time;
    - constraints, because problems here have none;
    - a resource, because FLAML would then schedule: it would put the fidelity into each
      configuration, and train a configuration again from the start with more of it.

    FLAML takes configurations that others chose only when it is built. It is therefore built anew
    at the first proposal, with those that were adopted before as its ``points_to_evaluate``, and is
    then told all that has become of them; later ones are not adopted. They take the place of the
    start at ``cheap`` values. A configuration that was adopted twice counts once.
    """

    library = "flaml"
    preload = ("flaml.tune", "optuna")

    def __init__(self, space: Space, cls: type[BlendSearch], *, seed: int) -> None:
        self._space = space
        self._cls, self._seed = cls, seed
        self._search = self._built([])
        self._adopted: dict[int, dict[str, Any]] = {}
        """The configurations that FLAML has not been given yet, by the trial."""
        self._happened: list[Callable[[], None]] = []
        """What FLAML has not been told of them yet."""
        self._running: dict[int, str] = {}
        """FLAML's name of each running trial."""
        self._suggested: dict[int, dict[str, Any]] = {}
        self._costs: dict[int, float] = {}
        self._asked = 0
        self._left = math.prod(p.size for p in space)
        """An upper bound of the number of configurations that FLAML, which never repeats one, has
        not suggested yet."""

    def _built(self, points: list[dict[str, Any]]) -> BlendSearch:
        return self._cls(
            metric=_METRIC,
            mode="min",
            space=domains(self._space),
            low_cost_partial_config=low_costs(self._space),
            points_to_evaluate=points,
            cost_attr=_COST,
            seed=self._seed,
        )

    def adopt(self, trial: int, config: Config) -> bool:
        if self._asked:
            return False
        self._adopted[trial] = terms(self._space, config)
        return True

    def ask(self, trial: int) -> Config:
        if self._adopted:
            self._begin_at_adopted()
        for _ in range(_ATTEMPTS if self._left else 0):
            if self._suggest(trial):
                return self._space.build(values(self._space, self._suggested[trial]))
        if self._left and self._running:
            raise NothingYet
        raise Exhausted("FLAML suggests nothing new")

    def _suggest(self, trial: int) -> bool:
        """Whether FLAML had a suggestion, which is then that of ``trial``."""
        name = str(self._asked)
        self._asked += 1
        suggested = self._search.suggest(name)
        if suggested is None:
            return False
        self._running[trial], self._suggested[trial] = name, suggested
        self._left -= 1
        return True

    def _begin_at_adopted(self) -> None:
        adopted, self._adopted = self._adopted, {}
        self._search = self._built([*adopted.values()])
        for trial in adopted:
            self._suggest(trial)
        for tell in self._happened:
            tell()

    def charged(self, trial: int, seconds: float) -> None:
        if trial in self._adopted:
            self._happened.append(lambda: self.charged(trial, seconds))
        elif trial in self._running:
            self._costs[trial] = seconds

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if trial in self._adopted:
            self._happened.append(lambda: self.tell(trial, step, loss, final=final))
        elif trial in self._running:
            config = self._suggested[trial]
            result = {_METRIC: loss, "training_iteration": step, "config": config}
            # FLAML's CFO begins at given points by these.
            result |= {f"config/{name}": value for name, value in config.items()}
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
        if trial in self._adopted:
            self._happened.append(lambda: self._end(trial, result, error))
        elif trial in self._running:  # else FLAML tries its configuration as another trial
            self._search.on_trial_complete(self._running.pop(trial), result, error)
            del self._suggested[trial]
            self._costs.pop(trial, None)


class FlamlBlendSearch(FlamlSearcher):
    """FLAML's BlendSearch: Optuna's TPE and local searches, chosen by improvement for their cost.

    The search starts at the space's ``cheap`` values. A global search by TPE proposes the points at
    which local searches begin. The next trial goes to the search that promises the most improvement
    for its cost, where an improvement is assumed to cost at least one second. Conditional spaces
    become FLAML's nested ones. No configuration is proposed twice, even if it is running or failed.
    """

    name = "flaml-blendsearch"
    cost_aware = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from flaml import BlendSearch

        super().__init__(space, BlendSearch, seed=seed)


class FlamlCFO(FlamlSearcher):
    """FLAML's CFO: a local search that starts where trials are cheap and moves by small steps.

    The search starts at the space's ``cheap`` values, and starts again near them whenever it has
    converged. Only this keeps costs low: CFO does not use the measured costs of trials. No
    configuration is proposed twice, so with categories and a few integers CFO may run out of
    proposals long before the whole space has been tried.
    """

    name = "flaml-cfo"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from flaml import CFO

        super().__init__(space, CFO, seed=seed)


# -- the space in FLAML's terms ----------------------------------------------------------------
#
# A category on which other parameters depend becomes a choice between dicts. Each dict holds the
# index of a choice and the parameters that are active with it. FLAML cannot nest parameters under
# a number, so a parameter that depends on a number is placed beside it, and FLAML considers it
# always active. A choice is represented by its index, because to FLAML True and 1 are the same.


def domains(space: Space, parent: str | None = None, choice: Value | None = None) -> dict[str, Any]:
    """The domains of the parameters under ``parent = choice``, or by default at the top level."""
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
            case Categorical():  # by default, FLAML considers numbers ordered
                order = isinstance(p, Ordinal)
                made[p.name] = tune.choice(range(len(p.choices)), order=order)
    return made


def low_costs(
    space: Space, parent: str | None = None, choice: Value | None = None
) -> dict[str, Any]:
    """The cheap values of the parameters under ``parent = choice``, or by default at the top level.

    For a choice between dicts, the value is a list with the cheap values of each dict, followed by
    the index of the cheap dict if the category has a cheap choice.
    """
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
    """The values of all parameters in FLAML's configuration, including those in nested dicts."""
    found: dict[str, Value] = {}
    for name, value in suggested.items():
        if isinstance(value, Mapping):
            found |= values(space, value)
        elif name in space.names:
            found[name] = value_of(space[name], value)
    return found


def terms(
    space: Space, config: Config, parent: str | None = None, choice: Value | None = None
) -> dict[str, Any]:
    """``config`` as FLAML has it, under ``parent = choice`` or by default at the top level.

    A parameter that only FLAML considers active has its middle value.
    """
    found: dict[str, Any] = {}
    for p in _members(space, parent, choice):
        value = config.get(p.name, p.from_unit(0.5))
        found[p.name] = term_of(p, value)
        if _nested(space, p):
            found[p.name] = {p.name: found[p.name], **terms(space, config, p.name, value)}
    return found


def _members(space: Space, parent: str | None, choice: Value | None) -> Iterator[Parameter]:
    """The parameters that lie directly under ``parent = choice``, or at the top level."""
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
