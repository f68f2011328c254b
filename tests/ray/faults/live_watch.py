"""A live run seen from outside: its processes, its journals, the steps it executes."""

from __future__ import annotations

import contextlib
import json
import math
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from hpobench.api import Config
from hpobench.contract.cell import Cell
from hpobench.plugins.building import build_problem, build_searcher
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.stages.live.journal import Journal
from hpobench.store.read.reader import Results, load_results
from tests.ray.faults.live_chain import beginning, link, loss_of
from tests.support.frames import tuples
from tests.support.lineage_faults import lineage_faults

CELL, WORKER = "ray::_run_live_cell", "ray::Worker.serve"
Key = tuple[int, float]
"""What tells an executed step from any other: its number and its loss."""


def processes(title: str, log: Path) -> list[psutil.Process]:
    """Ray's processes of that title among those of the run that writes to ``log``."""
    return [p for p in of_run(log) if title_of(p).startswith(title)]


def of_run(log: Path) -> list[psutil.Process]:
    """Every process that knows of ``log``, by its environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("CHAIN_LOG") == str(log) and process.is_running():
                found.append(process)
    return found


def title_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def survivors(log: Path, patience: float = 120.0, titles: Sequence[str] = ("",)) -> list[str]:
    """Titles of the run's processes that are still there after ``patience`` seconds.

    Only those count whose title begins with one of ``titles``.

    An agent of a Ray that was killed as it started takes up to a minute to give up on it.
    """
    deadline = time.monotonic() + patience
    while True:
        left = [t for t in map(title_of, of_run(log)) if t.startswith(tuple(titles))]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(0.1)


def lines(log: Path) -> list[dict[str, Any]]:
    """The executed steps."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().splitlines()]


def safe_steps(folder: Path) -> set[Key]:
    """The steps in the journals below ``folder`` up to the last saved state of each trial.

    Those after it may be trained again: saving takes a small share of a trial's time at most, so
    that on a busy machine some steps come without a state. The journals may be written to
    meanwhile.
    """
    found: set[Key] = set()
    with tempfile.TemporaryDirectory() as name:
        for path in folder.glob("**/*.journal"):
            copy = Path(name, path.name)
            with contextlib.suppress(FileNotFoundError):  # stored at this moment
                shutil.copy(path, copy)
                with contextlib.closing(Journal(copy)) as journal:
                    found |= _safe_steps(journal)
    return found


def _safe_steps(journal: Journal) -> set[Key]:
    found: set[Key] = set()
    unsaved: dict[int, set[Key]] = defaultdict(set)
    for header, saved in journal.records():
        if "clock" not in header:
            continue  # an attempt that began
        trial = header["trial"] if "trial" in header else header["kept"]
        results = header.get("results", [])
        unsaved[trial] |= {(header["step"] + i, r[0]) for i, r in enumerate(results)}
        if saved is not None:
            found |= unsaved.pop(trial)
    return found


@dataclass
class Witness:
    """Remembers which steps were safe in the journals before which line of the log."""

    log: Path
    journals: Path
    _known: dict[Key, int] = field(default_factory=dict)

    def look(self) -> None:
        keys = safe_steps(self.journals)
        position = len(lines(self.log))
        for key in keys:
            self._known.setdefault(key, position)

    def faults(self) -> list[Key]:
        """Steps that were executed again after the journal had a state at or after them."""
        executed = enumerate((line["step"], line["loss"]) for line in lines(self.log))
        return [key for i, key in executed if i >= self._known.get(key, math.inf)]

    def again(self) -> int:
        """How many steps were executed more than once, by any reason."""
        counts = Counter((line["step"], line["loss"]) for line in lines(self.log))
        return sum(count - 1 for count in counts.values())


def wait_for_steps(log: Path, count: int, process: subprocess.Popen[str]) -> bool:
    """Until ``count`` steps more are executed; false if ``process`` ends before that."""
    target = len(lines(log)) + count
    deadline = time.monotonic() + 120
    while len(lines(log)) < target:
        if process.poll() is not None:
            return False
        assert time.monotonic() < deadline, "the run does not get on"
        time.sleep(0.02)
    return True


def kill_one(title: str, log: Path, rng: random.Random) -> bool:
    """SIGKILL to one of the run's processes of that title; false if there is none."""
    found = processes(title, log)
    if not found:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        rng.choice(found).kill()
        return True
    return False


# -- what must hold in the end ---------------------------------------------------------------


def sequence(events: pd.DataFrame) -> pd.DataFrame:
    """What the same run must repeat: everything but times, and the worker's number."""
    columns = ["cell", "trial", "step", "loss", "decision", "parent", "parent_step", "config"]
    plain = {"cell": str, "decision": str}
    return events[columns].astype(plain).sort_values("cell", kind="stable", ignore_index=True)


def simulated(cells: Sequence[Cell]) -> pd.DataFrame:
    """The events of ``cells`` on the virtual stage, where nothing can be killed."""
    table: Any = {"name": "chain-table", "cls": "Table", "options": {}}
    twins = [
        replace(cell, stage="virtual", problem=replace(cell.problem, **table)) for cell in cells
    ]
    frames: list[pd.DataFrame] = [run_cell(twin, None).events.to_pandas() for twin in twins]
    return pd.concat(frames)


def faults(results: Results, cells: Sequence[Cell]) -> list[str]:
    """What cannot be true of the results of ``cells``, random search on a chain."""
    found = list(lineage_faults(results.events))
    rows = results.cells.set_index("cell")
    for cell in cells:
        events = results.events[results.events["cell"] == cell.id]
        told = [
            *_wrong_losses(events, _asked(cell), cell.role_seed("problem")),
            *([] if events["clock"].is_monotonic_increasing else ["the clock goes back"]),
            *([] if rows.loc[cell.id, "resource"] == len(events) else ["paid for other steps"]),
        ]
        if events["parent"].isna().all() and events.duplicated(["trial", "step"]).any():
            told.append("a step is there twice")
        found += [f"{cell.id}: {fault}" for fault in told]
    return found


def live_faults(
    store: Path, cells: Sequence[Cell], witness: Witness, ours: Sequence[str] = ("",)
) -> Iterator[str]:
    """What is wrong with a live run of ``cells`` that has ended well; ``ours``: see survivors."""
    yield from ended_faults(store, witness.log, ours)
    results = load_results(store)
    yield from faults(results, cells)
    yield from (f"step {key} was trained again, with a state saved" for key in witness.faults())
    stored = set(zip(results.events["step"], results.events["loss"], strict=True))
    if not stored <= {(line["step"], line["loss"]) for line in lines(witness.log)}:
        yield "there are results that nobody trained"


def ended_faults(store: Path, log: Path, ours: Sequence[str] = ("",)) -> Iterator[str]:
    """What is wrong with the end of any live run."""
    results = load_results(store)
    if set(results.cells["status"]) != {"done"}:
        yield f"cells ended otherwise: {results.cells['error'].dropna().tolist()}"
    if (results.trials["status"] == "failed").any():
        yield f"trials failed: {results.trials['error'].dropna().tolist()[:3]}"
    if list((store / "journals").iterdir()):
        yield "a journal is left"
    if left := survivors(log, titles=ours):
        yield f"processes are left: {[title[:200] for title in left]}"


def _asked(cell: Cell) -> dict[int, Config]:
    """The configurations that the trials began with."""
    problem = build_problem(cell.problem)
    seed = cell.role_seed("searcher")
    searcher = build_searcher(cell.searcher, problem.space, seed, problem.fidelity)
    return {trial: searcher.ask(trial) for trial in range(cell.budget.trials or 0)}


def _wrong_losses(events: pd.DataFrame, asked: dict[int, Config], seed: int) -> list[str]:
    """Goes through the cell's steps as its trials did, clones included."""
    configs = dict(asked)
    states: dict[tuple[int, int], str] = {}
    found = []
    for event in tuples(events):
        before = (event.trial, event.step - 1)
        if pd.notna(event.parent):
            before = (int(event.parent), int(event.parent_step))
            configs[event.trial] = json.loads(event.config)
        config = configs[event.trial]
        state = states[before] if before[1] else beginning(seed)
        states[event.trial, event.step] = link(state, config)
        if event.loss != loss_of(states[event.trial, event.step], event.step, config):
            found.append(f"wrong loss at step {event.step} of trial {event.trial}")
    return found
