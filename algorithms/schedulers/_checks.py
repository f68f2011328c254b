"""Checks of options that several schedulers share."""

from __future__ import annotations

from hpobench.api import Fidelity
from hpobench.kit import UsageError


def check_reduction_factor(scheduler: str, factor: float) -> None:
    """Raise :class:`UsageError` unless ``factor`` is greater than 1."""
    if not factor > 1:
        raise UsageError(f"{scheduler}: reduction_factor must be greater than 1, not {factor}")


def check_grace_period(scheduler: str, period: int, fidelity: Fidelity) -> None:
    """Raise :class:`UsageError` unless ``period`` is one of the problem's steps."""
    if not 1 <= period <= fidelity.steps:
        raise UsageError(
            f"{scheduler}: grace_period must lie between 1 and the problem's "
            f"{fidelity.steps} steps ({fidelity.name}), not be {period}"
        )
