"""A worker: a long-lived process that trains trials of one cell after another.

It holds at most one trial in memory. A cell talks to it over a connection of its own. Whatever
ends that connection (the cell is over, its time is up, its process died) also ends the step that
is in training.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import queue
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import Any, TypeAlias

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError, TrialError, describe
from hpobench.contract.numbers import as_number
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.signals import noticed_signals
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem, Training
from hpobench.plugins.build import build_problem
from hpobench.running.stages.live.output import Output
from hpobench.running.stages.live.paced import begin_training
from hpobench.running.stages.live.wire import call, hang_up, receive, send

STREAM_S = 0.005
"""Steps that take less time are sent several at a time."""
SAVE_SHARE = 0.01
"""The share of its time that a trial may spend on saving. When the worker dies, the steps since the
last save are trained again without being counted. Where saving is cheap, there are none."""
_GRACE_S = 1.0
"""How long a step may go on after the cell has disconnected. Then the trial is closed, and if that
does not end the step either, the process ends itself and Ray starts it again. The step is never
interrupted: an exception inside an import or a lock could break the process for other trials."""

StepResult: TypeAlias = tuple[float, float | None, float, float]
"""Loss, held-out loss, wall and CPU seconds of one step."""


class _Disconnected(BaseException):
    """The cell has disconnected, so that nobody will read further results."""


class Worker:
    """The class of the Ray actors of the pool."""

    def serve(
        self, problem: str, address: tuple[str, int], key: bytes, number: int, pace: float
    ) -> None:
        """Train for the cell that listens at ``address`` until it disconnects.

        ``problem``: the text of the problem's :class:`hpobench.contract.cell.PluginRef`.
        ``pace``: wall seconds per second of a tabulated problem's cost.
        """
        with noticed_signals() as arrived:
            try:
                ready = _problem(problem)
            except BaseException as error:
                if arrived() and not isinstance(error, Exception):
                    raise
                # Ray would take SystemExit and its own errors for its own.
                raise CellError(describe(error)) from error
            try:
                connection = call(address, key, number)
            except OSError:
                return  # the cell is gone
            Session(connection, ready, pace, arrived).run()


@functools.lru_cache(maxsize=16)
def _problem(text: str) -> TabulatedProblem | TrainedProblem:
    """The prepared problem, kept from cell to cell because its data may be large."""
    problem = build_problem(PluginRef.from_text(text))
    assert isinstance(problem, TabulatedProblem | TrainedProblem)
    if isinstance(problem, TrainedProblem):
        problem.prepare()
    return problem


class Session:
    """The service for one cell.

    ``ending``: whether a signal has asked the process to end, for instance because its node dies.
    What that raises in the training is no failure of the trial, which another worker takes up.
    """

    def __init__(
        self,
        connection: Connection,
        problem: TabulatedProblem | TrainedProblem,
        pace: float,
        ending: Callable[[], bool],
    ) -> None:
        self._connection, self._problem, self._pace = connection, problem, pace
        self._ending = ending
        self._orders: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._output = Output()
        self._training: Training | None = None
        self._step = 0
        self._unsaved_s = 0.0
        self._saving_s = 0.0
        self._gone = False
        self._idle = threading.Event()
        self._idle.set()

    def run(self) -> None:
        """Execute the cell's orders until it disconnects."""
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        try:
            while (order := self._orders.get()) is not None:
                header, state = self._execute(*order)
                send(self._connection, header, state)
        except (OSError, _Disconnected):
            pass  # the cell is gone
        finally:
            self._close()
            self._output.close()
            hang_up(self._connection)
            self._connection.close()
            thread.join()

    # -- disconnection ---------------------------------------------------------------------

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._orders.put(receive(self._connection))
        self._gone = True
        self._orders.put(None)
        if self._idle.wait(_GRACE_S):
            return
        # The step may be waiting for something that close() ends, such as a program.
        threading.Thread(target=self._close_training, daemon=True).start()
        if not self._idle.wait(_GRACE_S):
            os._exit(1)

    @contextlib.contextmanager
    def _running_problem(self) -> Iterator[None]:
        """Run the problem's code inside the block, and end the process if the code goes on for too
        long after the cell has disconnected."""
        self._idle.clear()
        try:
            if self._gone:
                raise _Disconnected
            yield
        finally:
            self._idle.set()

    # -- orders ----------------------------------------------------------------------------

    def _execute(self, order: dict[str, Any], state: bytes) -> tuple[dict[str, Any], bytes]:
        """Train or save as ``order`` says.

        The answer has the results and the error that ended them, if any; the bytes are the state
        after them, or nothing.
        """
        results: list[StepResult] = []
        answer: dict[str, Any] = {"results": results}
        saved = b""
        with self._output.caught(), self._running_problem():
            try:
                if "until" in order:
                    self._train(order, state, results)
                if "save" in order or self._save_is_due(results):
                    saved = self._save()
            except _Disconnected:
                raise
            except BaseException as error:  # some libraries raise what is no Exception
                if self._ending() and not isinstance(error, Exception):
                    raise
                answer["error"] = _message(error)
        answer["step"] = self._step - len(results) + 1
        answer["output"] = self._output.take()
        return answer, saved

    def _stream(self, results: list[StepResult]) -> None:
        """Send ``results`` while training goes on, and empty the list."""
        saved = self._save() if self._save_is_due(results) else b""
        first = self._step - len(results) + 1
        answer = {"results": results, "step": first, "output": "", "more": True}
        try:
            send(self._connection, answer, saved)
        except OSError:
            raise _Disconnected from None
        results.clear()

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

    def _train(
        self,
        order: dict[str, Any],
        state: bytes,
        results: list[StepResult],
    ) -> None:
        begin = wall = perf_counter()
        cpu = process_time()
        if "begin" in order:
            self._begin(order["begin"], state)
            if self._step:  # training up to that step again is no part of the next step's cost
                begin = wall = perf_counter()
                cpu = process_time()
        assert self._training is not None
        while self._step < order["until"]:
            metrics = self._training.step()
            loss, heldout = _losses(metrics, self._step + 1)
            self._step += 1
            now, cpu_now = perf_counter(), process_time()
            results.append((loss, heldout, now - wall, cpu_now - cpu))
            wall, cpu = now, cpu_now
            if wall - begin >= order["ahead"] or self._step == order["until"]:
                return
            if self._gone:
                raise _Disconnected
            if sum(cost for _, _, cost, _ in results) >= STREAM_S:
                self._stream(results)
                wall, cpu = perf_counter(), process_time()

    def _begin(self, trial: dict[str, Any], state: bytes) -> None:
        """Take up another trial, from ``state`` as it was saved at step ``at`` or from its start,
        and train it again up to ``step``.

        A clone's state belongs to another configuration, ``under``, and is trained with that one
        up to ``step``.
        """
        self._start(trial["under"], trial["seed"], state)
        assert self._training is not None
        for _ in range(trial["step"] - trial["at"]):
            self._training.step()
        if trial["under"] != trial["config"]:
            self._start(trial["config"], trial["seed"], self._save())
        self._step, self._unsaved_s = trial["step"], 0.0

    def _start(self, config: Config, seed: int, state: bytes) -> None:
        self._close()
        # Code that draws from the global generators then draws the same for the same trial.
        import numpy.random as legacy

        root = derive_seed("globals", json.dumps(config, sort_keys=True), seed)
        random.seed(root)
        legacy.seed(root)  # noqa: NPY002
        self._training = begin_training(self._problem, config, seed, self._pace)
        if state:
            self._training.load(state)

    def _close(self) -> None:
        self._close_training()
        self._training = None

    def _close_training(self) -> None:
        if self._training is not None:
            with contextlib.suppress(BaseException):
                self._training.close()


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the training called exit({error.code!r:.200})"
    return describe(error).removeprefix("TrialError: ")


def _losses(metrics: Mapping[str, float], step: int) -> tuple[float, float | None]:
    """Loss and held-out loss in ``metrics``. Raises :class:`TrialError` if there is no loss."""
    if not isinstance(metrics, Mapping) or "loss" not in metrics:
        raise TrialError(f"step {step} returned {metrics!r:.80}, without a loss")
    loss = as_number(metrics["loss"], f"loss at step {step}")
    if not math.isfinite(loss):
        raise TrialError(f"loss is {loss} at step {step}")
    heldout = metrics.get("heldout")
    if heldout is None:
        return loss, None
    return loss, as_number(heldout, f"held-out loss at step {step}")
