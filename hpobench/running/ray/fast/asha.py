"""Ray's FIFO without a walk over all trials, and its ASHA with a cutoff that does not look at the
whole rung.

Ray takes NumPy's percentile over all losses of a rung at every result that reaches the rung, which
costs more the more trials there are. Here a rung keeps its losses sorted.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from typing import Any

import numpy as np
from ray.tune.schedulers import async_hyperband as _ray
from ray.tune.schedulers.trial_scheduler import FIFOScheduler


class FirstComeFirstServed:
    """The choice of Ray's ``FIFOScheduler``: the first pending trial, or else the first paused one.
    Ray looks through all trials twice. Nearly always at most one is waiting."""

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        controller = tune_controller._tune_controller  # Ray's, which keeps trials by status
        waiting = controller._pending_trials or controller._paused_trials
        if len(waiting) > 1:
            return super().choose_trial_to_run(tune_controller)  # type: ignore[misc]
        return next(iter(waiting), None)


class Fifo(FirstComeFirstServed, FIFOScheduler):
    """Ray's FIFO with a short way to the next trial."""

    def adopt(self) -> None:
        """Nothing to prepare."""

    def next_decision(self, trial: Any, step: int) -> float:  # noqa: ARG002
        """It lets every trial go on to its end."""
        return math.inf


class Rung(dict[str, Any]):
    """The rewards of a rung by trial id, as Ray keeps them, which are also sorted. ``sorted`` has
    no NaN, because the percentile ignores them. It is ``None`` once a reward is no plain float:
    NumPy computes numbers of other types in other precisions, so Ray's code must."""

    def __init__(self, rewards: dict[str, Any]) -> None:
        super().__init__()
        self.sorted: list[float] | None = []
        for trial, reward in rewards.items():
            self[trial] = reward

    def __setitem__(self, trial: str, reward: Any) -> None:
        if type(reward) is not float or trial in self:
            self.sorted = None
        elif self.sorted is not None and reward == reward:
            insort(self.sorted, reward)
        super().__setitem__(trial, reward)

    def __reduce__(self) -> tuple[type[Rung], tuple[dict[str, Any]]]:
        return Rung, (dict(self),)  # otherwise pickle fills the dict before `sorted` is there


class Bracket(_ray._Bracket):
    """Ray's bracket, whose cutoff is read from sorted rewards."""

    def cutoff(self, recorded: dict[str, Any]) -> Any:
        ordered = recorded.sorted if isinstance(recorded, Rung) else None
        if not ordered or type(self.rf) not in (int, float):
            return super().cutoff(recorded)
        return percentile(ordered, (1 - 1 / self.rf) * 100)


def percentile(ordered: Sequence[float], q: float) -> float:
    """``np.nanpercentile(ordered, q)`` of a sorted sequence without NaN, to the last bit. These are
    NumPy's operations in NumPy's order, also where they make NaN out of infinite numbers."""
    last = len(ordered) - 1
    index = last * (q / 100)
    if index >= last:
        below = above = ordered[-1]
        share = index + 1  # NumPy counts from the index -1
    else:
        floor = int(index)
        below, above, share = ordered[floor], ordered[floor + 1], index - floor
    gap = above - below
    return above - gap * (1 - share) if share >= 0.5 else below + gap * share


class Asha(FirstComeFirstServed, _ray.AsyncHyperBandScheduler):
    """Ray's ASHA over :class:`Bracket`, which draws a trial's bracket in one step."""

    def adopt(self) -> None:
        """Exchange the parts of a scheduler of Ray's that has become one of this class."""
        for bracket in self._brackets:
            bracket.__class__ = Bracket
            bracket._rungs = [(milestone, Rung(rung)) for milestone, rung in bracket._rungs]
        sizes = np.array([len(bracket._rungs) for bracket in self._brackets])
        weights = np.e ** (sizes - sizes.max())
        self._shares = (weights / weights.sum()).cumsum()
        self._shares /= self._shares[-1]

    def next_decision(self, trial: Any, step: int) -> float:
        """The step at which ``trial`` reaches its next rung."""
        rungs = self._trial_info[trial.trial_id]._rungs
        ahead: list[float] = [rung for rung, recorded in rungs if trial.trial_id not in recorded]
        return max(math.ceil(min(ahead, default=self._max_t)), step + 1)

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        if not self._metric or not self._metric_op:
            super().on_trial_add(tune_controller, trial)  # which raises
        # What `np.random.choice` does with the shares of the brackets once it has checked them:
        # it draws one number from the global generator, even if there is one bracket only.
        drawn = np.random.random_sample()  # noqa: NPY002 - Ray's generator
        chosen = self._shares.searchsorted(drawn, side="right")
        self._trial_info[trial.trial_id] = self._brackets[chosen]
