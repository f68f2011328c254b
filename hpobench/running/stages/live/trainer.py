"""What executes a cell's orders: it trains one trial at a time, and saves its state.

A tabulated problem is trained too: its known curves are played in real time.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Mapping
from time import perf_counter, process_time
from typing import Any, ClassVar, TypeAlias

from hpobench.contract.errors import TrialError, describe
from hpobench.contract.losses import as_number, checked_cost
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.seeding import derive_seed, seed_generators
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem, Training

STREAM_S = 0.005
"""Steps that take less time are sent several at a time."""
SAVE_SHARE = 0.005
"""The share of its time that a trial may spend on saving. When the worker dies, the steps since the
last save are trained again without being counted. Where saving is cheap, there are none."""

StepResult: TypeAlias = tuple[float, float | None, float, float]
"""Loss, held-out loss, wall and CPU seconds of one step."""


def begin_training(
    problem: TabulatedProblem | TrainedProblem, config: Config, seed: int, pace: float
) -> Training:
    """Begin a trial of ``problem``; one of a table is replayed at ``pace``."""
    if isinstance(problem, TabulatedProblem):
        return PacedTraining(problem, config, seed, pace)
    return problem.start(config, seed)


class PacedTraining(Training):
    """Waits as long as each step of the table cost, times ``pace``, and reports its loss. A clone
    goes on along the curve of its own configuration, as on the virtual stage."""

    def __init__(self, problem: TabulatedProblem, config: Config, seed: int, pace: float) -> None:
        self._curve, self._pace, self._step = problem.curve(config, seed), pace, 0

    def step(self) -> Mapping[str, float]:
        curve, i = self._curve, self._step
        if self._pace:
            time.sleep(checked_cost(curve.costs[i], i + 1) * self._pace)
        self._step += 1
        metrics = {"loss": curve.losses[i]}
        return metrics if curve.heldout is None else {**metrics, "heldout": curve.heldout[i]}

    def save(self) -> bytes:
        return json.dumps(self._step).encode()

    def load(self, state: bytes) -> None:
        self._step = json.loads(state)


class Disconnected(BaseException):
    """The cell has disconnected, so that nobody will read further results."""


class Trainer:
    """Trains the trials of one cell, one at a time. ``pace``: wall seconds per second of a
    tabulated problem's cost. ``ending``: whether a signal has asked the process to end, for
    instance because its node dies. What that raises in the training is no failure of the trial,
    which another worker takes up."""

    def __init__(
        self, problem: TabulatedProblem | TrainedProblem, pace: float, ending: Callable[[], bool]
    ) -> None:
        self._problem, self._pace, self._ending = problem, pace, ending
        self._training: Training | None = None
        self._step = 0
        self._notes: list[tuple[int, Any]] = []
        """Steps, and what the training noted of them."""
        self._unsaved_s = 0.0
        self._saving_s = 0.0

    streams: ClassVar[bool] = False
    """Whether results can be sent while training goes on. Otherwise each is answered at once."""

    def check_connected(self) -> None:
        """Raise :class:`Disconnected` if the cell has left."""

    def send_ahead(self, answer: dict[str, Any], state: bytes) -> None:
        """Send a part of an answer while training goes on, which a trainer that ``streams`` can."""
        raise NotImplementedError

    def execute(self, order: dict[str, Any], state: bytes) -> tuple[dict[str, Any], bytes]:
        """Train or save as ``order`` says. The answer has the results and the error that ended
        them, if any; the bytes are the state after them, or nothing."""
        results: list[StepResult] = []
        answer: dict[str, Any] = {"results": results}
        saved = b""
        try:
            if "until" in order:
                self._train(order, state, results)
            if "save" in order or self._save_is_due(results):
                saved = self._save()
        except Disconnected:
            raise
        except BaseException as error:  # some libraries raise what is no Exception
            if self._ending() and not isinstance(error, Exception):
                raise
            answer["error"] = (
                f"the training called exit({error.code!r:.200})"
                if isinstance(error, SystemExit)
                else describe(error).removeprefix("TrialError: ")
            )
        answer["step"] = self._step - len(results) + 1
        self._add_notes(answer)
        return answer, saved

    def _add_notes(self, answer: dict[str, Any]) -> None:
        if self._notes:
            answer["notes"], self._notes = self._notes, []

    def _save_is_due(self, results: list[StepResult]) -> bool:
        self._unsaved_s += sum(cost for _, _, cost, _ in results)
        over = self._step >= self._problem.fidelity.steps
        return not over and self._saving_s <= SAVE_SHARE * self._unsaved_s

    def _save(self) -> bytes:
        assert self._training is not None
        begin = perf_counter()
        state = self._training.save()
        if not isinstance(state, bytes | bytearray | None):
            raise TrialError(f"save() returned {state!r:.80}, which is not bytes")
        self._saving_s, self._unsaved_s = perf_counter() - begin, 0.0
        return bytes(state or b"")

    def _train(self, order: dict[str, Any], state: bytes, results: list[StepResult]) -> None:
        begin = wall = perf_counter()
        cpu = process_time()
        if "begin" in order:
            self._begin(order["begin"], state)
            if self._step:  # training up to that step again is no part of the next step's cost
                begin = wall = perf_counter()
                cpu = process_time()
        unsent = 0.0
        while self._step < order["until"]:
            loss, heldout = self._next_losses()
            self._step += 1
            now, cpu_now = perf_counter(), process_time()
            results.append((loss, heldout, now - wall, cpu_now - cpu))
            unsent += now - wall
            wall, cpu = now, cpu_now
            if self._step == order["until"] or not self.streams:
                return
            if self._step >= order["decided"] and wall - begin >= order["ahead"]:
                return
            self.check_connected()
            if unsent >= STREAM_S:
                saved = self._save() if self._save_is_due(results) else b""
                first = self._step - len(results) + 1
                answer = {"results": results, "step": first, "output": "", "more": True}
                self._add_notes(answer)
                self.send_ahead(answer, saved)
                results.clear()
                unsent = 0.0
                wall, cpu = perf_counter(), process_time()

    def _next_losses(self) -> tuple[float, float | None]:
        """Loss and held-out loss of the next step. Raises :class:`TrialError` if it has no loss."""
        training, step = self._training, self._step + 1
        assert training is not None
        try:
            metrics = training.step()
        finally:
            if training.note is not None:  # it is kept also where the step fails
                self._notes.append((step, training.note))
        if not isinstance(metrics, Mapping) or "loss" not in metrics:
            raise TrialError(f"step {step} returned {metrics!r:.80}, without a loss")
        loss = as_number(metrics["loss"], f"loss at step {step}")
        if not math.isfinite(loss):
            raise TrialError(f"loss is {loss} at step {step}")
        heldout = metrics.get("heldout")
        if heldout is not None:
            heldout = as_number(heldout, f"held-out loss at step {step}")
        return loss, heldout

    def _begin(self, trial: dict[str, Any], state: bytes) -> None:
        """Take up another trial, from ``state`` as it was saved at step ``at`` or from its start,
        and train it again up to ``step``. A clone's state belongs to another configuration,
        ``under``, and is trained with that one up to ``step``."""
        self._start(trial["under"], trial["seed"], state)
        assert self._training is not None
        for _ in range(trial["step"] - trial["at"]):
            self._training.step()
        if trial["under"] != trial["config"]:
            self._start(trial["config"], trial["seed"], self._save())
        self._step, self._unsaved_s = trial["step"], 0.0

    def _start(self, config: Config, seed: int, state: bytes) -> None:
        self.close()
        # Code that draws from the global generators then draws the same for the same trial.
        seed_generators(derive_seed("globals", json.dumps(config, sort_keys=True), seed))
        self._training = begin_training(self._problem, config, seed, self._pace)
        if state:
            self._training.load(state)

    def close(self) -> None:
        self.close_training()
        self._training = None

    def close_training(self) -> None:
        """Release what the trial holds. Another thread may call it to end a step that waits."""
        if self._training is not None:
            with contextlib.suppress(BaseException):
                self._training.close()
