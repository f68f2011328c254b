"""Spaces and configurations as ConfigSpace knows them, which several libraries build on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import Config, Float, Int, Ordinal, Parameter, Space, Value, When

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace
    from ConfigSpace.hyperparameters import Hyperparameter


def to_configspace(space: Space, seed: int, *, ordinals: bool = True) -> ConfigurationSpace:
    """``space`` with its conditions, its generator seeded with ``seed``.

    Choices go by their index: ConfigSpace takes ``True`` and ``1`` for the same one. Without
    ``ordinals``, for libraries that know none, the index of an ordinal parameter is an integer.
    """
    import ConfigSpace

    made = ConfigSpace.ConfigurationSpace(seed=seed)
    for p in space:
        child = _hyperparameter(p, ordinals)
        made.add(child)
        if p.when is not None:
            values = _values(space[p.when.parent], p.when)
            made.add(ConfigSpace.InCondition(child, made[p.when.parent], values))
    return made


def from_configspace(space: Space, configuration: Mapping[str, Any]) -> Config:
    """The configuration of ``space`` that one of :func:`to_configspace` stands for."""
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


def _values(parent: Parameter, when: When) -> list[Value]:
    """The values of the parent's hyperparameter under which ``when`` holds."""
    if isinstance(parent, Float | Int):
        return list(when.values)
    return [i for i, choice in enumerate(parent.choices) if when.holds({parent.name: choice})]
