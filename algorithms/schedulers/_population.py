"""Code that PBT and PB2 share: checks of their options, and the parameters that they change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hpobench.api import Config, Fidelity, Float, Int, Parameter, Problem, Value
from hpobench.kit import UsageError


def check_population(scheduler: str, population: int, quantile_fraction: float) -> None:
    """Raise :class:`UsageError` if an option is outside its range."""
    if population < 2:
        raise UsageError(f"{scheduler}: population must be at least 2, not {population}")
    if not 0 < quantile_fraction <= 0.5:
        raise UsageError(
            f"{scheduler}: quantile_fraction must be positive and at most 0.5, "
            f"not {quantile_fraction}"
        )


def perturbation_interval(
    scheduler: str, given: int | None, fidelity: Fidelity, burn_in_period: int = 0
) -> int:
    """The number of steps between perturbations: ``given``, or a tenth of the problem's steps.

    Raises :class:`UsageError` if a trial would end before its first perturbation.
    """
    interval = max(1, fidelity.steps // 10) if given is None else given
    if interval < 1:
        raise UsageError(f"{scheduler}: perturbation_interval must be at least 1, not {interval}")
    first = max(interval, burn_in_period)
    if first >= fidelity.steps:
        raise UsageError(
            f"{scheduler}: the first perturbation, after step {first}, must come before the last "
            f"of the problem's {fidelity.steps} steps ({fidelity.name})"
        )
    return interval


def changeable(problem: Problem) -> tuple[Parameter, ...]:
    """The mutable parameters that no condition connects with other parameters.

    Ray does not know conditions: it would set inactive parameters, and it would change a parent
    without changing its children.
    """
    parents = {p.when.parent for p in problem.space if p.when is not None}
    return tuple(p for p in problem.mutable_parameters if p.when is None and p.name not in parents)


def made_legal(parameters: Sequence[Parameter]) -> Callable[[Config], Config]:
    """A ``custom_explore_fn`` that moves the values of ``parameters`` back into their bounds.

    It is needed because Ray multiplies and rounds values without regard to the bounds.
    """

    def legal(config: Config) -> Config:
        return config | {p.name: _legal(p, config[p.name]) for p in parameters}

    return legal


def _legal(parameter: Parameter, value: Value) -> Value:
    match parameter:
        case Float():
            # A bound may be an int, and Ray would round all later multiples of an int.
            return float(min(max(float(value), parameter.low), parameter.high))
        case Int():
            return min(max(int(value), parameter.low), parameter.high)
        case _:  # Ray takes these values from the list of choices, so they are legal.
            return value
