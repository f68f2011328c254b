"""One trial as a process that prints JSON lines; :class:`Command` has the protocol."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import IO, Any

from hpobench.api import Training
from hpobench.errors import TrialError

GRACE_S = 2.0
"""For a program to end after SIGTERM, or after it closed its output."""
MAX_LINE = 16 << 20
"""Bytes of one line of output."""
_MAX_PIECE = 1000
_TAIL = 10
"""Lines of standard error that an error shows."""


class ProcessTraining(Training):
    """The process starts with the first step. It may run ahead of what is read from it until
    the pipe is full, and then waits. Should this process be killed, so that nobody closes the
    trial, the pipe breaks, and the program ends at its next line."""

    def __init__(
        self, argv: list[str], folder: Path, task: Mapping[str, Any], *, heldout: bool
    ) -> None:
        self._argv, self._folder, self._task = argv, folder, dict(task)
        self._keys = ("loss", "heldout") if heldout else ("loss",)
        self._step = 0
        self._state: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: deque[str] = deque(maxlen=_TAIL)

    def step(self) -> Mapping[str, float]:
        process = self._process or self._start()
        report = self._next_report(process)
        losses = {key: _number(report, key) for key in self._keys}
        self._step += 1
        self._state = report.get("state")
        return losses

    def save(self) -> bytes | None:
        if self._state is None:
            return None
        return json.dumps({"step": self._step, "state": self._state}).encode()

    def load(self, state: bytes) -> None:
        self.close()
        loaded = json.loads(state)
        self._step, self._state = loaded["step"], loaded["state"]

    def close(self) -> None:
        """End the whole process group, and whatever of it outlives the program."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, None)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        _output(process).close()
        self._pump.join(GRACE_S)  # for ever, if a process that left the group holds the pipe

    def _start(self) -> subprocess.Popen[bytes]:
        task = self._task
        if self._state is not None:
            task = task | {"step": self._step, "state": self._state}
        # A file, not a pipe: a program that does not read its input must not block us.
        with tempfile.TemporaryFile() as stdin:
            stdin.write(json.dumps(task).encode() + b"\n")
            stdin.seek(0)
            try:
                process = subprocess.Popen(
                    self._argv,
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=self._folder,
                    start_new_session=True,
                )
            except OSError as error:
                raise TrialError(
                    f"{self._argv[0]} cannot be started: {error.strerror}; a script needs a first "
                    "line like #!/bin/sh"
                ) from error
        self._process = process
        self._stderr.clear()
        self._pump = Thread(target=_pass_on, args=(process.stderr, self._stderr), daemon=True)
        self._pump.start()
        return process

    def _next_report(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        output = _output(process)
        while line := output.readline(MAX_LINE):
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                raise TrialError(
                    f"a line of output is longer than {MAX_LINE >> 20} MiB; keep a large state in "
                    "a file, and print its path"
                )
            text = line.decode("utf-8", "replace")
            if (report := _report(text)) is not None:
                return report
            print(text, end="", flush=True)
        raise self._ended(process)

    def _ended(self, process: subprocess.Popen[bytes]) -> TrialError:
        """The error of a program that prints no more although steps are left."""
        how = "closed its output"
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(GRACE_S)
            how = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
        self.close()
        steps = f"after {self._step} of {self._task['steps']} steps"
        told = "".join(f"\n  {line}" for line in self._stderr)
        last = f"; its last words on standard error:{told}" if told else "; standard error is empty"
        return TrialError(f"{self._argv[0]} {how} {steps}{last}")


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # a pipe was asked for
    return process.stdout


def _report(text: str) -> dict[str, Any] | None:
    """The report in a line of output; ``None`` if it is something else."""
    if '"loss"' not in text or not text.lstrip().startswith("{"):
        return None
    try:
        report: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise TrialError(f"a line of output is not JSON: {text.strip()!r:.200}: {error}") from None
    return report if "loss" in report else None


def _number(report: Mapping[str, Any], key: str) -> float:
    value = report.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = json.dumps({k: v for k, v in report.items() if k != "state"})
        raise TrialError(f"a line of output has no number as {key!r}: {shown:.200}")
    return float(value)


def _pass_on(stream: IO[bytes], tail: deque[str]) -> None:
    """Copy ``stream`` to our standard error; the last lines stay in ``tail``."""
    with stream:
        while piece := stream.readline(_MAX_PIECE):
            text = piece.decode("utf-8", "replace")
            tail.append(text.rstrip("\n"))
            print(text, end="", file=sys.stderr, flush=True)
