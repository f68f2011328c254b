# /// script
# requires-python = ">=3.11"
# dependencies = ["bayesian-optimization==3.4.0"]
# ///
"""The searcher of the bayesian-optimization package."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import term_of
from hpobench.api import Config, Fidelity, Float, Int, Ordinal, Parameter, Searcher, Space, Value
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from bayes_opt.acquisition import ConstantLiar
    from bayes_opt.parameter import BayesParameter
    from bayes_opt.target_space import TargetSpace


class BayesOpt(Searcher):
    """The bayesian-optimization package: a Gaussian process with the upper confidence bound.

    ``init_points``: the number of random configurations before the model is used.
    ``kappa``: the number of standard deviations by which the bound lies above the mean.

    Integers, indices of ordinal parameters, and categories use the library's own types for them. A
    parameter on a log scale is represented by its decimal logarithm, as the library's
    documentation advises. The model assumes that running trials will reach the best value so far;
    this is the library's constant liar. Trials that failed, or whose loss is withheld, are not
    registered, because the library accepts only numbers.
    """

    name = "bayes-opt"
    library = "bayesian-optimization"
    preload = ("bayes_opt",)
    conditional = False

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        init_points: int = 5,
        kappa: float = 2.576,
    ) -> None:
        from bayes_opt import BayesianOptimization

        if init_points < 1:
            raise UsageError(f"bayes-opt: init_points must be at least 1, not {init_points}")
        if kappa < 0:
            raise UsageError(f"bayes-opt: kappa must not be negative, it is {kappa}")
        self._space, self._initial = space, init_points
        self._liar = _liar(kappa)
        self._optimizer = BayesianOptimization(
            None,
            {p.name: parameter(p) for p in space if p.size > 1},
            acquisition_function=self._liar,
            random_state=seed,
            verbose=0,
            allow_duplicate_points=True,
        )
        self._running: dict[int, dict[str, Any]] = {}

    def ask(self, trial: int) -> Config:
        known = self._optimizer.space
        if self._initial > 0 or known.empty:
            self._initial -= 1
            (point,) = self._optimizer.random_sample(1)
        else:
            self._liar.dummies = [known.params_to_array(p) for p in self._running.values()]
            point = self._optimizer.suggest()
        self._running[trial] = point
        return {p.name: value(p, point.get(p.name, 0)) for p in self._space}

    def adopt(self, trial: int, config: Config) -> bool:
        self._running[trial] = {p.name: term(p, config[p.name]) for p in self._space if p.size > 1}
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._optimizer.register(self._running.pop(trial), -loss)

    def failed(self, trial: int) -> None:
        del self._running[trial]

    def dropped(self, trial: int) -> None:
        del self._running[trial]


def _liar(kappa: float) -> ConstantLiar:
    from bayes_opt.acquisition import ConstantLiar, UpperConfidenceBound

    class TypedLiar(ConstantLiar):
        """A constant liar that keeps the types of the parameters.

        The library's own liar (3.4.0) copies the space with every parameter as a float. The copy
        cannot hold categories, and does not recognise integers that have been registered.
        """

        def _copy_target_space(self, target_space: TargetSpace) -> TargetSpace:
            return deepcopy(target_space)

    return TypedLiar(UpperConfidenceBound(kappa=kappa))


def parameter(p: Parameter) -> BayesParameter:
    """``p`` as a parameter of the library.

    For an integer on a log scale, the bounds are half a unit wider on each side, so that every
    integer has its share of the logarithm's range, as in :meth:`Int.from_unit`.
    """
    from bayes_opt.parameter import CategoricalParameter, FloatParameter, IntParameter

    match p:
        case Float(log=True):
            return FloatParameter(p.name, (math.log10(p.low), math.log10(p.high)))
        case Float():
            return FloatParameter(p.name, (float(p.low), float(p.high)))
        case Int(log=True):
            return FloatParameter(p.name, (math.log10(p.low - 0.5), math.log10(p.high + 0.5)))
        case Int():
            return IntParameter(p.name, (p.low, p.high))
        case Ordinal():
            return IntParameter(p.name, (0, len(p.choices) - 1))
        case _:
            return CategoricalParameter(p.name, range(len(p.choices)))


def value(p: Parameter, found: Any) -> Value:
    """The value of ``p`` that the library's proposal ``found`` represents."""
    if not isinstance(p, Float | Int):
        return p.choices[int(found)]
    number = 10.0 ** float(found) if p.log else float(found)
    if isinstance(p, Int):
        number = math.floor(number + 0.5)
    return min(max(number, p.low), p.high)


def term(p: Parameter, chosen: Value) -> Any:
    """What represents the value ``chosen`` of ``p`` to the library."""
    found = term_of(p, chosen)
    return math.log10(found) if isinstance(p, Float | Int) and p.log else found
