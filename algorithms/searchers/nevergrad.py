# /// script
# requires-python = ">=3.11"
# # With numpy 2.4 the metamodels fail to turn arrays of one element into numbers.
# dependencies = ["nevergrad==1.0.12", "numpy>=2,<2.4"]
# ///
"""Nevergrad's searchers: NGOpt, differential evolution, particle swarm and (1+1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._nesting import branches, domain, roots
from hpobench.algorithms.searchers._values import term_of, value_of
from hpobench.api import Categorical, Config, Fidelity, Float, Int, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nevergrad.parametrization.parameter import Instrumentation
    from nevergrad.parametrization.parameter import Parameter as Term

    from hpobench.algorithms.searchers._values import value_of
from hpobench.api import Parameter, Value


class _NevergradSearcher(Searcher):
    """Asks and tells one of Nevergrad's optimisers.

    A trial that ended without a loss is told as infinite, because Nevergrad has no other way to
    report a failure. Nevergrad replaces infinity, like any loss above 5e20, by 5e20, and keeps the
    configuration.
    """

    library = "nevergrad"
    preload = ("nevergrad",)
    optimizer = ""
    """The name of the optimiser in Nevergrad's registry."""

    def __init__(
        self, space: Space, seed: int, budget: int | None = None, num_workers: int = 1
    ) -> None:
        import nevergrad as ng
        import numpy as np

        terms = instrumentation(space)
        terms.random_state = np.random.RandomState(seed)
        self._space = space
        self._optimizer = ng.optimizers.registry[self.optimizer](
            terms, budget=budget, num_workers=num_workers
        )
        self._running: dict[int, Term] = {}

    def ask(self, trial: int) -> Config:
        candidate = self._running[trial] = self._optimizer.ask()
        return self._space.build(_values(self._space, candidate.kwargs))

    def adopt(self, trial: int, config: Config) -> bool:
        self._optimizer.suggest(**_terms(self._space, roots(self._space), config))
        self._running[trial] = self._optimizer.ask()
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._optimizer.tell(self._running.pop(trial), loss)

    def failed(self, trial: int) -> None:
        self._optimizer.tell(self._running.pop(trial), math.inf)

    def dropped(self, trial: int) -> None:
        self.failed(trial)


class NevergradNGOpt(_NevergradSearcher):
    """Nevergrad's NGOpt: an algorithm chosen by the space, the budget and the number of workers.

    A condition becomes a choice between sets of parameters. A failure becomes an infinite loss.

    ``budget``: the number of trials that NGOpt assumes when it chooses an algorithm. It is not a
    limit: NGOpt continues after that number. NGOpt cannot choose without it, and the number of
    trials of a cell is unknown when the cell begins, so set this option to about that number.
    ``num_workers``: the number of trials that NGOpt expects to run at once. With 1, NGOpt may
    choose an algorithm that supports only one.
    """

    name = "nevergrad-ngopt"
    optimizer = "NGOpt"
    parallel = False  # its choices for integers and categories propose running trials again

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        budget: int = 100,
        num_workers: int = 4,
    ) -> None:
        for option, value in (("budget", budget), ("num_workers", num_workers)):
            if value < 1:
                raise UsageError(f"nevergrad-ngopt: {option} must be at least 1, not {value}")
        self._sequential = num_workers == 1
        super().__init__(space, seed, budget, num_workers)

    def ask(self, trial: int) -> Config:
        if self._sequential and self._running:
            raise UsageError("nevergrad-ngopt: num_workers is 1 but two trials are under way")
        return super().ask(trial)


class NevergradDE(_NevergradSearcher):
    """Nevergrad's differential evolution, with a population of 30.

    A condition becomes a choice between sets of parameters. A failure becomes an infinite loss.
    """

    name = "nevergrad-de"
    optimizer = "DE"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


class NevergradPSO(_NevergradSearcher):
    """Nevergrad's particle swarm optimisation, with 40 particles.

    A condition becomes a choice between sets of parameters. A failure becomes an infinite loss.
    """

    name = "nevergrad-pso"
    optimizer = "PSO"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


class NevergradOnePlusOne(_NevergradSearcher):
    """Nevergrad's (1+1) evolution strategy: mutates the best configuration, with adaptive steps.

    A condition becomes a choice between sets of parameters. A failure becomes an infinite loss.
    """

    name = "nevergrad-oneplusone"
    optimizer = "OnePlusOne"
    parallel = False  # the strategy considers only the best configuration so far

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


# -- the space in Nevergrad's terms ----------------------------------------------------------


def instrumentation(space: Space) -> Instrumentation:
    """``space`` with a keyword for each parameter at the top level, outside any choice.

    A choice is represented by its index, together with a dict of the parameters that it activates
    if other parameters depend on it.
    """
    import nevergrad as ng

    return ng.p.Instrumentation(**{p.name: _term(space, p) for p in roots(space)})


def _term(space: Space, p: Parameter) -> Term | int:
    import nevergrad as ng

    below = [{q.name: _term(space, q) for q in on} for on in branches(space, p)]
    match p:
        case Float(low=low, high=high, log=log):
            return (ng.p.Log if log else ng.p.Scalar)(lower=low, upper=high)
        case Int(low=low, high=high, log=log) if not below:
            # Half a unit more on each side makes the bounds as likely as the other integers.
            number = (ng.p.Log if log else ng.p.Scalar)(lower=low - 0.5, upper=high + 0.5)
            return number.set_integer_casting()
    options = [ng.p.Tuple(i, ng.p.Dict(**on)) for i, on in enumerate(below)] or range(
        len(domain(p))
    )
    if len(options) == 1:  # a constant, because Nevergrad cannot mutate a choice of one option
        return options[0]
    return (ng.p.Choice if type(p) is Categorical else ng.p.TransitionChoice)(options)


def _values(space: Space, drawn: Mapping[str, Any]) -> dict[str, Value]:
    """The values of all parameters in ``drawn``, including the nested ones."""
    values: dict[str, Value] = {}
    for name, value in drawn.items():
        p = space[name]
        if isinstance(value, tuple):
            index, below = value
            values |= {name: domain(p)[index], **_values(space, below)}  # type: ignore[arg-type]
        else:
            values[name] = value_of(p, value)
    return values


def _terms(space: Space, at: Sequence[Parameter], config: Config) -> dict[str, Any]:
    """What represents ``config`` to Nevergrad, from the parameters ``at`` a level downwards."""
    return {p.name: _represented(space, p, config) for p in at}


def _represented(space: Space, p: Parameter, config: Config) -> Any:
    value = config.get(p.name, p.from_unit(0.5))
    if not (below := branches(space, p)):
        return term_of(p, value)
    index = term_of(p, value) - (p.low if isinstance(p, Int) else 0)
    return index, _terms(space, below[index], config)
