"""Whatever a plugin raises, wherever: it costs its cell, which keeps the results that it had."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.cell import Budget, Cell, Kind, PluginRef
from hpobench.plugins.registry import Registry
from hpobench.running.cells.run_cell import run_cell
from tests.ray.running.raising_plugins import HARMLESS, HOOKS, KINDS

FILE = Path(__file__).with_name("raising_plugins.py")
SHIPPED = {"searcher": "random", "scheduler": "fifo"}
CLASSES = {"searcher": "Raiser", "scheduler": "RaisingScheduler", "problem": "RaisingProblem"}
CASES = [(kind, hook) for kind, hooks in HOOKS.items() for hook in hooks]


def ref(kind: Kind, options: Mapping[str, str] | None = None) -> PluginRef:
    if not options and kind in SHIPPED:
        entry = Registry().find(kind, SHIPPED[kind])
        return PluginRef(kind, entry.name, entry.name, {}, str(entry.file), entry.cls)
    return PluginRef(kind, "raising", "raising", options or {}, str(FILE), CLASSES[kind])


REFS = {kind: ref(kind) for kind in HOOKS}  # type: ignore[arg-type]


def outcome(plugin: Any, hook: str, kind: str) -> Any:
    refs = REFS | {plugin: ref(plugin, {"kind": kind, "hook": hook})}
    budget = Budget(trials=4)
    return run_cell(Cell(f"{hook}-{kind}", **refs, seed=0, budget=budget, workers=1), None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_costs_the_cell_alone(kind: str) -> None:
    for plugin, hook in CASES:
        found = outcome(plugin, hook, kind)
        error = found.cell["error"] or ""
        # A curve that raises an Exception fails trials only, and a probe may be missing.
        allowed = {"failed", "done"} if hook in ("curve", "probe") else {"failed"}
        assert found.cell["status"] in allowed, (plugin, hook, error)
        assert len(error) <= 20_000
        assert all(len(text or "") <= 20_000 for text in found.trials["error"].to_pylist())
        assert b"raising_plugins" not in pickle.dumps(found).replace(error.encode(), b"")
        kept = {"ask": 4, "tell": 4, "close": 8, "complete": 2, "result": 0}
        if plugin != "problem" and hook in kept:
            assert len(found.events) == kept[hook], (plugin, hook, error)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", HARMLESS)
def test_what_raises_elsewhere_costs_nothing(kind: str) -> None:
    for plugin, hook in CASES:
        found = outcome(plugin, hook, kind)
        assert found.cell["status"] == "done", (plugin, hook, found.cell["error"])
        assert len(found.events) == 8


WAITING = Cell(
    "waiting",
    **REFS,  # type: ignore[arg-type]
    seed=0,
    budget=Budget(trials=10**6),
    workers=1,
)


@contextlib.contextmanager
def asking(number: signal.Signals) -> Iterator[None]:
    """Send a signal to this process until the block ends.

    Python drops what a handler raises within a destructor, so one signal may be lost.
    """
    heard = threading.Event()

    def ask() -> None:
        pause = 0.3
        while not heard.wait(pause):
            os.kill(os.getpid(), number)
            pause = 5

    (thread := threading.Thread(target=ask)).start()
    try:
        yield
    finally:
        heard.set()
        thread.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_users_interrupt_passes() -> None:
    """SIGINT to the process that runs the cell, while a plugin waits."""
    # Ray's `Tuner.fit` leaves a handler of its own in the process, if a test before called it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), asking(signal.SIGINT):
            run_cell(WAITING, None, timeout=60)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_end_of_the_process_is_no_failure_of_the_cell() -> None:
    """SIGTERM, which Ray's workers answer with ``SystemExit``: the cell is run again elsewhere."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with pytest.raises(SystemExit), asking(signal.SIGTERM):
            run_cell(WAITING, None, timeout=60)
    finally:
        signal.signal(signal.SIGTERM, before)
