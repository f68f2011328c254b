"""A conversation in JSON lines with a program, over its standard input and output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import IO, Any

from hpobench.contract.errors import CellError

_LONGEST = 1 << 24
"""The largest number of bytes in an answer."""
_TAIL = 4_000
"""The number of characters at the end of the program's output that an error repeats."""
_PIECE = 1 << 16
"""The number of bytes that are read at a time."""


class Conversation:
    """A program that answers every line with a line; it is started when it is first spoken to.

    The program leads a process group of its own. The end of what it prints to standard error is
    kept for :meth:`tail`. ``folder`` is its working folder.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self._command, self._environment, self._folder = command, environment, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._in = self._out = self._err = -1
        self._printed = self._received = b""
        self.sound = True
        """Whether every message so far was answered. If not, the program is of no further use."""

    def _start(self) -> None:
        """Start the program; raises :class:`CellError` if that fails."""
        try:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            reason = f"{self._command[0]} cannot be started: {error.strerror}"
            raise CellError(reason) from error
        self._in, self._out, self._err = (stream.fileno() for stream in self._streams())
        for stream in (self._in, self._out, self._err):
            os.set_blocking(stream, False)

    @property
    def alive(self) -> bool:
        """Whether the program is running."""
        return self._process is not None and self._process.poll() is None

    def call(self, message: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """The answer to ``message``.

        Raises :class:`CellError` if the program cannot be started, and if its answer does not come
        within ``timeout`` seconds, is no JSON object, or came before the message.
        """
        deadline = monotonic() + timeout
        self.sound = False
        if self._process is None:
            self._start()
        self._receive()
        line = self._exchange(f"{json.dumps(message)}\n".encode(), deadline, timeout)
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise CellError(f"answered {line[:200].decode(errors='replace')!r}, no JSON object")
        self.sound = True
        return answer

    def _exchange(self, data: bytes, deadline: float, timeout: float) -> bytes:
        poll = select.poll()
        poll.register(self._in, select.POLLOUT)
        poll.register(self._out, select.POLLIN)
        poll.register(self._err, select.POLLIN)
        while data or b"\n" not in self._received:
            if self._received and data:
                early = self._received[:200].decode(errors="replace")
                raise CellError(f"answered {early!r} before it was spoken to; one line for each")
            ready = poll.poll(max(0.0, deadline - monotonic()) * 1000)
            if not ready:
                raise CellError(f"did not answer within {timeout:g} s")
            for stream, _ in ready:
                if stream == self._out:
                    self._receive()
                    continue
                if stream == self._err:
                    more = self._overhear()
                else:
                    try:
                        data = data[os.write(self._in, data) :]
                    except BrokenPipeError:
                        data = b""  # the end of the program's output will show why
                    more = bool(data)
                if not more:
                    poll.unregister(stream)
        self._overhear()  # what the program printed before its answer has arrived by now
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            if not (piece := os.read(self._out, _PIECE)):
                assert self._process is not None
                try:
                    code = self._process.wait(5)
                except subprocess.TimeoutExpired:
                    raise CellError("closed its output") from None
                raise CellError(f"its process ended: {ending(code)}")
            self._received += piece
        if len(self._received) > _LONGEST:
            raise CellError(f"answered {_LONGEST:,} bytes without an end of line")

    def _overhear(self) -> bool:
        """Read what the pipe holds of the printed text; return whether more may come."""
        try:
            piece = os.read(self._err, _PIECE)
        except BlockingIOError:
            return True
        self._printed = (self._printed + piece)[-4 * _TAIL :]
        return bool(piece)

    def tail(self) -> str:
        """The end of what the program printed before its last answer, or before it ended."""
        return self._printed.decode(errors="replace")[-_TAIL:].strip()

    def forget_tail(self) -> None:
        """Drop what the program has printed so far."""
        if self._process is not None:
            self._overhear()
        self._printed = b""

    def close(self) -> None:
        """Kill the program and all its children; a second call does nothing."""
        streams = self._streams()
        if self._process is None or streams[0].closed:
            return
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._overhear()
        for stream in streams:
            stream.close()
        self.sound = False

    def _streams(self) -> list[IO[bytes]]:
        process = self._process
        streams = () if process is None else (process.stdin, process.stdout, process.stderr)
        return [stream for stream in streams if stream]


def ending(code: int) -> str:
    """A description of how a process with the return code ``code`` ended."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"
