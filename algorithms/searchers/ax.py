# /// script
# requires-python = ">=3.11"
# dependencies = ["ax-platform==1.3.1", "botorch>=0.18.1", "torch>=2.4,<2.14"]
# ///
"""Ax, the adaptive experimentation platform, which is built on BoTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpobench.algorithms.searchers._values import term_of, value_of
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
    """Ax's Bayesian optimisation: a Gaussian process, with the default settings of Ax's client.

    The first proposal is the centre of the space, Sobol' points follow, and then the model
    proposes. The model treats running trials as pending and proposes no configuration twice,
    except failed ones. A failed trial is marked as failed; a trial whose loss is withheld is
    marked as abandoned. Conditions become Ax's dependent parameters.
    ``initialization_budget``: the number of trials before the model is used.
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
        self._client.configure_optimization("-loss")  # Ax maximises, so the loss is negated
        # By default, Ax would give out no more trials than this budget while none has ended.
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

    def adopt(self, trial: int, config: Config) -> bool:
        filled = {p.name: config.get(p.name, p.from_unit(0.5)) for p in self._space}
        self._running[trial] = self._client.attach_trial(
            {
                p.name: term_of(p, filled[p.name])
                for p in self._space
                if (when := _hold(self._space, p)) is None or when.holds(config)
            }
        )
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._client.complete_trial(self._running.pop(trial), {"loss": loss})

    def failed(self, trial: int) -> None:
        self._client.mark_trial_failed(self._running.pop(trial))

    def dropped(self, trial: int) -> None:
        self._client.mark_trial_abandoned(self._running.pop(trial))


# -- the space in Ax's terms -------------------------------------------------------------------
#
# In Ax, dependent parameters form a tree in which each one depends on a single choice of a
# category. A parameter that depends on a number or on several choices is placed beside its parent,
# and Ax considers it active whenever the parent is. A choice is represented by its index, because
# to Ax True and 1 are the same.


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
    """The condition of a single choice under which ``p`` is placed in Ax's tree, if any."""
    when = p.when
    while when is not None:
        parent = space[when.parent]
        if isinstance(parent, Categorical) and len(when.values) == 1:
            break
        when = parent.when
    return when
