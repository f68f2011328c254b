# /// script
# requires-python = ">=3.11"
# dependencies = ["ax-platform==1.3.1", "botorch>=0.18.1", "torch>=2.4,<2.14"]
# ///
"""Ax, the adaptive experimentation platform on BoTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import (
    Categorical,
    Config,
    Exhausted,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Parameter,
    Searcher,
    Space,
    When,
)
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig


class Ax(Searcher):
    """Ax's Bayesian optimisation: what its client chooses by itself, a Gaussian process.

    The centre of the space, Sobol' points, then the model, which counts trials under way as
    pending and proposes no configuration twice but failed ones. A failed trial is marked failed,
    one whose loss is withheld abandoned. Conditions are Ax's dependent parameters.
    ``initialization_budget``: trials before the model is used.
    """

    name = "ax"
    library = "ax-platform"
    preload = ("ax.api.client",)

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, initialization_budget: int = 5
    ) -> None:
        import logging

        from ax.api.client import Client
        from ax.utils.common.logger import set_ax_logger_levels

        if initialization_budget < 2:
            raise UsageError(
                f"ax: initialization_budget must be at least 2, not {initialization_budget}"
            )
        set_ax_logger_levels(logging.ERROR)
        self._space = space
        self._client = Client(random_seed=seed)
        self._client.configure_experiment([_translated(space, p) for p in space])
        self._client.configure_optimization("-loss")
        # Left to itself it gives out no more trials than these while none is over.
        self._client.configure_generation_strategy(
            initialization_budget=initialization_budget,
            initialization_random_seed=seed,
            allow_exceeding_initialization_budget=True,
        )
        self._running: dict[int, int] = {}
        """Ax's index of each running trial."""

    def ask(self, trial: int) -> Config:
        from ax.exceptions.core import SearchSpaceExhausted

        try:
            suggested = self._client.get_next_trials(max_trials=1)
        except SearchSpaceExhausted:
            raise Exhausted("Ax finds no configuration that it has not proposed before") from None
        ((self._running[trial], values),) = suggested.items()
        return self._space.build(
            {p.name: value_of(p, values[p.name]) for p in self._space if p.name in values}
        )

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._client.complete_trial(self._running.pop(trial), {"loss": loss})

    def failed(self, trial: int) -> None:
        self._client.mark_trial_failed(self._running.pop(trial))

    def dropped(self, trial: int) -> None:
        self._client.mark_trial_abandoned(self._running.pop(trial))


# -- the space in Ax's terms -------------------------------------------------------------------
#
# Dependent parameters form a tree: each hangs on one choice of a category. What depends on a
# number or on several choices hangs where the parent does, and Ax takes it for active beside it.
# Choices go by their index, for Ax takes True and 1 for the same.


def _translated(space: Space, p: Parameter) -> RangeParameterConfig | ChoiceParameterConfig:
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    if isinstance(p, Float | Int):
        scaling = "log" if p.log else "linear"
        return RangeParameterConfig(p.name, (p.low, p.high), p.kind, scaling=scaling)
    dependents: dict[int, list[str]] = {}
    for child in space:
        if (when := _hold(space, child)) is not None and when.parent == p.name:
            dependents.setdefault(p.index(when.values[0]), []).append(child.name)
    return ChoiceParameterConfig(
        p.name,
        list(range(len(p.choices))),
        "int",
        is_ordered=isinstance(p, Ordinal),
        dependent_parameters=dependents or None,
    )


def _hold(space: Space, p: Parameter) -> When | None:
    """The one choice on which ``p`` hangs in Ax's tree."""
    when = p.when
    while when is not None:
        parent = space[when.parent]
        if isinstance(parent, Categorical) and len(when.values) == 1:
            break
        when = parent.when
    return when
