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
from hpobench.kit import TrialError

GRACE_S = 2.0
"""For a program to end after SIGTERM, or after it closed its output."""
MAX_LINE = 16 << 20
"""Bytes of one line of output."""
_MAX_PIECE = 1000
"""Bytes of a line of standard error that are kept in one piece."""
_KEPT = 100
"""Lines of standard error that pass through after a step; of more than that the last ones."""
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
        """End the whole process group, and whatever of it outlives the program."""
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
            self._reader.join(GRACE_S)  # not for ever: who left the group may hold the pipe
            self._pass_on()

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
        """The error of a program that prints no more although steps are left."""
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
        """Copy what has come to our standard error: here and not as it comes, for only while it
        is in a step does the output of this process count as the trial's."""
        for _ in range(len(self._stderr)):
            text = self._stderr.popleft()
            self._tail.append(text.rstrip("\n"))
            print(text, end="", file=sys.stderr, flush=True)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


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


def _read(stream: IO[bytes], lines: deque[str]) -> None:
    with stream:
        while piece := stream.readline(_MAX_PIECE):
            lines.append(piece.decode("utf-8", "replace"))
