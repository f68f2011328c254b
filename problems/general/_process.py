"""A trial as a process that prints lines of JSON; :class:`Command` describes the protocol."""

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
from hpobench.kit import TrialError

GRACE_S = 2.0
"""The seconds that a program has to end after SIGTERM, or after it closed its output."""
MAX_LINE = 16 << 20
"""The largest number of bytes in a line of output."""
_MAX_PIECE = 1000
"""The largest number of bytes of a line of standard error that are kept in one piece."""
_KEPT = 100
"""The largest number of lines of standard error that are passed on after a step. If there are more,
the last ones are passed on."""
_TAIL = 10
"""The number of lines of standard error that an error message shows."""


class ProcessTraining(Training):
    """A training that runs as another process, which starts with the first step.

    The program may run ahead of the steps that are read from it until the pipe is full, and then
    waits. If this process is killed and cannot close the trial, the pipe breaks, and the program
    ends when it prints its next line.
    """

    def __init__(
        self, argv: list[str], folder: Path, task: Mapping[str, Any], *, heldout: bool
    ) -> None:
        self._argv, self._folder, self._task = argv, folder, dict(task)
        self._keys = ("loss", "heldout") if heldout else ("loss",)
        self._step = 0
        self._state: Any = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: deque[str] = deque(maxlen=_KEPT)
        self._tail: deque[str] = deque(maxlen=_TAIL)

    def step(self) -> Mapping[str, float]:
        process = self._process or self._start()
        try:
            report = self._next_report(process)
        finally:
            self._pass_on()
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
        """End the program and its whole process group, including members that outlive it."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
            _output(process).close()
            # The wait is limited, because a process that left the group may keep the pipe open.
            self._reader.join(GRACE_S)
            self._pass_on()

    def _start(self) -> subprocess.Popen[bytes]:
        task = self._task
        if self._state is not None:
            task = task | {"step": self._step, "state": self._state}
        # The input is a file, because writing to a pipe would block if the program does not read.
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
        self._tail.clear()
        self._reader = Thread(target=_read, args=(process.stderr, self._stderr), daemon=True)
        self._reader.start()
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
        """The error for a program that prints no more lines although steps are left."""
        how = "closed its output"
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(GRACE_S)
            how = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
        self.close()
        steps = f"after {self._step} of {self._task['steps']} steps"
        told = "".join(f"\n  {line}" for line in self._tail)
        last = f"; its last words on standard error:{told}" if told else "; standard error is empty"
        return TrialError(f"{self._argv[0]} {how} {steps}{last}")

    def _pass_on(self) -> None:
        """Copy the program's standard error to this process's standard error.

        This happens at the end of a step and not at once, because only during a step does the
        output of this process count as the trial's.
        """
        for _ in range(len(self._stderr)):
            text = self._stderr.popleft()
            self._tail.append(text.rstrip("\n"))
            print(text, end="", file=sys.stderr, flush=True)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # Popen was called with stdout=PIPE
    return process.stdout


def _report(text: str) -> dict[str, Any] | None:
    """The report in a line of output; ``None`` if the line is not a report."""
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


def _read(stream: IO[bytes], lines: deque[str]) -> None:
    with stream:
        while piece := stream.readline(_MAX_PIECE):
            lines.append(piece.decode("utf-8", "replace"))
