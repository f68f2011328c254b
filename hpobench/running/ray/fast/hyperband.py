"""Ray's HyperBand, choosing the next trial without a look at every bracket.

Ray sorts all brackets of all bands by their progress at every step, also those that were over long
ago. Here only brackets with a trial that can start are compared. They are found from two short
lists: the controller's pending trials, and the brackets that have let paused trials go on.
"""

from __future__ import annotations

import math
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import hb_bohb as _bohb
from ray.tune.schedulers import hyperband as _ray

PENDING, PAUSED = Trial.PENDING, Trial.PAUSED


class _Waking:
    """What both variants share: which brackets have let paused trials go on."""

    _hyperbands: list[list[Any]]
    _trial_info: dict[Any, tuple[Any, int]]

    def adopt(self) -> None:
        # By bracket, the number of its band. Brackets compare by identity.
        self._waking: dict[Any, int] = {}
        for number, band in enumerate(self._hyperbands):
            self._waking.update((b, number) for b in band if b and b.trials_to_unpause)

    def _process_bracket(self, tune_controller: Any, bracket: Any) -> str:
        action: str = super()._process_bracket(tune_controller, bracket)  # type: ignore[misc]
        if bracket.trials_to_unpause:
            member = next(iter(bracket.trials_to_unpause))
            self._waking[bracket] = self._trial_info[member][1]
        return action

    def next_decision(self, trial: Any, step: int) -> float:
        """The step at which the bracket of ``trial`` waits for its other trials."""
        bracket, _ = self._trial_info[trial]
        return max(math.ceil(float(bracket._cumul_r)), step + 1)

    def _waiting(self, tune_controller: Any) -> list[Any]:
        """The brackets with a trial that can start, of the first band that has any, in its order.
        Ray passes over the other brackets of that band, and over all bands before it."""
        found: dict[Any, int] = {}
        for trial in tune_controller._tune_controller._pending_trials:
            bracket, band = self._trial_info[trial]
            if trial in bracket._live_trials:
                found[bracket] = band
        for bracket, band in list(self._waking.items()):
            if (waiting := _has_waking(bracket)) is None:
                del self._waking[bracket]
            elif waiting:
                found[bracket] = band
        if len(found) < 2:
            return [*found]
        first = min(found.values())
        brackets = [bracket for bracket, band in found.items() if band == first]
        if len(brackets) < 2:
            return brackets
        return [bracket for bracket in self._hyperbands[first] if bracket in brackets]


def _has_waking(bracket: Any) -> bool | None:
    """Whether a trial that ``bracket`` lets go on waits; ``None`` if it lets none go on."""
    found = None
    for trial in bracket.trials_to_unpause:
        if trial in bracket._live_trials:
            if trial.status in (PAUSED, PENDING):
                return True
            found = False
    return found


def _first_trial(bracket: Any) -> Any:
    """The first trial of ``bracket`` that can start, which there is."""
    woken = bracket.trials_to_unpause
    for trial in bracket._live_trials:
        status = trial.status
        if status == PENDING or (status == PAUSED and trial in woken):
            return trial
    raise AssertionError


class HyperBand(_Waking, _ray.HyperBandScheduler):
    """Ray's HyperBand with a short way to the next trial."""

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        brackets = self._waiting(tune_controller)
        if len(brackets) > 1:
            _, band = self._trial_info[next(iter(brackets[0]._live_trials))]
            if any(math.isnan(b._completed_progress) for b in self._hyperbands[band] if b):
                # A trial's time was infinite. No order is right then, and the one that Ray's
                # sorting finds depends on every bracket of the band.
                return super().choose_trial_to_run(tune_controller)
            progress = [bracket.completion_percentage() for bracket in brackets]
            return _first_trial(brackets[progress.index(min(progress))])
        return _first_trial(brackets[0]) if brackets else None


class HyperBandForBohb(_Waking, _bohb.HyperBandForBOHB):
    """Ray's HyperBand for BOHB with a short way to the next trial."""

    def choose_trial_to_run(self, tune_controller: Any, allow_recurse: bool = True) -> Any:
        if brackets := self._waiting(tune_controller):
            return _first_trial(brackets[0])
        if tune_controller._tune_controller._running_trials:
            return None
        # Nothing runs and nothing can start: Ray closes brackets that are not full.
        return super().choose_trial_to_run(tune_controller, allow_recurse)
