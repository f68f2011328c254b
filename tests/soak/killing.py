"""A run that is started, killed and started again until it has finished."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.ray.faults.commands import kill, start
from tests.soak.victims import DRIVER, TOLD, Driver, Strike

STUCK_S = 300.0
"""Seconds after which a run without progress counts as hanging."""
_START_S = 2.0


@dataclass
class Tally:
    """What was killed, and what went wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cells: int = 0

    def __str__(self) -> str:
        each = ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))
        faults = "".join(f"\n  fault: {fault}" for fault in self.faults)
        total = self.kills.total()
        return f"{total} kills ({each}) in {self.seconds:.0f} s; {len(self.faults)} faults{faults}"


class Killing:
    """Runs ``command`` under ``victims``.

    ``progress``: a number that grows while the run gets on, for instance bytes written.
    """

    def __init__(
        self,
        command: Sequence[object],
        victims: Mapping[str, Strike],
        progress: Callable[[], float],
        log: Path,
        rng: random.Random,
        tally: Tally,
    ) -> None:
        self._command, self._victims, self._progress = command, victims, progress
        self._log, self._rng, self._tally = log, rng, tally
        self._last = "nothing"
        self._allowed = {0}
        self._told: list[str] = []

    def finish(self, kills: int, deadline: float) -> bool:
        """Run until finished, with at most ``kills`` kills, none after ``deadline``.

        Returns whether the run finished. Faults go into the tally.
        """
        process = self._start()
        while not self._tally.faults:
            if self._wait(process) and kills > 0 and time.monotonic() < deadline:
                kills -= self._strike(process)
            if process.poll() is not None:
                if self._ended(process):
                    return True
                process = self._start()
        kill(process, everything=True)
        return False

    def _start(self) -> Driver:
        self._allowed, self._told = {0}, []
        process = start(*self._command)
        # Python itself answers a signal as it starts with a traceback. Besides, workers of a killed
        # driver may make a little progress yet.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_START_S)
        return process

    def _wait(self, process: Driver) -> bool:
        """Until there is progress; false if the process has ended instead."""
        before, begin = self._progress(), time.monotonic()
        while process.poll() is None:
            if self._progress() > before:
                time.sleep(self._rng.uniform(0, 0.4))
                return True
            if time.monotonic() - begin > STUCK_S:
                self._tally.faults.append(f"no progress in {STUCK_S:g} s after {self._last}")
                return False
            time.sleep(0.02)
        return False

    def _strike(self, process: Driver) -> int:
        name = self._rng.choice(sorted(self._victims))
        if not self._victims[name](process, self._log, self._rng):
            return 0
        self._last = name
        self._tally.kills[name] += 1
        if told := next((TOLD[known] for known in TOLD if name.startswith(known)), None):
            self._allowed |= {1}
            self._told.append(told)
        if name in DRIVER:
            # The second of two signals may come when no handler is there any more.
            self._allowed |= {130, -signal.SIGKILL, -signal.SIGTERM}
            self._require_end(process)
        return 1

    def _require_end(self, process: Driver) -> None:
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._tally.faults.append(f"the driver is still there 60 s after {self._last}")

    def _ended(self, process: Driver) -> bool:
        """Whether the run has finished, judged by its end."""
        closed = process.stdout is None or process.stdout.closed
        output = "" if closed else process.communicate()[0]
        code = process.returncode
        if code not in self._allowed or "Traceback" in output:
            self._tally.faults.append(f"exit {code} after {self._last}: {output[-500:]}")
        if code == 1 and not any(re.search(told, output) for told in self._told):
            self._tally.faults.append(f"no advice after {self._last}: {output[-500:]}")
        return code == 0
