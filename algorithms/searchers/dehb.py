# /// script
# requires-python = ">=3.11"
# dependencies = ["dehb==0.1.2"]
# [tool.uv]
# override-dependencies = ["numpy>=2", "pyarrow; sys_platform == 'never'"]
# ///
"""DEHB: Hyperband with configurations from differential evolution."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from hpobench.algorithms.searchers._configspace import from_configspace, to_configspace
from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.kit import UsageError


class Dehb(Searcher):
    """DEHB: differential evolution on every rung of Hyperband, which DEHB runs itself.

    ``min_fidelity``: the number of steps of the lowest rung.
    ``eta``: the ratio of the steps of neighbouring rungs, and the inverse of the share of trials
    that pass a rung.

    A rung with a fractional number of steps is trained for the nearest whole number of steps. A
    promoted configuration is trained from the start, as a new trial.

    DEHB handles conditions and categories itself: it evolves points of a unit cube, in which
    inactive parameters keep their coordinates. While a rung waits for running trials, DEHB
    continues with another bracket. DEHB has no way to report a failure, so a failed trial is told
    the largest finite number: this is worse than any loss, but the trial counts as evaluated.
    Infinity would mark a member of the population that has not been tried.
    """

    name = "dehb"
    library = "dehb"
    preload = ("dehb",)
    schedules_itself = True
    multi_fidelity = True

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, min_fidelity: int = 1, eta: int = 3
    ) -> None:
        from dehb import DEHB
        from loguru import logger

        if eta < 2:
            raise UsageError(f"dehb: eta must be at least 2, not {eta}")
        self._space = space
        # DEHB needs a folder for its log and its state. The log is removed below, and with
        # save_freq="end" DEHB saves its state only in runs of its own. It therefore does not use
        # the folder after this block.
        with tempfile.TemporaryDirectory() as folder:
            self._dehb = DEHB(
                cs=to_configspace(space, seed),
                min_fidelity=min_fidelity,
                max_fidelity=fidelity.steps,
                eta=eta,
                seed=seed,
                n_workers=1,
                save_freq="end",
                output_path=folder,
            )
            logger.remove()
        self._jobs: dict[int, dict[str, object]] = {}
        """DEHB's own description of each running trial, which DEHB needs back with the loss."""

    @classmethod
    def unsupported_reason(
        cls, space: Space, fidelity: Fidelity, options: Mapping[str, Any]
    ) -> str | None:
        if 1 <= options["min_fidelity"] < fidelity.steps:
            return None
        return (
            f"min_fidelity must be at least 1 and below the {fidelity.steps} steps of a full "
            f"trial, not {options['min_fidelity']}"
        )

    def ask(self, trial: int) -> Config:
        job = self._jobs[trial] = self._dehb.ask()
        return from_configspace(self._space, job["config"])

    def steps(self, trial: int) -> int:
        return max(1, round(self._jobs[trial]["fidelity"]))  # type: ignore[call-overload, no-any-return]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._end(trial, loss)

    def failed(self, trial: int) -> None:
        self._end(trial, sys.float_info.max)

    def dropped(self, trial: int) -> None:
        self.failed(trial)

    def _end(self, trial: int, loss: float) -> None:
        self._dehb.tell(self._jobs.pop(trial), {"fitness": loss, "cost": 0.0})
