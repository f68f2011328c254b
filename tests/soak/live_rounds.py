"""Live runs: every journalled step is stored once and right.

With one worker they end with the sequence of events of an undisturbed run.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish
from tests.ray.faults.live_watch import CELL, WORKER, Witness, ended_faults, live_faults, sequence
from tests.ray.faults.test_live import CHAIN, planned, write_suite
from tests.soak.bad_disk import BadDisk
from tests.soak.killing import Killing, Tally
from tests.soak.random_suites import draw_suite
from tests.soak.scene import Round, cluster, environment, folder_faults, logged, node_of
from tests.soak.victims import DISK_FULL, DRIVER, LIVE, MACHINE, Driver, Strike
from tests.support.lineage_faults import lineage_faults

LIVE_SCHEDULERS = {
    "asha": "asha",
    "hyperband": "hyperband",
    "pbt": "{pbt: {population: 4, perturbation_interval: 2}}",
}


def live(scheduler: str) -> Round:
    """Live cells of one worker each, under ``scheduler``."""

    def run(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
        with logged(folder) as log:
            victims = {**DRIVER, **MACHINE, **LIVE}
            suite = write_suite(folder, LIVE_SCHEDULERS[scheduler], trials=24, seeds=4)
            calm = _calm(folder, log, suite)
            tally = _live(folder, log, suite, victims, rng, kills, deadline)
            stored = None if tally.faults else load_results(folder / "killed" / "chains").events
            if stored is not None and not sequence(stored).equals(calm):
                tally.faults.append(f"other events than in {folder / 'calm'}")
        return tally

    return run


def mixed(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """A random suite: drivers, signals, the processes of cells and workers, Ray's, the disk."""
    suite = draw_suite(folder, rng, live=True)
    (folder / "killed").mkdir()
    disk = BadDisk(folder / "killed", folder)
    victims = {**DRIVER, **MACHINE, **LIVE, **disk.strikes()}
    with logged(folder) as log, environment(LD_PRELOAD=disk.library):
        return _live(folder, log, suite, victims, rng, kills, deadline, of_chains=False)


def live_nodes(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """Live cells of four workers on a cluster of three nodes, whose nodes die."""
    with logged(folder) as log, cluster() as nodes:
        victims = {**LIVE, "driver": DRIVER["driver"], "node": node_of(nodes)}
        suite = write_suite(folder, "hyperband", workers=4, trials=40, seeds=2)
        options = ("--address", nodes.address)
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
        with logged(folder) as log:
            problem = "{chain: {weight: 4000}}"
            suite = write_suite(folder, "hyperband", trials=24, problem=problem, seeds=2)
            command = ("run", suite, "--plugin", CHAIN, "--results", small)
            while tally.kills.total() < kills and time.monotonic() < deadline:
                done = subprocess.run(
                    _python(*command, "--cpus", 2, "--no-report"), capture_output=True, text=True
                )
                if done.returncode == 0:
                    break
                if DISK_FULL not in done.stdout + done.stderr:
                    told = (done.stdout + done.stderr)[:4000]
                    tally.faults.append(f"exit {done.returncode}: {told}")
                    return tally
                tally.kills["disk really full"] += 1
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
    of_chains: bool = True,
) -> Tally:
    """``of_chains``: random search on chains alone, of which every loss is known."""
    tally, begin = Tally(), time.monotonic()
    where = options or ("--cpus", 2)
    options = ("--no-report", "--retry-failed", *where)
    command = ("run", suite, "--plugin", CHAIN, "--results", folder / "killed", *options)
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
    if Killing(command, watched, progress, log, rng, tally).finish(kills, deadline):
        store, cells = folder / "killed" / "chains", planned(suite)
        tally.cells = len(cells)
        if of_chains:
            tally.faults += live_faults(store, cells, witness, ours)
        else:
            tally.faults += ended_faults(store, log, ours)
            tally.faults += lineage_faults(load_results(store).events)
        tally.faults += folder_faults(store, store)
    tally.seconds = time.monotonic() - begin
    return tally
