"""Talking JSON lines with a program over its standard input and output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import IO, Any

from hpobench.errors import CellError

_LONGEST = 1 << 24
"""Bytes of an answer."""
_TAIL = 4_000
"""Characters of what the program printed that an error repeats, from the end."""


class Conversation:
    """A program that answers every line with a line.

    It leads a process group of its own, and whatever it prints to its standard error is kept, the
    end of it, for :meth:`tail`. ``folder`` is its working folder. Raises :class:`CellError` if
    the program cannot be started.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise CellError(f"{command[0]} cannot be started: {error.strerror}") from error
        self._in, self._out, printed = (stream.fileno() for stream in self._streams())
        os.set_blocking(self._in, False)
        self._printed: deque[bytes] = deque(maxlen=64)
        self._reader = threading.Thread(target=_drain, args=(printed, self._printed), daemon=True)
        self._reader.start()
        self._received = b""
        self.sound = True
        """Whether every message so far was answered; one that was not leaves it useless."""

    def call(self, message: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """The answer to ``message``; raises :class:`CellError` if there is none within
        ``timeout`` seconds, or none that is a JSON object."""
        deadline = monotonic() + timeout
        self.sound = False
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
        while b"\n" not in self._received:
            ready = poll.poll(max(0.0, deadline - monotonic()) * 1000)
            if not ready:
                raise CellError(f"did not answer within {timeout:g} s")
            for stream, _ in ready:
                if stream == self._out:
                    self._receive()
                    continue
                with contextlib.suppress(BrokenPipeError):  # the end of its output says so too
                    data = data[os.write(self._in, data) :]
                    if data:
                        continue
                poll.unregister(self._in)
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _receive(self) -> None:
        piece = os.read(self._out, 1 << 16)
        if not piece:
            raise CellError(self._last_words())
        self._received += piece
        if len(self._received) > _LONGEST:
            raise CellError(f"answered {_LONGEST:,} bytes without an end of line")

    def _last_words(self) -> str:
        try:
            return f"its process ended: {ending(self._process.wait(5))}"
        except subprocess.TimeoutExpired:
            return "closed its output"

    def tail(self) -> str:
        """The end of what the program printed."""
        if self._process.poll() is not None:
            self._reader.join(1)
        return b"".join(self._printed).decode(errors="replace")[-_TAIL:].strip()

    def forget_tail(self) -> None:
        self._printed.clear()

    def close(self) -> None:
        """End the program and all its children, however it stands."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(1)
        for stream in self._streams():
            stream.close()
        self.sound = False

    def _streams(self) -> list[IO[bytes]]:
        process = self._process
        return [stream for stream in (process.stdin, process.stdout, process.stderr) if stream]


def ending(code: int) -> str:
    """How a process with the return code ``code`` ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def _drain(stream: int, printed: deque[bytes]) -> None:
    with contextlib.suppress(OSError):
        while piece := os.read(stream, 4096):
            printed.append(piece)
