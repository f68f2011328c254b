"""What a search tries: the configurations of a :class:`Space` as parameters of an estimator.

scikit-learn's searches take a dict of distributions and lists. A searcher of hpobench needs bounds,
so every distribution of scipy's becomes a bounded parameter: the value itself where it is uniform,
its quantile otherwise. Random search needs no bounds: it draws as ``RandomizedSearchCV`` does.
The first candidates are given ones, or the portfolio of the estimator's model.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterSampler

from hpobench.api import Categorical, Config, Exhausted, Float, Int, Searcher, Space, Value
from hpobench.bridges.keys import SpaceKey, choice_key
from hpobench.contract.errors import SpaceError, UsageError
from hpobench.plugins.starting.portfolios import fitted, models, portfolio
from hpobench.plugins.starting.suite_keys import SIZE

PORTFOLIO = "portfolio"
_TAIL = 1e-6  # the share of an unbounded distribution that is cut off at each end


class SearchSpace:
    """The parameters of an estimator that configurations of ``space`` stand for: the same ones."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def params(self, config: Config) -> dict[str, Any]:
        """The parameters for ``set_params`` that ``config`` stands for."""
        return dict(config)

    def value(self, name: str, given: Any) -> Value:  # noqa: ARG002 - subclasses use it
        """The value in ``space`` for ``given`` of the estimator's parameter ``name``; raises
        :class:`ValueError` or :class:`TypeError` if there is none."""
        plain: Value = given.item() if isinstance(given, np.generic) else given
        return plain


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

    def __init__(self, space: Space) -> None:
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


def starting_points(
    start: str | Sequence[Mapping[str, Any]] | None,
    estimator: Any,
    search_space: SearchSpace,
    trials: int,
) -> list[Config]:
    """The first configurations of a search of ``trials`` candidates, each once. Raises
    :class:`UsageError` where there is no portfolio, and :class:`SpaceError` for points outside the
    space."""
    if start is None:
        return []
    if isinstance(start, str):
        points = _of_portfolio(estimator, search_space)[:trials]
    else:
        points = []
        for i, params in enumerate(start):
            try:
                if not isinstance(params, Mapping):
                    raise SpaceError(f"a dict of parameters is due, not {params!r:.80}")
                if unknown := set(params) - set(search_space.space.names):
                    raise SpaceError(f"no such parameter: {', '.join(sorted(unknown))}")
                config = {name: search_space.value(name, given) for name, given in params.items()}
                search_space.space.check(config)
                points.append(search_space.space.build(config))
            except (TypeError, ValueError) as error:
                raise SpaceError(f"start[{i}]: {error}") from error
        if len(points) > trials:
            raise UsageError(f"start has {len(points)} candidates, and n_trials is {trials}")
    return [point for i, point in enumerate(points) if point not in points[:i]]


def _of_portfolio(estimator: Any, search_space: SearchSpace) -> list[Config]:
    """The portfolio in the search's space: values that it does not take are moved to the nearest
    one, and parameters that the portfolio lacks take the middle."""
    space = search_space.space
    sources: dict[str, tuple[str, str]] = {}
    steps = {"": estimator, **estimator.get_params()}
    for name in space.names:
        step, _, own = name.rpartition("__")
        classes = {cls.__name__ for cls in type(steps.get(step)).__mro__}
        known = next((m for m in models().values() if classes.intersection(m.estimators)), None)
        if known is not None:
            called = {name: parameter for parameter, name in known.parameters.items()}
            if own in called:
                sources[name] = known.name, called[own]
    if not sources:
        there = (
            f"{' and '.join(one.estimators)}: {', '.join(one.parameters.values())}"
            for one in models().values()
            if one.estimators
        )
        raise UsageError(
            f"start='portfolio': there is no portfolio of {type(estimator).__name__} with the "
            f"parameters {', '.join(space.names)}; there are those of {'; '.join(there)}"
        )
    configs = {source: portfolio(source, SIZE) for source, _ in sources.values()}
    points = []
    for i in range(SIZE):
        values = {p.name: p.from_unit(0.5) for p in space}
        for name, (source, parameter) in sources.items():
            with contextlib.suppress(TypeError, ValueError):  # an odd one stays in the middle
                given = search_space.value(name, configs[source][i][parameter])
                if (near := fitted(space[name], given)) is not None:
                    values[name] = near
        points.append(space.build(values))
    return points
