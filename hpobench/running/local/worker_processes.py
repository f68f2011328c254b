"""The run's side of its worker processes on this machine, and the messages between both sides."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from hpobench.contract.cell import Cell
from hpobench.contract.errors import WorkersError
from hpobench.running.cells.containment import process_environment

PID = struct.Struct("!i")
"""The number of a process."""
_MARK = b"hpobench"
_DIGEST_BYTES = 16
_HEAD = struct.Struct(f"!{len(_MARK)}sQ{_DIGEST_BYTES}s")
_LONGEST = 2**32
"""Bytes of a message: one that says that it has more is none."""
_CHUNK = 2**18
_SEND_S = 30.0
"""A worker that takes no message for so long is stopped or dead."""
_START_S = 120.0
_TOLD = 4000
"""Characters of what a process wrote to standard error before it died."""
_SPOILT = (
    "its process was ended: code of the cell wrote to file descriptors that are not its own, one "
    "of them the channel to the run"
)
_MAIN = "import sys; sys.path[:] = {path!r}; from {module} import main; main({control})"


@dataclass(frozen=True)
class Work:
    """What all cells of a worker have in common."""

    commit: str | None
    """That of the checkout."""
    timeout: float
    """The wall seconds that a cell may take."""
    folder: str
    """The results folder, in which the worker writes the rows of events and trials itself."""
    kind: str = ""
    """The kind of process, as :func:`hpobench.running.cells.containment.cell_key` names it."""


class ChannelClosedError(ConnectionError):
    """The other end is gone, or takes no messages."""


class SpoiltChannelError(ChannelClosedError):
    """What arrived is no message: code of a cell wrote to descriptors that are not its own."""


class SocketChannel:
    """One end of a socket pair that carries pickled messages between processes of one run. Code of
    a cell may write to the descriptor, so that a message begins with a mark, its length and a
    digest, and is unpickled only if all of these are right."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()

    def fileno(self) -> int:
        return self._end.fileno()

    def send(self, message: Any) -> None:
        """Raises :class:`ChannelClosedError` if nobody takes the message."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        head = _HEAD.pack(_MARK, len(data), _digest(data))
        self._end.settimeout(_SEND_S)
        try:
            self._end.sendall(head + data)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self) -> Any:
        """The next message, however long it takes to come; raises :class:`ChannelClosedError`."""
        self._end.settimeout(None)
        return self._next()

    def poll(self) -> Any:
        """A message that has arrived whole, or ``None``; raises :class:`ChannelClosedError`. It
        never waits, because the other process may be stopped in the middle of a message."""
        self._end.settimeout(0)
        try:
            return self._next()
        except BlockingIOError:
            return None

    def _next(self) -> Any:
        begin, received = _HEAD.size, self._received
        while True:
            if len(received) >= begin:
                mark, length, digest = _HEAD.unpack_from(received)
                if mark != _MARK or length > _LONGEST:
                    raise SpoiltChannelError(_SPOILT)
                if len(received) >= (end := begin + length):
                    message = bytes(memoryview(received)[begin:end])
                    del received[:end]
                    if _digest(message) != digest:
                        raise SpoiltChannelError(_SPOILT)
                    return pickle.loads(message)  # noqa: S301 - our own
            try:
                data = self._end.recv(_CHUNK)
            except BlockingIOError:
                raise
            except OSError as error:
                raise ChannelClosedError(str(error)) from error
            if not data:
                raise ChannelClosedError("the other process has ended")
            received += data

    def close(self) -> None:
        self._end.close()


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()


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
        return LocalWorker(ours, process, errors)

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


class ForkServers(contextlib.AbstractContextManager["ForkServers"]):
    """The processes that workers are forked from. ``soon``: start one now, because its imports take
    longer than reading a suite and planning it."""

    def __init__(self, *, soon: bool) -> None:
        self._early = [ForkServer(process_environment())] if soon else []

    def start(self) -> ForkServer:
        """A process for the caller to close: the one that was started early, or else a new one."""
        return self._early.pop() if self._early else ForkServer(process_environment())

    def discard(self) -> None:
        """End the process that was started early, if nobody has it."""
        while self._early:
            self._early.pop().close()

    def __exit__(self, *_: object) -> None:
        self.discard()


class LocalWorker(SocketChannel):
    """A worker process. ``cells`` are those that it runs now, since ``begun`` (monotonic)."""

    def __init__(self, end: socket.socket, process: int, errors: IO[bytes]) -> None:
        super().__init__(end)
        self._process, self._errors = process, errors
        self.cells: Sequence[Cell] = ()
        self.begun = 0.0

    def run(self, cells: Sequence[Cell]) -> None:
        """Let it run ``cells``; one that is dead shows when it is asked for the result."""
        self.cells, self.begun = cells, time.monotonic()
        with contextlib.suppress(ChannelClosedError):
            self.send(cells)

    def answer(self) -> Any:
        """What came of the cells, or ``None`` if it is not there yet; raises
        :class:`ChannelClosedError` if the process is dead."""
        if (found := self.poll()) is not None:
            self.cells = ()
        return found

    def end(self) -> str:
        """End the process and all that its plugins started; returns what it said last."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process, signal.SIGKILL)
        self.close()
        said = _end_of(self._errors)
        self._errors.close()
        return said


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TOLD))
    return file.read().decode("utf-8", "replace").strip()
