"""A worker: a long-lived process that trains trials of one cell after another.

It holds at most one trial in memory. A cell talks to it over a connection of its own. Whatever
ends that connection (the cell is over, its time is up, its process died) also ends the step that
is in training.
"""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError, describe
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.signals import noticed_signals
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.building import build_problem
from hpobench.running.stages.live.trainer import Disconnected, Trainer
from hpobench.running.stages.live.wire import LONGEST_OUTPUT, call, hang_up, receive, send

_GRACE_S = 1.0
"""How long a step may go on after the cell has disconnected. Then the trial is closed, and if that
does not end the step either, the process ends itself and Ray starts it again. The step is never
interrupted: an exception inside an import or a lock could break the process for other trials."""


class Worker:
    """The class of the Ray actors of the pool."""

    def serve(
        self, problem: Any, address: tuple[str, int], key: bytes, number: int, pace: float
    ) -> None:
        """Train for the cell that listens at ``address`` until it disconnects. ``problem``: what
        :meth:`problem` knows it by. ``pace``: wall seconds per second of a tabulated problem's
        cost."""
        with noticed_signals() as arrived:
            try:
                ready = self.problem(problem)
            except BaseException as error:
                if arrived() and not isinstance(error, Exception):
                    raise
                # Ray would take SystemExit and its own errors for its own.
                raise CellError(describe(error)) from error
            try:
                connection = call(address, key, number)
            except OSError:
                return  # the cell is gone
            CellService(connection, ready, pace, arrived).run()

    def problem(self, given: Any) -> TabulatedProblem | TrainedProblem:
        """The prepared problem of ``given``, the text of its ``PluginRef``."""
        return _problem(given)


@functools.lru_cache(maxsize=16)  # kept from cell to cell because its data may be large
def _problem(text: str) -> TabulatedProblem | TrainedProblem:
    problem = build_problem(PluginRef.from_text(text))
    assert isinstance(problem, TabulatedProblem | TrainedProblem)
    if isinstance(problem, TrainedProblem):
        problem.prepare()
    return problem


class CaughtOutput:
    """Catches standard output and error of this process at the level of file descriptors, and so
    those of C libraries and child processes too."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        _flush()
        before = os.dup(1), os.dup(2)
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            for number, original in zip((1, 2), before, strict=True):
                os.dup2(original, number)
                os.close(original)

    def take(self) -> str:
        """What was caught since the last call, at most the last :data:`LONGEST_OUTPUT` bytes."""
        size = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
        if not size:
            return ""
        start = max(size - LONGEST_OUTPUT, 0)
        data = os.pread(self._file.fileno(), size - start, start)
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        os.ftruncate(self._file.fileno(), 0)
        return data.decode("utf-8", "replace")

    def close(self) -> None:
        self._file.close()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


class CellService(Trainer):
    """The service for one cell, over ``connection``."""

    streams = True

    def __init__(
        self,
        connection: Connection,
        problem: TabulatedProblem | TrainedProblem,
        pace: float,
        ending: Callable[[], bool],
    ) -> None:
        super().__init__(problem, pace, ending)
        self._connection = connection
        self._orders: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._output = CaughtOutput()
        self._gone = False
        self._idle = threading.Event()
        self._idle.set()

    def run(self) -> None:
        """Execute the cell's orders until it disconnects."""
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        try:
            while (order := self._orders.get()) is not None:
                with self._output.caught(), self._running_problem():
                    header, state = self.execute(*order)
                header["output"] = self._output.take()
                send(self._connection, header, state)
        except (OSError, Disconnected):
            pass  # the cell is gone
        finally:
            self.close()
            self._output.close()
            hang_up(self._connection)
            self._connection.close()
            thread.join()

    def check_connected(self) -> None:
        if self._gone:
            raise Disconnected

    def send_ahead(self, answer: dict[str, Any], state: bytes) -> None:
        try:
            send(self._connection, answer, state)
        except OSError:
            raise Disconnected from None

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._orders.put(receive(self._connection))
        self._gone = True
        self._orders.put(None)
        if self._idle.wait(_GRACE_S):
            return
        # The step may be waiting for something that close() ends, such as a program.
        threading.Thread(target=self.close_training, daemon=True).start()
        if not self._idle.wait(_GRACE_S):
            os._exit(1)

    @contextlib.contextmanager
    def _running_problem(self) -> Iterator[None]:
        """Let :meth:`_listen` end the process if the block goes on after the cell has left."""
        self._idle.clear()
        try:
            self.check_connected()
            yield
        finally:
            self._idle.set()
