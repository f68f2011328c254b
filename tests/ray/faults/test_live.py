"""Live cells killed at any moment: nothing finished is lost, doubled or trained again."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpobench.store.read.reader import load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.ray.faults.commands import finish, kill, start
from tests.ray.faults.live_watch import (
    CELL,
    WORKER,
    Witness,
    faults,
    kill_one,
    live_faults,
    processes,
    sequence,
    simulated,
    wait_for_steps,
)
from tests.support.night import night

CHAIN = Path(__file__).with_name("live_chain.py")
SCHEDULERS = ("fifo", "asha", "hyperband", "{pbt: {population: 4, perturbation_interval: 2}}")
EACH = pytest.mark.parametrize("scheduler", SCHEDULERS, ids=["fifo", "asha", "hyperband", "pbt"])


def write_suite(
    folder: Path,
    scheduler: str,
    *,
    workers: int = 1,
    trials: Any,
    problem: str = "chain",
    seeds: int = 2,
) -> Path:
    """A cell for each seed; no two cells have a step in common."""
    path = folder / "chains.yaml"
    path.write_text(
        f"name: chains\nstage: live\nsearchers: [random]\nschedulers: [{scheduler}]\n"
        f"problems: [{problem}]\nseeds: {seeds}\nworkers: {workers}\nbudget: {{trials: {trials}}}\n"
    )
    return path


def arguments(suite: Any, folder: Path, *, cpus: Any) -> tuple[Any, ...]:
    options = ("--plugin", CHAIN, "--results", folder, "--cpus", cpus, "--no-report")
    return ("run", suite, *options)


def run_with_kills(
    command: Any, folder: Path, log: Any, victims: list[str], rng: Any
) -> tuple[Any, ...]:
    """Run ``command`` again and again until it ends by itself, killing ``victims`` on the way,
    the last first; returns the witness and how many it could kill."""
    witness = Witness(log, folder / "chains" / "journals")
    waiting, kills = list(victims), 0
    process = start(*command)
    while waiting and wait_for_steps(log, rng.randint(3, 12), process):
        time.sleep(rng.uniform(0, 0.1))
        victim = waiting[-1]
        if victim in (CELL, WORKER):
            hit = kill_one(victim, log, rng)
        else:
            hit = process.poll() is None
            kill(process, everything=victim == "group")
        witness.look()
        if hit:
            kills += 1
            waiting.pop()
        if process.poll() is not None:
            process = start(*command)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return witness, kills


def planned(suite: Any) -> Any:
    return build_plan(load_suite(str(suite), plugins=[CHAIN])).cells


def check(suite: Any, folder: Path, witness: Witness) -> Any:
    """The results, after all that must hold for them."""
    assert list(live_faults(folder / "chains", planned(suite), witness, ours=())) == []
    return load_results(folder / "chains")


def one_worker(tmp_path: Path, log: Any, scheduler: str, victims: list[str], *, trials: Any) -> Any:
    """The events after all those kills."""
    suite = write_suite(tmp_path, scheduler, trials=trials)
    command = arguments(suite, tmp_path, cpus=2)
    witness, kills = run_with_kills(command, tmp_path, log, victims, random.Random(7))
    assert kills == len(victims)
    results = check(suite, tmp_path, witness)
    assert witness.again() <= 2 * 2 * kills  # two cells at once, a batch of two steps
    return sequence(results.events)


def test_one_worker_killed_again_and_again_changes_nothing(tmp_path: Path, log: Any) -> None:
    victims = [CELL, WORKER, "driver"]
    events = one_worker(tmp_path, log, "hyperband", victims, trials=8)
    suite = tmp_path / "chains.yaml"
    pd.testing.assert_frame_equal(events, sequence(simulated(planned(suite))), check_dtype=False)


@night  # by day they are killed
def test_what_is_asked_to_end_fails_nothing(tmp_path: Path, log: Any) -> None:
    """SIGTERM, which Ray sends to processes of a node that ends: it raises SystemExit in them."""
    suite = write_suite(tmp_path, "fifo", trials=8, problem="{chain: {pause: 0.2}}")
    process = start(*arguments(suite, tmp_path, cpus=2))
    witness = Witness(log, tmp_path / "chains" / "journals")
    for title in (WORKER, CELL):
        assert wait_for_steps(log, 2, process)
        witness.look()
        for asked in processes(title, log):
            asked.terminate()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    check(suite, tmp_path, witness)


@pytest.mark.night
@EACH
def test_one_worker_has_the_events_of_a_calm_run(tmp_path: Path, log: Any, scheduler: Any) -> None:
    finish(*arguments(write_suite(tmp_path, scheduler, trials=20), tmp_path / "calm", cpus=2))
    calm = sequence(load_results(tmp_path / "calm" / "chains").events)
    log.unlink()
    victims = ["group", WORKER, CELL, "driver", WORKER, CELL]
    pd.testing.assert_frame_equal(one_worker(tmp_path, log, scheduler, victims, trials=20), calm)


@pytest.mark.night
@EACH
def test_several_workers_each_scheduler(tmp_path: Path, log: Any, scheduler: Any) -> None:
    victims = ["group", WORKER, CELL, "driver", WORKER, WORKER, CELL, "driver"]
    suite = write_suite(tmp_path, scheduler, workers=3, trials=40)
    command = arguments(suite, tmp_path, cpus=3)
    witness, kills = run_with_kills(command, tmp_path, log, victims, random.Random(8))
    assert kills == len(victims)
    check(suite, tmp_path, witness)
    assert witness.again() <= 3 * 2 * kills


@pytest.mark.night
def test_trials_that_cannot_save_are_trained_over_again_unseen(tmp_path: Path, log: Any) -> None:
    """Finished steps are executed again, and give what they gave."""
    victims = [WORKER, CELL, "driver", WORKER]
    suite = write_suite(tmp_path, "hyperband", trials=12, problem="{chain: {saves: false}}")
    command = arguments(suite, tmp_path, cpus=2)
    witness, kills = run_with_kills(command, tmp_path, log, victims, random.Random(9))
    assert kills == len(victims)
    assert faults(load_results(tmp_path / "chains"), planned(suite)) == []
    assert witness.again() > 0
