"""Trainables of Ray Tune, functions and classes, as trainings of our own workers.

Ray's ``FunctionTrainable`` runs a function, in a thread and under a session of its own, so that
``tune.report``, ``tune.get_checkpoint`` and ``tune.get_context`` are the real ones. A class is
trained step by step, as in an actor of Ray's. Only the storage, where checkpoints go, is ours.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, TypeAlias

from ray import tune
from ray.train._internal.checkpoint_manager import _TrainingResult
from ray.train._internal.session import get_session
from ray.tune.result import RESULT_DUPLICATE, TIME_TOTAL_S, TRAINING_ITERATION, TRIAL_INFO
from ray.tune.trainable import FunctionTrainable, wrap_function

from hpobench.contract.errors import TrialError, UsageError
from hpobench.contract.seeding import generator_states, restore_generators, seed_generators
from hpobench.contract.training import Resources, Training
from hpobench.plugins.foreign import shown
from hpobench.running.ray.folder_state import pack, unpack
from hpobench.running.ray.servers import session_folder

# Ray tells every restored checkpoint with the machine's address, which is no output of the trial.
logging.getLogger("ray.tune.trainable").setLevel(logging.WARNING)

GRACE_S = 2.0
"""The seconds that a function has to end after its trial; Ray gives it as many."""
_lingering: list[threading.Thread] = []
"""The threads of functions that did not end in time."""

Losses: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, float]]
"""Makes of a result of ``Trainable.train`` what :meth:`Training.step` returns."""


def trainable_class(found: Any) -> type[tune.Trainable]:
    """``found`` if it is a class of trainables, or the class that Ray makes of a function. Raises
    :class:`UsageError` if Ray would not take ``found`` either."""
    if isinstance(found, type) and issubclass(found, tune.Trainable):
        return found
    if isinstance(found, type) or not callable(found):
        raise UsageError(
            f"{shown(found)} is not a trainable: neither a function of a configuration nor a class "
            "that derives from tune.Trainable"
        )
    try:
        return wrap_function(found)  # type: ignore[no-any-return]
    except ValueError:
        raise UsageError(
            f"{shown(found)} is not a trainable: it must take the configuration and nothing else; "
            "give it other arguments with tune.with_parameters"
        ) from None


class TrainableTraining(Training):
    """A trial of the trainable ``cls``, which is given ``config`` as it is. ``trial_id``: what the
    code is told about its trial, beside ``resources``. ``seed``: of the global generators, from
    which the code may draw. ``steps``: the steps of the problem. If the trainable ends before them,
    the trial fails, or if it ``stops_early``, its last losses stand for the steps that are left."""

    def __init__(
        self,
        cls: type[tune.Trainable],
        config: dict[str, Any],
        *,
        trial_id: str,
        seed: int,
        resources: Resources,
        losses: Losses,
        steps: int,
        stops_early: bool,
    ) -> None:
        self._cls, self._config, self._seed = cls, config, seed
        self._trial_id, self._resources = trial_id, resources
        self._losses, self._steps, self._stops_early = losses, steps, stops_early
        self._step, self._ended = 0, False
        self._last: Mapping[str, float] = {}
        self._running: _Running | None = None

    def step(self) -> Mapping[str, float]:
        result = None if self._ended else self._begun().train(self._step + 1)
        if result is not None:
            self._last = self._losses(result)
            self._ended = bool(result.get("done"))
        elif self._stops_early and self._step:
            self._ended = True
        else:
            raise TrialError(
                f"the trainable ended after {self._step} of {self._steps} steps; write `steps: "
                f"{self._step}`, or `stops_early: true` if trials end when they are done: the last "
                "loss then stands for the steps that are left"
                if self._step
                else "the trainable ended before its first report; call tune.report"
            )
        self._step += 1
        return self._last

    def _begun(self) -> _Running:
        if self._running is None:
            seed_generators(self._seed)
            self._running = _Running(self._cls, self._config, self._trial_id, self._resources)
        return self._running

    def save(self) -> bytes | None:
        """The last checkpoint, if any: a class writes it now, a function wrote it with a report."""
        about: dict[str, Any] = {"step": self._step, "last": dict(self._last), "ended": self._ended}
        if self._ended:
            return pack(about, None)
        found = None if self._running is None else self._running.checkpoint(self._step)
        return None if found is None else pack(about | {"origin": found[1]}, found[0])

    def load(self, state: bytes) -> None:
        """Go on from the checkpoint in ``state``, and train the steps after it again."""
        self.close()
        with TemporaryDirectory(dir=session_folder()) as folder:
            about, files = unpack(state, Path(folder))
            self._step, self._last, self._ended = about["step"], about["last"], about["ended"]
            if files is not None:
                self._step = about["origin"]["step"]
                self._begun().restore(files, about["origin"])
        while self._step < about["step"]:
            self.step()

    def close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.close()


class _Running:
    """A trainable that exists, with a folder of its own, which becomes the working folder until
    :meth:`close`."""

    def __init__(
        self, cls: type[tune.Trainable], config: dict[str, Any], trial_id: str, resources: Resources
    ) -> None:
        _lingering[:] = [thread for thread in _lingering if thread.is_alive()]
        if _lingering:  # what it reports would count for this trial
            raise TrialError(
                "the function of an earlier trial did not end when tune.report raised SystemExit "
                "in it; do not catch BaseException around tune.report"
            )
        self._origin: dict[str, Any] = {}
        """Where the last checkpoint comes from."""
        bundle = {"CPU": resources.cpu, "GPU": resources.gpu, **resources.custom}
        info = SimpleNamespace(
            trial_id=trial_id,
            trial_name=f"train_{trial_id}",
            trial_resources=tune.PlacementGroupFactory([bundle]),
        )
        with contextlib.ExitStack() as stack:
            folder = TemporaryDirectory(dir=session_folder(), prefix="trainable-")
            self._storage = _Storage(Path(stack.enter_context(folder)), trial_id)
            stack.callback(os.chdir, Path.cwd())
            self._trainable: Any = cls({**copy.deepcopy(config), TRIAL_INFO: info}, self._storage)
            stack.callback(self._stop)
            self.close = stack.pop_all().close

    def train(self, step: int) -> Mapping[str, Any] | None:
        """The result of ``step``; ``None`` if the function has ended instead."""
        before = self._storage.checkpoint
        result: dict[str, Any] = self._trainable.train()
        if RESULT_DUPLICATE in result:
            return None
        if self._storage.checkpoint != before:
            self._origin = self._describe(step)
        return result

    def checkpoint(self, step: int) -> tuple[Path, dict[str, Any]] | None:
        """The last checkpoint, which a class writes now, after ``step``, and where it comes from;
        ``None`` if there is none."""
        if not isinstance(self._trainable, FunctionTrainable):
            if type(self._trainable).save_checkpoint is tune.Trainable.save_checkpoint:
                return None
            with TemporaryDirectory(dir=self._storage.trial_fs_path) as folder:
                self._trainable.save(folder)
            self._origin = self._describe(step)
        found = self._storage.checkpoint
        return None if found is None else (found, self._origin)

    def _describe(self, step: int) -> dict[str, Any]:
        return {
            "step": step,
            TRAINING_ITERATION: self._trainable.training_iteration,
            TIME_TOTAL_S: self._trainable.get_state()["time_total"],
            "generators": generator_states(),
        }

    def restore(self, files: Path, origin: dict[str, Any]) -> None:
        """Go on from the checkpoint with ``files``, which are taken over."""
        metrics = {key: origin[key] for key in (TRAINING_ITERATION, TIME_TOTAL_S)}
        checkpoint = self._storage.adopt(files)
        self._trainable.restore(_TrainingResult(checkpoint=checkpoint, metrics=metrics))
        restore_generators(origin["generators"])
        self._origin = origin

    def _stop(self) -> None:
        """End the trainable, and wait a moment for the end of its thread, if it has one."""
        session = get_session() if isinstance(self._trainable, FunctionTrainable) else None
        with contextlib.suppress(Exception):  # the trial is over, whatever its clean-up raises
            self._trainable.stop()
        if session is not None and session.training_thread.is_alive():
            session.training_thread.join(GRACE_S)
            _lingering.append(session.training_thread)


class _Storage:
    """What a trainable uses of Ray's ``StorageContext``. Only the last checkpoint is kept."""

    experiment_dir_name = "hpobench"
    sync_config = tune.SyncConfig()

    def __init__(self, folder: Path, trial_id: str) -> None:
        self.trial_dir_name, self.trial_fs_path = trial_id, str(folder)
        self.trial_working_directory = self.trial_driver_staging_path = str(folder / "work")
        self.checkpoint: Path | None = None
        self._count = 0

    @property
    def checkpoint_dir_name(self) -> str:
        return f"checkpoint_{self._count:06d}"

    def _update_checkpoint_index(self, metrics: dict[str, Any]) -> None:  # noqa: ARG002
        self._count += 1

    def persist_current_checkpoint(self, checkpoint: tune.Checkpoint) -> tune.Checkpoint:
        # A copy, because the user's own may be gone soon.
        place = Path(self.trial_fs_path, self.checkpoint_dir_name)
        return self._keep(checkpoint.to_directory(place))

    def adopt(self, files: Path) -> tune.Checkpoint:
        """``files`` as the last checkpoint, moved here."""
        self._update_checkpoint_index({})
        return self._keep(shutil.move(files, Path(self.trial_fs_path, self.checkpoint_dir_name)))

    def _keep(self, folder: str | Path) -> tune.Checkpoint:
        before, self.checkpoint = self.checkpoint, Path(folder)
        if before is not None:
            shutil.rmtree(before)
        return tune.Checkpoint.from_directory(folder)

    def persist_artifacts(self, force: bool = False) -> None:
        """Do nothing: other files of a trial go with it."""
