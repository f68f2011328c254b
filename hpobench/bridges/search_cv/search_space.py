"""What a search tries: the configurations of a :class:`Space` as parameters of an estimator.

scikit-learn's searches take a dict of distributions and lists. A searcher of hpobench needs bounds,
so every distribution of scipy's becomes a bounded parameter: the value itself where it is uniform,
its quantile otherwise. Random search needs no bounds: it draws as ``RandomizedSearchCV`` does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterSampler

from hpobench.bridges.keys import SpaceKey, choice_key
from hpobench.contract.algorithms import Exhausted, Searcher
from hpobench.contract.errors import SpaceError
from hpobench.contract.parameters import Categorical, Float, Int, Value
from hpobench.contract.problem import Fidelity
from hpobench.contract.space import Config, Space
from hpobench.plugins.starting.portfolios import fitted

_TAIL = 1e-6
"""The share of an unbounded distribution that is cut off at each end."""


class SearchSpace:
    """The parameters of an estimator that configurations of ``space`` stand for: the same ones."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def params(self, config: Config) -> dict[str, Any]:
        """The parameters for ``set_params`` that ``config`` stands for."""
        return dict(config)

    def value(self, name: str, given: Any) -> Value:  # noqa: ARG002 - subclasses use it
        """The value in ``space`` for ``given`` of the estimator's parameter ``name``.

        Raises :class:`ValueError` or :class:`TypeError` if there is none.
        """
        plain: Value = given.item() if isinstance(given, np.generic) else given
        return plain

    def nearest(self, name: str, given: Value) -> Value | None:
        """The value in ``space`` that is nearest to ``given``; ``None`` if none is comparable."""
        try:
            return fitted(self.space[name], self.value(name, given))
        except (TypeError, ValueError):
            return None


class Distributions(SearchSpace):
    """The distributions and lists of ``RandomizedSearchCV``, for any searcher."""

    def __init__(self, distributions: Mapping[str, Any]) -> None:
        self._keys = {name: _key(name, domain) for name, domain in distributions.items()}
        super().__init__(Space([key.parameter for key in self._keys.values()]))

    def params(self, config: Config) -> dict[str, Any]:
        return {name: self._keys[name].to_value(value) for name, value in config.items()}

    def value(self, name: str, given: Any) -> Value:
        return self._keys[name].from_value(super().value(name, given))


class Drawn(SearchSpace):
    """The ``n`` candidates that ``RandomizedSearchCV`` tries, by their numbers."""

    def __init__(self, distributions: Any, n: int, random_state: Any) -> None:
        self._drawn = list(ParameterSampler(distributions, n, random_state=random_state))
        last = len(self._drawn) - 1
        number = Int("number", 0, last) if last else Categorical("number", (0,))
        super().__init__(Space([number]))

    def params(self, config: Config) -> dict[str, Any]:
        return dict(self._drawn[int(config["number"])])


class InOrder(Searcher):
    """Proposes the candidates of :class:`Drawn` in their order."""

    name = "random"

    def __init__(self, space: Space, *, seed: int = 0, fidelity: Fidelity = Fidelity()) -> None:  # noqa: ARG002, B008
        self._count = math.prod(int(parameter.size) for parameter in space)

    def ask(self, trial: int) -> Config:
        if trial >= self._count:
            raise Exhausted
        return {"number": trial}

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass


def check_space(space: Any) -> None:
    """Raise :class:`SpaceError` for what is no space at all; the rest is found when it is used."""
    dicts = space if isinstance(space, list | tuple) else [space]
    if isinstance(space, Space):
        return
    if not dicts or not all(isinstance(part, Mapping) and part for part in dicts):
        raise SpaceError(
            "space is a dict of distributions and lists as for RandomizedSearchCV, or a "
            f"hpobench.Space, and not empty; not {space!r:.80}"
        )


def _key(name: str, domain: Any) -> SpaceKey:
    if hasattr(domain, "ppf"):
        return _distribution(name, domain)
    if hasattr(domain, "rvs"):
        raise SpaceError(
            f"{name}: only searcher='random' can use {domain!r:.80}, which has no ppf; give a "
            "distribution of scipy.stats, a list, or a hpobench.Space"
        )
    listed = isinstance(domain, Sequence | np.ndarray) and not isinstance(domain, str | bytes)
    if not listed or len(domain) == 0:
        raise SpaceError(
            f"{name}: give a distribution of scipy.stats or a list, not {domain!r:.80}"
        )
    return choice_key((name,), list(domain))


def _distribution(name: str, domain: Any) -> SpaceKey:
    """The parameter for a distribution of scipy's."""
    low, high = (float(bound) for bound in domain.support())
    law = domain.dist.name
    if law == "randint" and high > low:
        return SpaceKey((name,), Int(name, int(low), int(high)), int)
    if law == "uniform" and high > low:
        return SpaceKey((name,), Float(name, low, high))
    # One that is moved is log-uniform no more between its bounds.
    if (
        law in ("loguniform", "reciprocal")
        and low > 0
        and math.isclose(float(domain.median()), math.sqrt(low * high), rel_tol=1e-6)
    ):
        return SpaceKey((name,), Float(name, low, high, log=True))
    first = 0.0 if math.isfinite(low) else _TAIL
    last = 1.0 if math.isfinite(high) else 1 - _TAIL
    discrete = hasattr(domain, "pmf")

    def at(quantile: Value) -> Any:
        value = domain.ppf(quantile)
        # The quantile 0 of a discrete distribution lies one below its support.
        return int(max(value, low)) if discrete else float(value)

    return SpaceKey((name,), Float(name, first, last), at, lambda value: float(domain.cdf(value)))
