"""Recording trained problems, and that the same cell agrees live and replayed."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.api import Categorical, Float, Int, Ordinal, Space, When
from hpobench.contract.errors import CellError, NotAvailableError, StoreError, UsageError
from hpobench.problems.xgboost.rounds import XGBoost
from hpobench.recording import record
from hpobench.recording.record import TrialCounts, build_recipe, grid_space, measured, tally
from hpobench.recording.table import Table, read_about, read_table
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.cluster.live_cells import LiveCells
from hpobench.running.stages.live.journal import Journal
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.ray.faults.commands import finish, kill, start
from tests.support.ray_session import local_ray
from tests.support.recording_plugin import PLUGIN

TRIALS = 14


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Ray, for commands to connect to and for cells of our own."""
    with local_ray(2) as ray:
        yield ray


@pytest.fixture(scope="module")
def address(cluster: Any) -> Any:
    return cluster.get_runtime_context().gcs_address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = tmp_path_factory.mktemp("recording")
    (made / "slope.py").write_text(PLUGIN)
    return made


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (path := tmp_path / "slope.py").write_text(PLUGIN)
    return path


# -- a recording, killed and taken up ------------------------------------------------------


@pytest.fixture(scope="module")
def killed(folder: Any, address: Any) -> tuple[Any, ...]:
    """The command, what it printed when it was given again, and what it had trained before."""
    options = ("-o", f"trace={folder / 'trace'}", "-o", "wait=0.02", "--plugin", "slope.py")
    command: tuple[Any, ...] = ("problems", "record", "slope", *options, "--as", "hill")
    command = (*command, *("--sample", TRIALS, "--seed", 3))
    command = (*command, "--out", "hill.parquet", "--address", address)
    process = start(*command, "--workers", 2, cwd=folder)
    journals = folder / "hill.parquet.recording"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if any(tally(file, 9).finished >= 3 for file in journals.glob("*.journal")):
            break
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    kill(process, everything=False)
    assert not (folder / "hill.parquet").exists()
    (journal,) = journals.glob("*.journal")
    before = tally(journal, 9)
    assert 3 <= before.finished < TRIALS
    return command, finish(*command, "--workers", 1, cwd=folder), before.finished


@pytest.fixture(scope="module")
def table(killed: Any, folder: Any) -> Any:
    return read_table(folder / "hill.parquet")


def test_a_killed_recording_goes_on(killed: Any, table: Any, folder: Any) -> None:
    _, output, before = killed
    trained = Counter((folder / "trace").read_text().split())
    lines = output.splitlines()
    assert f"hill.parquet: {TRIALS} trials of hill, " in lines[-2]
    taken_up, of = lines[0].split(" trials, ")[0].split("/")
    assert before <= int(taken_up) < TRIALS == int(of)  # the worker may outlive its driver a while
    assert len(table.configs) == TRIALS == len(trained)
    # No more than the two that were under way are trained twice.
    assert sum(trained.values()) <= TRIALS + 2
    assert not (folder / "hill.parquet.recording").exists()


def test_again_says_that_it_is_there_without_starting_ray(killed: Any, folder: Any) -> None:
    command, *_ = killed
    assert "it was there" in finish(*[*command[:-1], "127.0.0.1:1"], cwd=folder)


def test_another_recording_is_not_written_over(killed: Any, folder: Any) -> None:
    command, *_ = killed
    before = (folder / "hill.parquet").read_bytes()
    output = finish(*[*command, "--seed", 4], cwd=folder, code=2)
    told = "already holds another recording, of hill, which differs in seed; choose another file"
    assert told in output
    assert (folder / "hill.parquet").read_bytes() == before


def test_the_table_has_what_was_trained(table: Any, folder: Any, plugin: Any) -> None:
    options = {"trace": str(folder / "trace"), "wait": 0.02}
    recipe = build_recipe("slope", options, sample=TRIALS, seed=3, name="hill", plugins=[plugin])
    seed = recipe.cell(1).role_seed("problem")
    assert table.about["seeds"]["problem"] == seed
    for row, config in enumerate(table.configs):
        recipe.made.space.check(config)
        training = recipe.made.start(config, seed)
        for step in range(3 if config["depth"] == 5 else 9):
            report = training.step()
            assert table.curves["loss"][row, step] == report["loss"]
            assert table.curves["heldout"][row, step] == report["heldout"]
        if failed := config["depth"] == 5:
            assert "too deep" in table.errors[row]
        assert (table.errors[row] is not None) == failed
        for curve in table.curves.values():
            assert np.isnan(curve[row, 3:]).all() if failed else np.isfinite(curve[row]).all()
    assert {config["depth"] == 5 for config in table.configs} == {False, True}


def test_processor_seconds_are_not_wall_seconds(table: Any) -> None:
    cpu, wall = (table.curves[name] for name in ("cpu", "wall"))
    whole = np.isfinite(wall)
    assert (wall[whole] >= 0.02).all(), "each step sleeps so long"
    assert (cpu[whole] > 0).all()
    assert np.median(cpu[whole]) < 0.01, "sleeping takes no processor"


def test_pandas_reads_the_file_as_it_lies(table: Any, folder: Any) -> None:
    frame = pd.read_parquet(folder / "hill.parquet")
    names = [f"config/{name}" for name in ("lr", "depth", "optimizer", "momentum")]
    assert list(frame.columns) == [*names, "loss", "heldout", "cpu", "wall", "error"]
    assert list(frame["config/depth"]) == [config["depth"] for config in table.configs]
    assert (frame["config/momentum"].isna() == (frame["config/optimizer"] != '"sgd"')).all()
    assert {3, "adam"} <= {config["optimizer"] for config in table.configs}


# -- the same cell, live and replayed ------------------------------------------------------

SUITE = """{{
name: {stage}, searchers: [random],
schedulers: [{{name: fifo}}, {{name: asha, grace_period: 1}}, hyperband], problems: [{problem}],
seeds: [3], workers: 1, stage: {stage}, budget: {{trials: 14}}, plugins: [slope.py]
}}"""


def planned(folder: Path, stage: str, problem: str) -> Any:
    (path := folder / f"{stage}.yaml").write_text(SUITE.format(stage=stage, problem=problem))
    return build_plan(load_suite(path)).cells


def history(outcome: Any) -> tuple[Any, ...]:
    """All but the times."""
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    events = outcome.events.select(["trial", "step", "resource", "loss", "heldout", "decision"])
    trials = outcome.trials.select(["trial", "config", "status", "steps"])
    return events.to_pylist(), trials.to_pylist()


def test_the_same_cell_agrees_live_and_replayed(killed: Any, folder: Any, cluster: Any) -> None:
    live = planned(folder, "live", "{name: slope, as: hill}")
    replayed = planned(folder, "virtual", "{name: recorded, as: hill, table: hill.parquet}")
    cells = LiveCells(cluster, commit=None, timeout=300, journals=folder / "journals")
    outcomes = {o.cell["scheduler"]: o for some in cells.outcomes(live) for o in some}
    cells.close()
    assert [cell.scheduler.name for cell in replayed] == ["fifo", "asha", "hyperband"]
    lengths = {}
    for cell in replayed:
        events, trials = history(outcomes[cell.scheduler.label])
        again = history(run_cell(cell, None))
        assert (again[0], again[1]) == (events, trials)
        lengths[cell.scheduler.name] = len(events)
    assert lengths["asha"] < lengths["fifo"] > lengths["hyperband"], "nothing was stopped"


# -- grids ---------------------------------------------------------------------------------


@pytest.fixture
def recorded(
    cluster: Any, plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Table]:
    """Records a problem."""
    monkeypatch.setattr(record, "connected", lambda *_: contextlib.nullcontext(cluster))

    def make(problem: str, options: Any, **more: Any) -> Table:
        told: list[Any] = []
        recipe = build_recipe(problem, options, plugins=[plugin], **more)
        made = record.record_table(recipe, tmp_path / "made.parquet", told.append)
        assert told[-1] == (made.trials, made.failed)
        return read_table(tmp_path / "made.parquet")

    return make


def test_a_grid_is_recorded_whole(recorded: Any) -> None:
    table = recorded("slope", {}, grid=2)
    space: Any = Space.from_json(table.about["space"])
    values = ((1e-4, 1.0), (1, 5), ("sgd", "adam", 3), (0.0, 0.9))
    assert [p.choices for p in space] == list(values)
    key = repr
    assert sorted(table.configs, key=key) == sorted(space.grid(1), key=key)
    assert len(table.configs) == 2 * 2 * (2 + 1 + 1)


def test_the_space_of_a_grid_has_what_trials_have() -> None:
    space = Space(
        [
            Int("layers", 1, 3, cheap=1),
            Float("dropout", 0.0, 1.0, when=When("layers", (2, 3)), cheap=0.3),
            Float("width", 1.0, 8.0, log=True, when=When("layers", (2,))),
            Categorical("act", ("relu", "tanh"), when=When("width", (1.0,))),
            Categorical("kind", ("a", "b")),
        ]
    )
    assert grid_space(space, list(space.grid(2))) == Space(
        [
            Ordinal("layers", (1, 3), cheap=1),
            Ordinal("dropout", (0.0, 1.0), When("layers", (3,))),
            Categorical("kind", ("a", "b")),
        ]
    )
    full = grid_space(space, list(space.grid(3)))
    assert full.names == space.names
    assert full["act"].when == When("width", (1.0,))
    assert list(full.grid(1)) == list(space.grid(3))


# -- real training ---------------------------------------------------------------------------


def test_xgboost_is_recorded_as_it_trains(recorded: Any) -> None:
    pytest.importorskip("xgboost")
    table = recorded("xgboost", {"dataset": "breast_cancer"}, sample=3)
    problem = XGBoost(dataset="breast_cancer")
    for row, config in enumerate(table.configs):
        training = problem.start(config, table.about["seeds"]["problem"])
        reports = [training.step() for _ in range(problem.fidelity.steps)]
        for name in ("loss", "heldout"):
            assert table.curves[name][row].tolist() == [report[name] for report in reports]
    assert (table.curves["cpu"] > 0).all()
    assert table.about["versions"]["scikit-learn"]


# -- what cannot be recorded ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "options", "more", "told"),
    [
        ("slop", {}, {"sample": 1}, "unknown problem 'slop'; did you mean slope?"),
        ("slope", {"wiat": 1}, {"sample": 1}, "slope: wiat: no such option; did you mean wait?"),
        ("slope", {"wait": "no", "deepest": 0.5}, {"sample": 1}, r"wait: .*; deepest: 0.5: "),
        ("fcnet", {}, {"grid": 2}, "fcnet: option 'dataset' is required, one of"),
        (
            "branin",
            {},
            {"sample": 1},
            "problem 'branin' does not train, so there is nothing to record: use it directly",
        ),
        ("slope", {}, {}, "either a sample or a grid"),
        ("slope", {}, {"sample": 3, "grid": 2}, "either a sample or a grid"),
        ("slope", {}, {"grid": 500}, "more than 1,000,000 configurations: too many to record"),
        ("slope", {}, {"sample": 1_000_001}, "more than 1,000,000 configurations"),
    ],
)
def test_mistakes_are_told(
    plugin: Any, problem: str, options: dict[str, Any], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        build_recipe(problem, options, plugins=[plugin], **more)


def test_a_problem_that_cannot_run_here_is_told(tmp_path: Path) -> None:
    path = tmp_path / "needy.py"
    path.write_text(PLUGIN.replace('name = "slope"', 'name = "slope"\n    requires = ("no-x",)'))
    with pytest.raises(NotAvailableError, match="problem slope: needs no-x, it is not installed"):
        build_recipe("slope", {}, sample=1, plugins=[path])


def test_the_number_of_workers_is_no_part_of_a_recording(plugin: Any) -> None:
    recipe = build_recipe("slope", {}, sample=5, plugins=[plugin])
    assert (recipe.cell(1).id, recipe.cell(7).workers) == (recipe.cell(7).id, 7)
    others: list[dict[str, Any]] = [
        {"sample": 6},
        {"sample": 5, "seed": 1},
        {"sample": 5, "trial_timeout": 9.0},
    ]
    others += [{"sample": 5, "name": "hill"}, {"grid": 1}]
    ids = {build_recipe("slope", {}, plugins=[plugin], **more).cell(1).id for more in others}
    assert len(ids | {recipe.cell(1).id}) == 6


def test_options_of_the_command_line(tmp_path: Path) -> None:
    command = ("problems", "record", "slope", "--sample", 1, "--out", tmp_path / "a.parquet")
    assert "'wait' is not KEY=VALUE" in finish(*command, "-o", "wait", code=2)
    assert "'wait' is given twice" in finish(*command, "-o", "wait=1", "-o", "wait=2", code=2)


def test_a_missing_folder_is_told_before_anything_is_trained(tmp_path: Path, plugin: Any) -> None:
    out = tmp_path / "none" / "a.parquet"
    command = ("problems", "record", "slope", "--sample", 1, "--plugin", plugin, "--out", out)
    assert f"there is no folder {out.parent}" in finish(*command, code=2)


@pytest.mark.parametrize("kind", ["foreign", "no parquet"])
def test_files_of_others_are_left_alone(kind: str, tmp_path: Path, plugin: Any) -> None:
    out = tmp_path / "mine.parquet"
    if kind == "foreign":
        pd.DataFrame({"a": [1]}).to_parquet(out)
    else:
        out.write_text("my notes")
    before = out.read_bytes()
    command = ("problems", "record", "slope", "--sample", 1, "--plugin", plugin, "--out", out)
    told = "but no recorded problem" if kind == "foreign" else "damaged, or no recorded table"
    assert told in finish(*command, code=1)
    assert out.read_bytes() == before
    with pytest.raises(StoreError):
        read_about(out)


def test_a_recording_of_failures_alone_is_none(recorded: Any, tmp_path: Path) -> None:
    with pytest.raises(CellError, match=r"(?s)all 2 trials failed, the first with: .*too deep"):
        recorded("slope", {"deepest": 0}, sample=2)
    assert not (tmp_path / "made.parquet").exists()


# -- journals ------------------------------------------------------------------------------


def test_steps_are_read_from_the_journal_also_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    assert tally(path, 3) == TrialCounts(0, 0)
    assert len(measured(path)) == 0
    journal = Journal(path)
    journal.append({"version": 1, "run": "x"})
    record = {"config": "", "clock": 0.0, "worker": 0}
    steps = [(0.5, None, 2.0, 1.0), (0.4, 0.6, 2.0, 1.5)]
    journal.append(record | {"trial": 0, "step": 1, "results": steps}, b"state")
    journal.append(record | {"trial": 1, "step": 1, "results": [], "error": "no", "cost": 1.0})
    journal.append(record | {"trial": 0, "step": 3, "results": steps[:1]})
    journal.commit()
    assert tally(path, 3) == TrialCounts(finished=2, failed=1)
    assert measured(path).to_pydict() == {
        "trial": [0, 0, 0],
        "step": [1, 2, 3],
        "loss": [0.5, 0.4, 0.5],
        "heldout": [None, 0.6, None],
        "wall": [2.0, 2.0, 2.0],
        "cpu": [1.0, 1.5, 1.0],
    }
    with path.open("ab") as file:  # torn: being written
        file.write(b"\x01\x02\x03")
    assert tally(path, 3).finished == 2
    journal.close()
    assert json.loads(json.dumps(tally(path, 3))) == [2, 1]


def test_relative_paths_are_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (program := Path("train.sh")).write_text("#!/bin/sh\n")
    program.chmod(0o755)
    options = {"run": ["./train.sh"], "space": {"x": {"float": [0, 1]}}}
    recipe = build_recipe("command", options, sample=1)
    assert recipe.cell(1).problem.folder == str(tmp_path)
    made: Any = recipe.made
    assert made.program.argv() == [str(tmp_path / "train.sh")]
