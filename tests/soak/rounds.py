"""The rounds of a soak: a run each, what is killed in it, and what it must end as.

Virtual runs end with the bytes of an undisturbed run. Live cells with one worker end with its
sequence of events; in all live cells every journalled step is stored once and right.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import events, finish, three_nodes
from tests.ray.faults.live_watch import CELL, WORKER, Witness, live_faults, sequence
from tests.ray.faults.test_live import CHAIN, planned, write_suite
from tests.soak.killing import Killing, Tally
from tests.soak.victims import DRIVER, LIVE, LOCAL, MACHINE, VIRTUAL, Driver, Strike

Round: TypeAlias = Callable[[Path, random.Random, int, float], Tally]
"""Runs in an empty folder, with at most so many kills, none after the deadline."""

SUITE = """{
name: soak, searchers: [random, optuna-tpe],
schedulers: [fifo, {name: asha, brackets: 2}, hyperband],
problems: [{branin: {noise: 0.1}}, {mf-hartmann: {dimension: 3, quality: good, steps: 9}},
  chain-table],
seeds: 24, workers: 3, budget: {evaluations: 12}
}"""
LIVE_SCHEDULERS = {
    "asha": "asha",
    "hyperband": "hyperband",
    "pbt": "{pbt: {population: 4, perturbation_interval: 2}}",
}


@contextlib.contextmanager
def _logged(folder: Path) -> Iterator[Path]:
    """The file that names the run in the environment of all its processes."""
    log = folder / "steps.log"
    os.environ["CHAIN_LOG"] = str(log)
    try:
        yield log
    finally:
        del os.environ["CHAIN_LOG"]


# -- virtual -----------------------------------------------------------------------------------


def virtual(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """In processes of this machine: drivers, signals, the processes of cells."""
    with _logged(folder) as log:
        return _virtual(folder, log, {**DRIVER, **LOCAL}, rng, kills, deadline)


def on_ray(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """On a Ray of this machine: drivers, signals, the processes of cells, Ray's own."""
    with _logged(folder) as log:
        victims = {**DRIVER, **MACHINE, **VIRTUAL}
        options = ("--address", "local", "--cpus", 2)
        return _virtual(folder, log, victims, rng, kills, deadline, *options)


def nodes(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """On a cluster of three nodes, whose nodes die and are replaced."""
    with _logged(folder) as log, _cluster() as cluster:
        victims = {**VIRTUAL, "driver": DRIVER["driver"], "node": _node_of(cluster)}
        options = ("--address", cluster.address)
        return _virtual(folder, log, victims, rng, kills, deadline, *options)


def _virtual(
    folder: Path,
    log: Path,
    victims: Mapping[str, Strike],
    rng: random.Random,
    kills: int,
    deadline: float,
    *options: object,
) -> Tally:
    tally, begin = Tally(), time.monotonic()
    (suite := folder / "soak.yaml").write_text(SUITE)
    common = ("run", suite, "--plugin", CHAIN, "--no-report", *(options or ("--cpus", 2)))
    finish(*common, "--results", folder / "calm")
    command = (*common, "--results", folder / "killed")
    store = folder / "killed" / "soak"

    def progress() -> float:
        with contextlib.suppress(FileNotFoundError):  # the run folds its files
            return max((path.stat().st_mtime for path in store.glob("cells*.parquet")), default=0.0)
        return 0.0

    if Killing(command, victims, progress, log, rng, tally).finish(kills, deadline):
        tally.faults += _virtual_faults(folder / "calm" / "soak", folder / "killed" / "soak")
    tally.seconds = time.monotonic() - begin
    return tally


def _virtual_faults(calm: Path, killed: Path) -> Iterator[str]:
    if events(calm) != events(killed):
        yield f"the events of {killed} are not those of {calm}"
    cells = load_results(killed).cells
    if set(cells["status"]) != {"done"}:
        yield f"cells ended as {cells['status'].value_counts().to_dict()} in {killed}"
    if set(cells["cell"]) != set(load_results(calm).cells["cell"]):
        yield f"cells are missing in {killed}"


# -- live --------------------------------------------------------------------------------------


def live(scheduler: str) -> Round:
    """Live cells of one worker each, under ``scheduler``."""

    def run(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
        with _logged(folder) as log:
            victims = {**DRIVER, **MACHINE, **LIVE}
            suite = write_suite(folder, LIVE_SCHEDULERS[scheduler], trials=24, seeds=4)
            calm = _calm(folder, log, suite)
            tally = _live(folder, log, suite, victims, rng, kills, deadline)
            stored = None if tally.faults else load_results(folder / "killed" / "chains").events
            if stored is not None and not sequence(stored).equals(calm):
                tally.faults.append(f"other events than in {folder / 'calm'}")
        return tally

    return run


def live_nodes(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """Live cells of four workers on a cluster of three nodes, whose nodes die."""
    with _logged(folder) as log, _cluster() as cluster:
        victims = {**LIVE, "driver": DRIVER["driver"], "node": _node_of(cluster)}
        suite = write_suite(folder, "hyperband", workers=4, trials=40, seeds=2)
        options = ("--address", cluster.address)
        # The cluster itself stays, with workers that wait.
        ours = (CELL, WORKER)
        return _live(folder, log, suite, victims, rng, kills, deadline, *options, ours=ours)


def disk(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """A disk that is full again and again, and enlarged each time; needs root, who mounts it."""
    (small := folder / "killed").mkdir()
    size = 200
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", small], check=True)
    tally, begin = Tally(), time.monotonic()
    try:
        with _logged(folder) as log:
            problem = "{chain: {weight: 4000}}"
            suite = write_suite(folder, "hyperband", trials=24, problem=problem, seeds=2)
            command = ("run", suite, "--plugin", CHAIN, "--results", small)
            while tally.kills.total() < kills and time.monotonic() < deadline:
                done = subprocess.run(
                    _python(*command, "--cpus", 2, "--no-report"), capture_output=True, text=True
                )
                if done.returncode == 0:
                    break
                if "the disk is full; free some space" not in done.stdout + done.stderr:
                    told = (done.stdout + done.stderr)[:4000]
                    tally.faults.append(f"exit {done.returncode}: {told}")
                    return tally
                tally.kills["disk full"] += 1
                size += rng.randint(40, 160)
                subprocess.run(["mount", "-o", f"remount,size={size}k", small], check=True)
            subprocess.run(["mount", "-o", "remount,size=100m", small], check=True)
            tally.faults += _live(folder, log, suite, {}, rng, 0, deadline).faults
    finally:
        subprocess.run(["umount", "-l", small], check=True)
        tally.seconds = time.monotonic() - begin
    return tally


def _python(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "hpobench", *map(str, arguments)]


def _calm(folder: Path, log: Path, suite: Path) -> pd.DataFrame:
    options = ("--plugin", CHAIN, "--results", folder / "calm", "--cpus", 2, "--no-report")
    finish("run", suite, *options)
    log.unlink()
    return sequence(load_results(folder / "calm" / "chains").events)


def _live(
    folder: Path,
    log: Path,
    suite: Path,
    victims: Mapping[str, Strike],
    rng: random.Random,
    kills: int,
    deadline: float,
    *options: object,
    ours: Sequence[str] = ("",),
) -> Tally:
    tally, begin = Tally(), time.monotonic()
    where = options or ("--cpus", 2)
    command = ("run", suite, "--plugin", CHAIN, "--results", folder / "killed", "--no-report")
    witness = Witness(log, folder / "killed" / "chains" / "journals")

    def progress() -> float:
        return log.stat().st_size if log.exists() else 0

    def looked(strike: Strike) -> Strike:
        def strike_and_look(driver: Driver, of: Path, chance: random.Random) -> bool:
            hit = strike(driver, of, chance)
            witness.look()
            return hit

        return strike_and_look

    watched = {name: looked(strike) for name, strike in victims.items()}
    if Killing((*command, *where), watched, progress, log, rng, tally).finish(kills, deadline):
        store = folder / "killed" / "chains"
        tally.faults += live_faults(store, planned(suite), witness, ours)
    tally.seconds = time.monotonic() - begin
    return tally


# -- clusters ----------------------------------------------------------------------------------


@contextlib.contextmanager
def _cluster() -> Iterator[Any]:
    os.environ["RAY_AUTH_MODE"] = "disabled"  # this process decides on it as it imports Ray
    with three_nodes() as cluster:
        yield cluster


def _node_of(cluster: Any) -> Strike:
    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        others = [node for node in cluster.list_all_nodes() if node is not cluster.head_node]
        cluster.remove_node(rng.choice(others), allow_graceful=False)
        cluster.add_node(num_cpus=1)
        return True

    return strike


ROUNDS: Mapping[str, Round] = {
    "virtual": virtual,
    "virtual-ray": on_ray,
    **{f"live-{name}": live(name) for name in LIVE_SCHEDULERS},
    "nodes": nodes,
    "live-nodes": live_nodes,
    "disk": disk,
}


def run_round(name: str, seed: int, kills: int, seconds: float) -> Tally:
    """One round in a temporary folder, which stays there after a fault."""
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
    rng = random.Random(f"{name}/{seed}")
    tally = ROUNDS[name](folder, rng, kills, time.monotonic() + seconds)
    if not tally.faults:
        shutil.rmtree(folder)
    return tally
