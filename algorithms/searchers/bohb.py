# /// script
# requires-python = ">=3.11"
# dependencies = ["hpbandster==0.7.4", "ConfigSpace>=1.2,<2"]
# [tool.uv]
# override-dependencies = ["netifaces; sys_platform == 'never'"]
# ///
"""BOHB's model in the implementation of HpBandSter."""

from __future__ import annotations

import math

from hpobench.algorithms.searchers._configspace import from_configspace, to_configspace
from hpobench.algorithms.searchers._values import term_of
from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.kit import UsageError


class Bohb(Searcher):
    """BOHB's model: kernel densities of good and bad configurations, one pair for each fidelity.

    The searcher is made for the scheduler ``hyperband-bohb``. Every step has a model of its own. A
    loss enters the model of its step if the trial ends or pauses at this step, or if the step is a
    rung, which means that another trial has paused there. Proposals come from the model of the
    highest step that has one, regardless of running trials. Losses below that step are no longer
    used, as in HpBandSter itself.

    ``min_points_in_model``: the number of losses that a step's good and bad density each need. The
    default is the number of parameters plus one, which is also the minimum.
    ``random_fraction``: the fraction of proposals that are drawn at random.
    ``top_n_percent``: the percentage of losses that count as good.
    ``num_samples``: the number of draws from the good density, of which the best is proposed.

    Categories have a kernel of their own. An ordinal parameter is represented by its index as an
    integer. The values of inactive parameters are filled in with those of other trials. A failed
    trial counts as infinitely bad at the lowest step after its last one for which the model has
    losses; if there is no such step, the trial is left out.
    """

    name = "bohb"
    library = "hpbandster"
    preload = ("hpbandster.optimizers.config_generators.bohb",)
    multi_fidelity = True
    parallel = False

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        min_points_in_model: int | None = None,
        top_n_percent: int = 15,
        num_samples: int = 64,
        random_fraction: float = 1 / 3,
    ) -> None:
        from hpbandster.optimizers.config_generators.bohb import BOHB

        if min_points_in_model is not None and min_points_in_model <= len(space):
            raise UsageError(
                f"bohb: min_points_in_model must be at least {len(space) + 1} for {len(space)} "
                f"parameters, not {min_points_in_model}"
            )
        if not 0 <= random_fraction <= 1:
            raise UsageError(f"bohb: random_fraction must be in 0 to 1, not {random_fraction}")
        if not 0 < top_n_percent < 100:
            raise UsageError(f"bohb: top_n_percent must be in 1 to 99, not {top_n_percent}")
        if num_samples < 1:
            raise UsageError(f"bohb: num_samples must be at least 1, not {num_samples}")
        self._space = space
        self._bohb = BOHB(
            to_configspace(space, seed, ordinals=False),
            min_points_in_model=min_points_in_model,
            top_n_percent=top_n_percent,
            num_samples=num_samples,
            random_fraction=random_fraction,
        )
        self._proposed: dict[int, dict[str, object]] = {}
        self._last: dict[int, tuple[int, float]] = {}
        """The last step, and its loss, of each running trial that has told a loss."""
        self._learned: dict[int, int] = {}
        """For each running trial, the last step whose loss is in the model."""
        self._rungs: set[int] = set()
        """The steps at which a trial has paused."""

    def ask(self, trial: int) -> Config:
        # HpBandSter ignores the budget that it is asked for.
        self._proposed[trial], _ = self._bohb.get_config(None)
        return from_configspace(self._space, self._proposed[trial])

    def adopt(self, trial: int, config: Config) -> bool:
        self._proposed[trial] = {n: term_of(self._space[n], v) for n, v in config.items()}
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self._last[trial] = step, loss
        if final or step in self._rungs:
            self._learn(trial, step, loss)
        if final:
            self._forget(trial)

    def paused(self, trial: int) -> None:
        if trial in self._last:
            step, loss = self._last[trial]
            self._rungs.add(step)
            self._learn(trial, step, loss)

    def failed(self, trial: int) -> None:
        reached, _ = self._last.get(trial, (0, math.nan))
        beyond = min((step for step in self._bohb.configs if step > reached), default=None)
        if beyond is not None:
            self._learn(trial, beyond, None)
        self._forget(trial)

    def dropped(self, trial: int) -> None:
        self._forget(trial)

    def _learn(self, trial: int, step: int, loss: float | None) -> None:
        """Pass the loss at ``step``, or ``None`` for a failure, to the model.

        Steps that a trial repeats, after it continued from an older checkpoint, are left out.
        """
        from hpbandster.core.dispatcher import Job

        if step <= self._learned.get(trial, 0):
            return
        self._learned[trial] = step
        job = Job(trial, budget=step, config=self._proposed[trial])
        job.result = None if loss is None else {"loss": loss}
        self._bohb.new_result(job)

    def _forget(self, trial: int) -> None:
        del self._proposed[trial]
        self._last.pop(trial, None)
        self._learned.pop(trial, None)
