"""The run's side of its worker processes on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from hpobench.contract.cell import Cell
from hpobench.contract.errors import WorkersError
from hpobench.running.cells.containment import process_environment
from hpobench.running.local.channel import PID, ChannelClosedError, SocketChannel

if TYPE_CHECKING:
    from hpobench.running.local.fork_server import Work

_START_S = 120.0
_TOLD = 4000
"""Characters of what a process wrote to standard error before it died."""
_MAIN = "import sys; sys.path[:] = {path!r}; from {module} import main; main({control})"


class ForkServer:
    """The process that workers are forked from. It starts at once and may not be ready yet."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` is added to this process's."""
        self._orders, theirs = socket.socketpair()
        self._orders.settimeout(_START_S)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the process
        program = _MAIN.format(
            path=sys.path, module="hpobench.running.local.fork_server", control=theirs.fileno()
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env={**os.environ, **environment},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a terminal's signals are not for it
            )
        self._ready = False

    def fork(self, work: Work) -> LocalWorker:
        """A new worker; raises :class:`WorkersError` if there can be none."""
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the worker
        with theirs:
            try:
                if not self._ready:
                    self._answer()
                    self._ready = True
                message = json.dumps(vars(work)).encode()
                files = [theirs.fileno(), errors.fileno()]
                socket.send_fds(self._orders, [message], files)
                process = self._answer()
            except OSError as error:
                ours.close()
                errors.close()
                said = _end_of(self._errors) or str(error)
                raise WorkersError(
                    f"worker processes do not start on this machine: {said}"
                ) from error
        return LocalWorker(SocketChannel(ours), process, errors)

    def _answer(self) -> int:
        data = self._orders.recv(PID.size, socket.MSG_WAITALL)
        if len(data) < PID.size:
            raise ConnectionError("the process that they are forked from has ended")
        number: int = PID.unpack(data)[0]
        return number

    def close(self) -> None:
        """End the process, with which all workers end."""
        self._process.kill()
        self._process.wait()
        self._orders.close()
        self._errors.close()


class ForkServers:
    """The processes that workers are forked from; a context manager.

    ``soon``: start one now, because its imports take longer than reading a suite and planning it.
    """

    def __init__(self, *, soon: bool) -> None:
        self._early = [ForkServer(process_environment())] if soon else []

    def start(self) -> ForkServer:
        """A process for the caller to close: the one that was started early, or else a new one."""
        return self._early.pop() if self._early else ForkServer(process_environment())

    def discard(self) -> None:
        """End the process that was started early, if nobody has it."""
        while self._early:
            self._early.pop().close()

    def __enter__(self) -> ForkServers:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()


class LocalWorker:
    """A worker process. ``cells`` are those that it runs now, since ``begun`` (monotonic)."""

    def __init__(self, channel: SocketChannel, process: int, errors: IO[bytes]) -> None:
        self.channel, self._process, self._errors = channel, process, errors
        self.cells: Sequence[Cell] = ()
        self.begun = 0.0

    def run(self, cells: Sequence[Cell]) -> None:
        """Let it run ``cells``; one that is dead shows when it is asked for the result."""
        self.cells, self.begun = cells, time.monotonic()
        with contextlib.suppress(ChannelClosedError):
            self.channel.send(cells)

    def fileno(self) -> int:
        return self.channel.fileno()

    def answer(self) -> Any:
        """What came of the cells, or ``None`` if it is not there yet; raises
        :class:`ChannelClosedError` if the process is dead."""
        if (found := self.channel.poll()) is not None:
            self.cells = ()
        return found

    def end(self) -> str:
        """End the process and all that its plugins started; returns what it said last."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process, signal.SIGKILL)
        self.channel.close()
        said = _end_of(self._errors)
        self._errors.close()
        return said


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TOLD))
    return file.read().decode("utf-8", "replace").strip()
