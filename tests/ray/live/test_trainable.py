"""Ray's trainables on the live stage: under each scheduler, killed, and beside Ray's own Tuner."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ray import tune
from ray.tune.search.basic_variant import BasicVariantGenerator

from hpobench.store.read.reader import load_results
from tests import ROOT
from tests.ray.faults.commands import finish, kill, start
from tests.ray.faults.live_watch import WORKER, kill_one, lines, survivors, wait_for_steps
from tests.ray.problems import trainables
from tests.support.frames import tuples
from tests.support.night import night, some
from tests.support.ray_session import local_ray

EXAMPLE = ROOT / "examples" / "trainable" / "suite.yaml"
PBT = "{pbt: {population: 4, perturbation_interval: 2}}"


def write_suite(
    folder: Path, *runs: str, scheduler: str = "fifo", trials: int = 8, more: str = "", **fixed: Any
) -> Path:
    """A cell for each of ``runs`` in one suite, beside the file of the trainables."""
    shutil.copy(trainables.__file__, folder)
    problems = "".join(
        f"  - trainable: {{run: 'trainables.py:{run}', space: {{lr: {{float: [0.01, 0.5]}}}}, "
        f"steps: 9, fixed: {json.dumps(fixed)}{more}}}\n    as: {run}\n"
        for run in runs
    )
    path = folder / "mine.yaml"
    path.write_text(
        f"name: mine\nstage: live\nsearchers: [random]\nschedulers: [{scheduler}]\nseeds: 1\n"
        f"workers: 2\nbudget: {{trials: {trials}}}\nproblems:\n{problems}"
    )
    return path


def arguments(suite: Path) -> tuple[Any, ...]:
    return ("run", suite, "--results", suite.parent, "--cpus", 2, "--no-report")


def cells(folder: Path) -> Iterator[tuple[tuple[str, str], pd.DataFrame, pd.DataFrame]]:
    """Problem and scheduler, events and trials of each cell, which must be done."""
    results = load_results(folder / "mine")
    assert (results.cells["status"] == "done").all(), results.cells["error"].tolist()
    for cell in tuples(results.cells):
        events = results.events[results.events["cell"] == cell.cell]
        trials = results.trials[results.trials["cell"] == cell.cell]
        yield (cell.problem, cell.scheduler), events, trials


def check_chains(events: pd.DataFrame, trials: pd.DataFrame) -> int:
    """Each loss follows from the one before by the configuration of the step; how many clones
    there are."""
    lrs = {trial.trial: json.loads(trial.config)["lr"] for trial in tuples(trials)}
    found: dict[tuple[int, int], float] = {}
    current, clones = dict(lrs), 0
    for event in tuples(events):
        before = (event.trial, event.step - 1)
        if not pd.isna(event.parent):
            before, clones = (int(event.parent), int(event.parent_step)), clones + 1
            current[event.trial] = json.loads(event.config)["lr"]
            assert before[1] == event.step - 1
        assert event.loss == pytest.approx(found.get(before, 1.0) * (1 - current[event.trial]))
        found[event.trial, event.step] = event.loss
    return clones


@night  # by day a killed run goes on from them
def test_checkpoints_are_what_trials_and_clones_go_on_from(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, "train", "Classy", scheduler=f"asha, hyperband, {PBT}")
    finish(*arguments(suite))
    clones = {cell: check_chains(events, trials) for cell, events, trials in cells(tmp_path)}
    assert len(clones) == 6
    assert {cell: bool(count) for cell, count in clones.items()} == {
        (problem, scheduler): scheduler.startswith("pbt") for problem, scheduler in clones
    }


@pytest.mark.parametrize(
    "scheduler", [pytest.param("hyperband", marks=pytest.mark.night), PBT], ids=["hyperband", "pbt"]
)
def test_killed_runs_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheduler: str) -> None:
    log = tmp_path / "steps.log"
    monkeypatch.setenv("CHAIN_LOG", str(log))  # marks the processes of this run
    fixed: dict[str, Any] = {"log": str(log), "pause": 0.05}
    runs = some(["Classy", "train"], 1)
    suite = write_suite(tmp_path, *runs, scheduler=scheduler, trials=6, **fixed)
    process = start(*arguments(suite))
    assert wait_for_steps(log, 10, process)
    assert kill_one(WORKER, log, random.Random(7))
    assert wait_for_steps(log, 10, process)
    kill(process, everything=True)
    finish(*arguments(suite))
    for _, events, trials in cells(tmp_path):
        check_chains(events, trials)
    executed = Counter((line["step"], line["loss"]) for line in lines(log))
    assert sum(executed.values()) - len(executed) <= 2 * 2 * 3  # kills, workers, steps of a batch
    assert survivors(log) == []


@night  # by day engine/test_agreement.py has Ray's own Tuner
def test_losses_are_those_of_rays_own_tuner(tmp_path: Path) -> None:
    finish(*arguments(write_suite(tmp_path, "train", "Classy", trials=2)))
    ours = {name: (events, trials) for (name, _), events, trials in cells(tmp_path)}
    with local_ray(2):
        for name, (events, trials) in ours.items():
            configs = [json.loads(config) for config in trials["config"]]
            theirs = tuner_losses(getattr(trainables, name), configs, tmp_path / name)
            found = [events[events["trial"] == i]["loss"].tolist() for i in range(len(configs))]
            assert found == theirs


def tuner_losses(trainable: Any, configs: list[Any], folder: Path) -> list[list[float]]:
    """The losses of each of ``configs`` under a plain ``tune.Tuner``."""
    results = tune.Tuner(
        trainable,
        param_space={"lr": tune.uniform(0, 1)},
        tune_config=tune.TuneConfig(
            search_alg=BasicVariantGenerator(points_to_evaluate=configs), num_samples=len(configs)
        ),
        run_config=tune.RunConfig(
            storage_path=str(folder), stop={"training_iteration": 9}, verbose=0
        ),
    ).fit()
    by_config = {r.config["lr"]: r.metrics_dataframe["loss"].tolist() for r in results}
    return [by_config[config["lr"]] for config in configs]


@night  # by day others run these trainables
def test_equal_cells_have_equal_results_although_they_draw(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        finish(*arguments(write_suite(folder, "Noisy", scheduler="hyperband")))
    one, two = (losses_of(load_results(folder / "mine").events) for folder in (first, second))
    both = one.keys() & two.keys()  # two workers may differ in which trials a bracket pauses
    assert len(both) > 20
    assert {key: one[key] for key in both} == {key: two[key] for key in both}


def losses_of(events: pd.DataFrame) -> dict[tuple[int, int], float]:
    return {(event.trial, event.step): event.loss for event in tuples(events)}


FAILURES = {
    "raises": "ValueError: the data is gone",
    "two_arguments": "it must take the configuration and nothing else",
    "a_number": "7 is not a trainable",
    "leaves": "the training called exit(3)",
    "once": "ended after 1 of 9 steps; write `steps: 1`",
}


def test_failures_are_told_where_they_belong(tmp_path: Path) -> None:
    runs = some(FAILURES, 3)
    finish(*arguments(write_suite(tmp_path, *runs, trials=2)), code=1)
    results = load_results(tmp_path / "mine")
    cells = results.cells.set_index("cell")
    told = dict(zip(cells["problem"], cells["error"].fillna(""), strict=True))
    for trial in tuples(results.trials[results.trials["status"] == "failed"]):
        told[cells["problem"][trial.cell]] += trial.error
    assert sorted(told) == sorted(runs)
    for run in runs:
        assert FAILURES[run] in told[run]


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("trian", "unknown name in {file} 'trian'; did you mean train"),
        ("train:train", "'trainables.py:train:train'"),
    ],
)
def test_a_plan_runs_nothing_and_says_what_is_wrong(tmp_path: Path, run: str, told: str) -> None:
    suite = write_suite(tmp_path, run)
    file = tmp_path / "trainables.py"
    file.write_text(f"{file.read_text()}\nopen({str(tmp_path / 'mark')!r}, 'w')\n")
    output = finish("plan", suite, code=2, COLUMNS="1000")
    assert told.format(file=file) in " ".join(output.split())
    finish("plan", write_suite(tmp_path, "train"))
    assert not (tmp_path / "mark").exists()


@night  # by day others run these trainables
def test_the_example(tmp_path: Path) -> None:
    finish("run", EXAMPLE, "--results", tmp_path, "--cpus", 2, "--no-report")
    results = load_results(tmp_path / "trainable")
    assert (results.cells["status"] == "done").all()
    assert set(results.cells["problem"]) == {"function", "class"}
    assert (results.trials["status"] != "failed").all()
    assert results.events["parent"].notna().any()
    accuracy = -results.events.merge(results.cells, on="cell").groupby("problem")["loss"].min()
    assert accuracy["function"] > 0.8
