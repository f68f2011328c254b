# /// script
# requires-python = ">=3.11"
# # With numpy 2.4 the metamodels fail to turn arrays of one element into numbers.
# dependencies = ["nevergrad==1.0.12", "numpy>=2,<2.4"]
# ///
"""Nevergrad's searchers: NGOpt, differential evolution, particle swarm, (1+1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._nesting import branches, domain, roots
from hpobench.algorithms.searchers._values import value_of
from hpobench.api import Categorical, Config, Fidelity, Float, Int, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nevergrad.parametrization.parameter import Instrumentation
    from nevergrad.parametrization.parameter import Parameter as Term

    from hpobench.algorithms.searchers._values import value_of
from hpobench.api import Parameter, Value


class _NevergradSearcher(Searcher):
    """Asks and tells one of Nevergrad's optimisers.

    A trial without a loss is told as infinite: Nevergrad has no other word for a failure, takes
    that for 5e20, as any loss above, and keeps the configuration it came from.
    """

    library = "nevergrad"
    preload = ("nevergrad",)
    optimizer = ""
    """Its name in Nevergrad's registry."""

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

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._optimizer.tell(self._running.pop(trial), loss)

    def failed(self, trial: int) -> None:
        self._optimizer.tell(self._running.pop(trial), math.inf)

    def dropped(self, trial: int) -> None:
        self.failed(trial)


class NevergradNGOpt(_NevergradSearcher):
    """Nevergrad's NGOpt: picks an algorithm by the space, the budget and the workers.

    A condition becomes a choice between sets of parameters, failures infinite losses.

    ``budget``: how many trials it plans for when it picks. That is no limit, it goes on after
    them; but it refuses to pick without, and how many trials a cell will have is not known when
    it begins. Set it to about that number.
    ``num_workers``: how many trials it expects to be under way at once. With 1 it may pick an
    algorithm that cannot have more.
    """

    name = "nevergrad-ngopt"
    optimizer = "NGOpt"
    parallel = False  # what it picks for integers and choices repeats what is under way

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

    A condition becomes a choice between sets of parameters, failures infinite losses.
    """

    name = "nevergrad-de"
    optimizer = "DE"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


class NevergradPSO(_NevergradSearcher):
    """Nevergrad's particle swarm optimisation, with 40 particles.

    A condition becomes a choice between sets of parameters, failures infinite losses.
    """

    name = "nevergrad-pso"
    optimizer = "PSO"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


class NevergradOnePlusOne(_NevergradSearcher):
    """Nevergrad's (1+1) evolution strategy: changes the best configuration, step size adapted.

    A condition becomes a choice between sets of parameters, failures infinite losses.
    """

    name = "nevergrad-oneplusone"
    optimizer = "OnePlusOne"
    parallel = False  # it only looks at the best so far

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed)


# -- the space in Nevergrad's terms ----------------------------------------------------------


def instrumentation(space: Space) -> Instrumentation:
    """``space`` with a keyword for each parameter outside any choice.

    Choices go by their index, beside a dict of what a parameter's value turns on.
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
            # Half a unit on each side gives the bounds the share of the other integers.
            number = (ng.p.Log if log else ng.p.Scalar)(lower=low - 0.5, upper=high + 0.5)
            return number.set_integer_casting()
    options = [ng.p.Tuple(i, ng.p.Dict(**on)) for i, on in enumerate(below)] or range(
        len(domain(p))
    )
    if len(options) == 1:  # a constant; the discrete mutations stumble over a choice of one
        return options[0]
    return (ng.p.Choice if type(p) is Categorical else ng.p.TransitionChoice)(options)


def _values(space: Space, drawn: Mapping[str, Any]) -> dict[str, Value]:
    """What ``drawn`` means."""
    values: dict[str, Value] = {}
    for name, value in drawn.items():
        p = space[name]
        if isinstance(value, tuple):
            index, below = value
            values |= {name: domain(p)[index], **_values(space, below)}  # type: ignore[arg-type]
        else:
            values[name] = value_of(p, value)
    return values
