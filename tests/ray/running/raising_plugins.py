"""Plugins that raise anything, anywhere; a plugin file of the tests beside it."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import ray.exceptions
from ray.tune import TuneError
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from hpobench.api import (
    Config,
    Curve,
    Fidelity,
    Float,
    Problem,
    Reference,
    Scheduler,
    Searcher,
    Space,
    TabulatedProblem,
)
from hpobench.contract import errors


class Mute(Exception):
    def __str__(self) -> str:
        raise SystemExit("no message")

    __repr__ = __str__


class Stuck(Exception):
    def __reduce__(self) -> Any:
        raise ValueError("never pickled")


def _raise(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def _circle() -> None:
    error = TuneError("around")
    error.__cause__ = error.__context__ = error
    raise error


def _deep() -> None:
    _deep()


def _in_a_thread() -> None:
    (thread := threading.Thread(target=_raise(KeyboardInterrupt()))).start()
    thread.join()


def _write_to_all() -> None:
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"garbage" * 100)


class _Dying:
    def __del__(self) -> None:
        raise KeyboardInterrupt


KINDS: dict[str, Callable[[], Any]] = {
    "StoreError": _raise(errors.StoreError("not the store")),
    "ReplayError": _raise(errors.ReplayError("not the journal")),
    "RayError": _raise(errors.RayError("not Ray")),
    "UsageError": _raise(errors.UsageError("no use")),
    "TrialError": _raise(errors.TrialError("no trial")),
    "CellError": _raise(errors.CellError("no cell")),
    "HpobenchError": _raise(errors.HpobenchError("nothing")),
    "KeyboardInterrupt": _raise(KeyboardInterrupt()),
    "SystemExit": lambda: sys.exit("enough"),
    "SystemExit 0": lambda: sys.exit(0),
    "GeneratorExit": _raise(GeneratorExit()),
    "StopIteration": _raise(StopIteration()),
    "BaseException": _raise(BaseException("base")),
    "CancelledError": _raise(asyncio.CancelledError()),
    "LocalRayletDiedError": _raise(ray.exceptions.LocalRayletDiedError()),
    "NodeDiedError": _raise(ray.exceptions.NodeDiedError("gone")),
    "WorkerCrashedError": _raise(ray.exceptions.WorkerCrashedError()),
    "TaskCancelledError": _raise(ray.exceptions.TaskCancelledError()),
    "RayTaskError": _raise(ray.exceptions.RayTaskError("f", "trace", ValueError("inner"))),
    "TuneError": _circle,
    "unpicklable": _raise(ValueError(lambda: None)),
    "no message": _raise(Mute()),
    "no pickle": _raise(Stuck("stuck")),
    "group": _raise(ExceptionGroup("many", [ValueError(1), errors.StoreError("two")])),
    "base group": _raise(BaseExceptionGroup("many", [KeyboardInterrupt(), SystemExit(1)])),
    "huge": _raise(ValueError("x" * 5_000_000)),
    "surrogates": _raise(ValueError("\udc80 \ud800")),
    "recursion": _deep,
    "memory": _raise(MemoryError()),
}
"""What fails the cell, or the trial in which it happens."""
HARMLESS: dict[str, Callable[[], Any]] = {
    "thread": _in_a_thread,
    "finalizer": lambda: _Dying() and None,
    "alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 0.001),
    "interrupt": lambda: _thread.interrupt_main(signal.SIGALRM),
}
"""What does not even do that."""
DEADLY: dict[str, Callable[[], Any]] = {"exit": lambda: os._exit(3), "descriptors": _write_to_all}
"""What ends the process."""
HOOKS = {
    "searcher": ("init", "ask", "tell", "close"),
    "scheduler": ("init", "build", "add", "result", "choose", "complete"),
    "problem": ("init", "curve", "probe", "estimate"),
}


class _Raises:
    kind: str
    hook: str

    def reach(self, hook: str) -> None:
        if hook == self.hook:
            (KINDS | HARMLESS | DEADLY)[self.kind]()


class Raiser(_Raises, Searcher):
    """Raises."""

    name = "raiser"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, kind: str, hook: str
    ) -> None:
        self.space, self.kind, self.hook = space, kind, hook
        self.reach("init")

    def ask(self, trial: int) -> Config:
        if trial == 2:
            self.reach("ask")
        return self.space.from_unit([trial / 9] * len(self.space))

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if trial == 1:
            self.reach("tell")

    def close(self) -> None:
        self.reach("close")


class _Ray(FIFOScheduler):
    def __init__(self, reach: Callable[[str], None]) -> None:
        super().__init__()
        self._reach = reach

    def on_trial_add(self, *args: Any) -> None:
        self._reach("add")
        super().on_trial_add(*args)

    def on_trial_result(self, *args: Any) -> str:
        self._reach("result")
        return str(super().on_trial_result(*args))

    def on_trial_complete(self, *args: Any) -> None:
        self._reach("complete")
        super().on_trial_complete(*args)

    def choose_trial_to_run(self, *args: Any) -> Any:
        self._reach("choose")
        return super().choose_trial_to_run(*args)


class RaisingScheduler(_Raises, Scheduler):
    """Raises."""

    name = "raising-scheduler"
    needs_fidelity = False
    ends_trials = False

    def __init__(self, *, kind: str, hook: str) -> None:
        self.kind, self.hook = kind, hook
        self.reach("init")

    def build(self, problem: Problem) -> TrialScheduler:
        self.reach("build")
        return _Ray(self.reach)


class RaisingProblem(_Raises, TabulatedProblem):
    """Raises."""

    name = "raising-problem"
    space = Space([Float("x", 0, 1)])
    fidelity = Fidelity("epoch", 2)

    def __init__(self, *, kind: str = "", hook: str = "") -> None:
        self.kind, self.hook = kind, hook
        self.reach("init")

    def reference(self) -> Reference:
        return Reference(0.0, 1.0, "known")

    def probe(self, config: Config) -> float | None:
        self.reach("probe")
        return super().probe(config) if self.hook != "curve" else None

    def estimate(self) -> float:
        self.reach("estimate")
        return 1.0

    def curve(self, config: Config, seed: int) -> Curve:
        self.reach("curve")
        return Curve([float(config["x"])] * 2, [1.0] * 2)
