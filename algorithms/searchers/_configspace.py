"""Conversion of spaces and configurations to ConfigSpace, which several libraries build on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import (
    Categorical,
    Config,
    Float,
    Int,
    Ordinal,
    Parameter,
    Prior,
    Space,
    Value,
    When,
)

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace
    from ConfigSpace.hyperparameters import Hyperparameter


def to_configspace(
    space: Space, seed: int, *, ordinals: bool = True, prior: Prior | None = None
) -> ConfigurationSpace:
    """``space`` with its conditions as a ConfigSpace whose generator is seeded with ``seed``.

    A choice is represented by its index, because to ConfigSpace ``True`` and ``1`` are the same
    choice. With ``ordinals=False``, for libraries that do not know ordinal parameters, the index
    of an ordinal parameter becomes an integer parameter. With a ``prior``, it does too, because
    ConfigSpace has no distributions for ordinal parameters. Parameters with a condition stay
    uniform, because SMAC does not take normal ones that may be inactive.
    """
    import ConfigSpace

    made = ConfigSpace.ConfigurationSpace(seed=seed)
    for p in space:
        if prior is not None and p.name in prior.centre and p.when is None:
            child = _believed(p, prior)
        else:
            child = _hyperparameter(p, ordinals and prior is None)
        made.add(child)
        if p.when is not None:
            values = _values(space[p.when.parent], p.when)
            made.add(ConfigSpace.InCondition(child, made[p.when.parent], values))
    return made


def from_configspace(space: Space, configuration: Mapping[str, Any]) -> Config:
    """The configuration of ``space`` that one of the ConfigSpace made for it represents."""
    return space.build(
        {p.name: value_of(p, configuration[p.name]) for p in space if p.name in configuration}
    )


def _hyperparameter(p: Parameter, ordinals: bool) -> Hyperparameter:
    import ConfigSpace as cs

    match p:
        case Float():
            return cs.UniformFloatHyperparameter(p.name, p.low, p.high, log=p.log)
        case Int():
            return cs.UniformIntegerHyperparameter(p.name, p.low, p.high, log=p.log)
        case Ordinal() if ordinals:
            return cs.OrdinalHyperparameter(p.name, range(len(p.choices)))
        case Ordinal() if len(p.choices) > 1:
            return cs.UniformIntegerHyperparameter(p.name, 0, len(p.choices) - 1)
        case _:
            return cs.CategoricalHyperparameter(p.name, range(len(p.choices)))


def _believed(p: Parameter, prior: Prior) -> Hyperparameter:
    """The hyperparameter for ``p`` with the distribution that ``prior`` gives it."""
    import ConfigSpace as cs

    centre = prior.centre[p.name]
    match p:
        case Float(name=name, low=low, high=high, log=log):
            spread = _spread(low, high, log, prior)
            return cs.NormalFloatHyperparameter(name, centre, spread, low, high, log=log)
        case Int(name=name, low=low, high=high, log=log):
            spread = _spread(low - 0.5, high + 0.5, log, prior)
            return cs.NormalIntegerHyperparameter(name, centre, spread, low, high, log=log)
        case Ordinal(name=name, choices=choices) if len(choices) > 1:
            last = len(choices) - 1
            spread = _spread(-0.5, last + 0.5, False, prior)
            return cs.NormalIntegerHyperparameter(name, p.index(centre), spread, 0, last)
        case Categorical(name=name, choices=choices):
            indices = range(len(choices))
            return cs.CategoricalHyperparameter(name, indices, weights=prior.weights(p))


def _spread(low: float, high: float, log: bool, prior: Prior) -> float:
    """The prior's standard deviation in a range; on a log scale, ConfigSpace has it as a ratio."""
    return (high / low) ** prior.deviation if log else prior.deviation * (high - low)


def _values(parent: Parameter, when: When) -> list[Value]:
    """The values of the parent's ConfigSpace hyperparameter for which ``when`` holds."""
    if isinstance(parent, Float | Int):
        return list(when.values)
    return [i for i, choice in enumerate(parent.choices) if when.holds({parent.name: choice})]
