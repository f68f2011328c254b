"""Virtual runs: they end with the bytes of an undisturbed run, in a folder or an object store."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpobench.plugins.isolation import environments
from hpobench.store.read.reader import load_results
from hpobench.store.remote.remote_folder import RemoteFolder
from tests.ray.faults.commands import events, finish
from tests.ray.faults.live_watch import survivors
from tests.ray.faults.test_live import CHAIN
from tests.soak.bad_disk import BadDisk
from tests.soak.bad_store import bad_store
from tests.soak.killing import Killing, Tally
from tests.soak.random_suites import draw_suite
from tests.soak.scene import cluster, environment, folder_faults, logged, node_of
from tests.soak.victims import DRIVER, LOCAL, MACHINE, VIRTUAL, Strike

SUITE = """{
name: soak, searchers: [random, optuna-tpe],
schedulers: [fifo, {name: asha, brackets: 2}, hyperband],
problems: [{branin: {noise: 0.1}}, {mf-hartmann: {dimension: 3, quality: good, steps: 9}},
  chain-table],
seeds: 24, workers: 3, budget: {evaluations: 12}
}"""


def virtual(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """In processes of this machine: drivers, signals, the processes of cells."""
    return _Scene(folder, rng, kills, deadline).play({**DRIVER, **LOCAL})


def on_ray(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """On a Ray of this machine: drivers, signals, the processes of cells, Ray's own."""
    options = ("--address", "local", "--cpus", 2)
    return _Scene(folder, rng, kills, deadline, options).play({**DRIVER, **MACHINE, **VIRTUAL})


def nodes(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """On a cluster of three nodes, whose nodes die and are replaced."""
    with cluster() as several:
        victims = {**VIRTUAL, "driver": DRIVER["driver"], "node": node_of(several)}
        options = ("--address", several.address)
        # The cluster itself stays.
        return _Scene(folder, rng, kills, deadline, options, ours=("ray::_run_batch",)).play(
            victims
        )


def mixed(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """A random suite: drivers, signals, the processes of cells and of searchers, the disk."""
    scene = _Scene(folder, rng, kills, deadline)
    scene.suite = draw_suite(folder, rng, live=False)
    (folder / "killed").mkdir()
    disk = BadDisk(folder / "killed", folder)
    return scene.play({**DRIVER, **LOCAL, **disk.strikes()}, LD_PRELOAD=disk.library)


def store(folder: Path, rng: random.Random, kills: int, deadline: float) -> Tally:
    """A random suite with its results in an object store, which fails in every way."""
    scene = _Scene(folder, rng, kills, deadline)
    scene.suite = draw_suite(folder, rng, live=False)
    with bad_store() as (server, variables), environment(**variables):
        scene.place, scene.progress = "s3://bucket/killed", lambda: server.written
        return scene.play(
            {"driver": DRIVER["driver"], "SIGINT": DRIVER["SIGINT"], **server.strikes()},
            HPOBENCH_ENVIRONMENTS=environments.environments_folder(),
            XDG_CACHE_HOME=folder / "cache",
        )


@dataclass
class _Scene:
    """A suite that runs in ``folder/calm`` undisturbed, and at ``place`` under kills."""

    folder: Path
    rng: random.Random
    kills: int
    deadline: float
    options: tuple[object, ...] = ("--cpus", 2)
    ours: tuple[str, ...] = ("",)
    """How the titles of processes begin that must be gone in the end."""

    def __post_init__(self) -> None:
        self.suite, self.place = self.folder / "soak.yaml", f"{self.folder}/killed"
        self.progress: Callable[[], float] = self._stored
        self.suite.write_text(SUITE)

    def play(self, victims: Mapping[str, Strike], **variables: object) -> Tally:
        tally, begin = Tally(), time.monotonic()
        common = ("run", self.suite, "--plugin", CHAIN, "--no-report", *self.options)
        with logged(self.folder) as log:
            finish(*common, "--results", self.folder / "calm")
            with environment(**variables):
                command = (*common, "--results", self.place, "--retry-failed")
                run = Killing(command, victims, self.progress, log, self.rng, tally)
                if run.finish(self.kills, self.deadline):
                    tally.faults += self._faults(log, tally)
        tally.seconds = time.monotonic() - begin
        return tally

    def _stored(self) -> float:
        with contextlib.suppress(FileNotFoundError):  # the run folds its files
            found = Path(self.place, "soak").glob("cells*.parquet")
            return max((path.stat().st_mtime for path in found), default=0.0)
        return 0.0

    def _faults(self, log: Path, tally: Tally) -> Iterator[str]:
        calm, there = self.folder / "calm" / "soak", f"{self.place}/soak"
        killed = RemoteFolder(there).pull() if there.startswith("s3:") else Path(there)
        if events(calm) != events(killed):
            yield f"the events of {killed} are not those of {calm}"
        cells = load_results(killed).cells
        tally.cells = len(cells)
        if set(cells["status"]) != {"done"}:
            yield f"cells ended as {cells['status'].value_counts().to_dict()} in {killed}"
        if set(cells["cell"]) != set(load_results(calm).cells["cell"]):
            yield f"cells are missing in {killed}"
        yield from folder_faults(there, killed)
        if left := survivors(log, titles=self.ours):
            yield f"processes are left: {[title[:200] for title in left]}"
