"""A worker: a long-lived process that trains trials of one cell after the other.

It holds at most one trial in memory. A cell talks to it over a connection of its own, and
whatever ends that connection (the cell is over, its time is up, its process died) also cuts off
the step that is being trained.
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
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Client, Connection
from time import perf_counter, process_time
from typing import Any, TypeAlias

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import TrialError
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem, Training
from hpobench.plugins.build import build_problem
from hpobench.running.stages.live.output import Output
from hpobench.running.stages.live.paced import begin_training
from hpobench.running.stages.live.wire import receive, send, undelayed

STREAM_S = 0.005
"""Steps that are cheaper are sent several at a time."""
SAVE_SHARE = 0.01
"""The share of its time that a trial may spend on saving. What is trained between two saves is
trained over again, unseen, when the worker dies; where saving is cheap that is nothing."""
_GRACE_S = 1.0
"""How long a step may go on once the cell has hung up; then the trial is closed, and if that does
not end it the process ends itself, to be started anew by Ray. The step is never interrupted: an
exception in the middle of anything (an import, a lock) would spoil the process for other trials."""


Result: TypeAlias = tuple[float, float | None, float, float]
"""Loss, held-out loss, wall and CPU seconds of one step."""


class _Cut(BaseException):
    """The cell hung up: whatever is trained on is in vain."""


class Worker:
    """The class of the Ray actors of the pool."""

    def serve(
        self, problem: str, address: tuple[str, int], key: bytes, number: int, pace: float
    ) -> None:
        """Train for the cell that listens at ``address`` until it hangs up.

        ``problem``: the text of the problem's :class:`hpobench.contract.cell.PluginRef`. ``pace``: wall seconds
        per second of a tabulated problem's cost.
        """
        ready = _problem(problem)
        try:
            connection = undelayed(Client(address, authkey=key))
        except (OSError, EOFError):
            return  # the cell is gone
        with connection:
            send(connection, {"worker": number})
            Session(connection, ready, pace).run()


@functools.lru_cache(maxsize=16)
def _problem(text: str) -> TabulatedProblem | TrainedProblem:
    """The problem, prepared, and kept from cell to cell: its data may be large."""
    problem = build_problem(PluginRef.from_text(text))
    assert isinstance(problem, TabulatedProblem | TrainedProblem)
    if isinstance(problem, TrainedProblem):
        problem.prepare()
    return problem


class Session:
    """The service for one cell."""

    def __init__(
        self, connection: Connection, problem: TabulatedProblem | TrainedProblem, pace: float
    ) -> None:
        self._connection, self._problem, self._pace = connection, problem, pace
        self._orders: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._output = Output()
        self._training: Training | None = None
        self._step = 0
        self._unsaved_s = 0.0
        self._saving_s = 0.0
        self._gone = False
        self._at_rest = threading.Event()
        self._at_rest.set()

    def run(self) -> None:
        """Do what the cell orders until it hangs up."""
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        try:
            while (order := self._orders.get()) is not None:
                header, state = self._obey(*order)
                send(self._connection, header, state)
        except (OSError, _Cut):
            pass  # the cell is gone
        finally:
            self._close()
            self._output.close()
            self._connection.close()
            thread.join()

    # -- hanging up ------------------------------------------------------------------------

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._orders.put(receive(self._connection))
        self._gone = True
        self._orders.put(None)
        if self._at_rest.wait(_GRACE_S):
            return
        # It may be waiting for what close() ends, a program for instance.
        threading.Thread(target=self._close_training, daemon=True).start()
        if not self._at_rest.wait(_GRACE_S):
            os._exit(1)

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Foreign code runs inside the block; if the cell hangs up, not for long."""
        self._at_rest.clear()
        try:
            if self._gone:
                raise _Cut
            yield
        finally:
            self._at_rest.set()

    # -- orders ----------------------------------------------------------------------------

    def _obey(self, order: dict[str, Any], state: bytes) -> tuple[dict[str, Any], bytes]:
        """Train or save on ``order``; the answer has the results, the error that ended them, and
        maybe the state after them."""
        results: list[Result] = []
        answer: dict[str, Any] = {"results": results}
        saved = b""
        with self._output.caught(), self._at_work():
            try:
                if "until" in order:
                    self._train(order, state, results)
                if "save" in order or self._save_is_due(results):
                    saved = self._save()
            except _Cut:
                raise
            except TrialError as error:
                answer["error"] = str(error)
            except SystemExit as error:
                answer["error"] = f"the training called exit({error.code!r})"
            except BaseException as error:  # some libraries unwind with what is no Exception
                answer["error"] = _told(error)
        answer["step"] = self._step - len(results) + 1
        answer["output"] = self._output.take()
        return answer, saved

    def _stream(self, results: list[Result]) -> None:
        """Send ``results`` on their way, and empty the list; there is more to come."""
        saved = self._save() if self._save_is_due(results) else b""
        first = self._step - len(results) + 1
        answer = {"results": results, "step": first, "output": "", "more": True}
        try:
            send(self._connection, answer, saved)
        except OSError:
            raise _Cut from None
        results.clear()

    def _save_is_due(self, results: list[Result]) -> bool:
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
        results: list[Result],
    ) -> None:
        begin = wall = perf_counter()
        cpu = process_time()
        if "begin" in order:
            self._begin(order["begin"], state)
            if self._step:  # getting back to where the trial stood is not the next step's cost
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
                raise _Cut
            if sum(cost for _, _, cost, _ in results) >= STREAM_S:
                self._stream(results)
                wall, cpu = perf_counter(), process_time()

    def _begin(self, trial: dict[str, Any], state: bytes) -> None:
        """Hold another trial: as it was when ``state`` was saved at step ``at``, or from its
        start, and from there trained over again up to ``step``.

        A clone's state is another configuration's, ``under`` which it is brought to ``step``.
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
        # Code that draws from the global generators is at least the same for the same trial.
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
            with contextlib.suppress(Exception, SystemExit):
                self._training.close()


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # it cannot say what it is
        return type(error).__name__


def _losses(metrics: Mapping[str, float], step: int) -> tuple[float, float | None]:
    """Loss and held-out loss among ``metrics``; raises :class:`TrialError` if there is no loss."""
    if not isinstance(metrics, Mapping) or "loss" not in metrics:
        raise TrialError(f"step {step} returned {metrics!r:.80}, without a loss")
    loss = float(metrics["loss"])
    if not math.isfinite(loss):
        raise TrialError(f"loss is {loss} at step {step}")
    heldout = metrics.get("heldout")
    return loss, None if heldout is None else float(heldout)
