"""What PBT and PB2 share: their populations, and the parameters that they change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hpobench.api import Config, Fidelity, Float, Int, Parameter, Problem, Value
from hpobench.kit import UsageError


def check_population(scheduler: str, population: int, quantile_fraction: float) -> None:
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
    """Steps between perturbations: ``given``, or a tenth of the problem's.

    Raises :class:`UsageError` if there would be no perturbation at all.
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
    """The parameters that change independently of all others.

    Ray knows no conditions: it would set parameters that are inactive, and change a parent
    without its children.
    """
    parents = {p.when.parent for p in problem.space if p.when is not None}
    return tuple(p for p in problem.mutable_parameters if p.when is None and p.name not in parents)


def made_legal(parameters: Sequence[Parameter]) -> Callable[[Config], Config]:
    """For ``custom_explore_fn``: the configuration with values of ``parameters`` within bounds.

    Ray multiplies and rounds without regard to them.
    """

    def legal(config: Config) -> Config:
        return config | {p.name: _legal(p, config[p.name]) for p in parameters}

    return legal


def _legal(parameter: Parameter, value: Value) -> Value:
    match parameter:
        case Float():
            # Bounds may be whole numbers, and Ray rounds what begins as one.
            return float(min(max(float(value), parameter.low), parameter.high))
        case Int():
            return min(max(int(value), parameter.low), parameter.high)
        case _:  # from the list of its choices
            return value
