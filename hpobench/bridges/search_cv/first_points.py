"""The first candidates of a search: given ones, or the portfolio of the estimator's model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hpobench.bridges.search_cv.search_space import SearchSpace
from hpobench.contract.errors import SpaceError, UsageError
from hpobench.contract.space import Config
from hpobench.plugins.starting.portfolios import models, portfolio
from hpobench.plugins.starting.suite_keys import SIZE

PORTFOLIO = "portfolio"


def starting_points(
    start: str | Sequence[Mapping[str, Any]] | None,
    estimator: Any,
    search_space: SearchSpace,
    trials: int,
) -> list[Config]:
    """The first configurations of a search of ``trials`` candidates, each once.

    Raises :class:`UsageError` for an estimator or parameters without a portfolio, and for more
    given candidates than trials; :class:`SpaceError` for one that is not in the space.
    """
    if start is None:
        return []
    if isinstance(start, str):
        points = _of_portfolio(estimator, search_space)[:trials]
    else:
        points = []
        for i, params in enumerate(start):
            try:
                points.append(_given(search_space, params))
            except (TypeError, ValueError) as error:
                raise SpaceError(f"start[{i}]: {error}") from error
        if len(points) > trials:
            raise UsageError(f"start has {len(points)} candidates, and n_trials is {trials}")
    return [point for i, point in enumerate(points) if point not in points[:i]]


def _given(search_space: SearchSpace, params: Mapping[str, Any]) -> Config:
    if not isinstance(params, Mapping):
        raise SpaceError(f"a dict of parameters is due, not {params!r:.80}")
    if unknown := set(params) - set(search_space.space.names):
        raise SpaceError(f"no such parameter: {', '.join(sorted(unknown))}")
    config = {name: search_space.value(name, given) for name, given in params.items()}
    search_space.space.check(config)
    return search_space.space.build(config)


def _of_portfolio(estimator: Any, search_space: SearchSpace) -> list[Config]:
    """The portfolio in the search's space: values that it does not take are moved to the nearest
    one, and parameters that the portfolio lacks take the middle."""
    space = search_space.space
    sources = dict(_sources(estimator, space.names))
    if not sources:
        known = (
            f"{' and '.join(model.estimators)}: {', '.join(model.parameters.values())}"
            for model in models().values()
            if model.estimators
        )
        raise UsageError(
            f"start='portfolio': there is no portfolio of {type(estimator).__name__} with the "
            f"parameters {', '.join(space.names)}; there are those of {'; '.join(known)}"
        )
    configs = {model: portfolio(model, SIZE) for model, _ in sources.values()}
    points = []
    for i in range(SIZE):
        values = {p.name: p.from_unit(0.5) for p in space}
        for name, (model, parameter) in sources.items():
            near = search_space.nearest(name, configs[model][i][parameter])
            values[name] = values[name] if near is None else near
        points.append(space.build(values))
    return points


def _sources(estimator: Any, names: Iterable[str]) -> Iterable[tuple[str, tuple[str, str]]]:
    """Each of ``names`` that a portfolio knows, with the model and the name there."""
    parts = {"": estimator, **estimator.get_params()}
    for name in names:
        step, _, own = name.rpartition("__")
        classes = {cls.__name__ for cls in type(parts.get(step)).__mro__}
        model = next((m for m in models().values() if classes.intersection(m.estimators)), None)
        if model is not None:
            for parameter, called in model.parameters.items():
                if called == own:
                    yield name, (model.name, parameter)
