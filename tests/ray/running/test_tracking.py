"""Runs in MLflow: what is logged, once, and what happens when MLflow does not take it."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hpobench.cli.run import UNLOGGED
from hpobench.running.cells.outcome import unfinished_cell
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.tracking.tracker import _reason, client, tracking, without_secrets
from hpobench.store.format import schema
from hpobench.store.read.reader import Results, load_results
from hpobench.store.write.batch import Batch
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.command_line import python

# MLflow's tables use what SQLAlchemy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")

SUITE = """
name: tracked
searchers: [random]
schedulers: [fifo, asha]
problems: [{mf-hartmann: {dimension: 3, quality: good, steps: 9}}]
seeds: 2
workers: 3
budget: {evaluations: 4}
"""
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Any:
    (file := tmp_path_factory.mktemp("suite") / "suite.yaml").write_text(SUITE)
    return file


@pytest.fixture(scope="module")
def outcomes(suite: Any) -> list[Any]:
    return [run_cell(cell, None) for cell in build_plan(load_suite(suite)).cells]


def hpobench_run(
    suite: Any, folder: Path, uri: str, *options: Any, **environment: Any
) -> tuple[str, str]:
    """``hpobench run --mlflow`` in a process of its own; its output and its errors."""
    fixed: list[Any] = ["--results", folder, "--mlflow", uri, "--no-report", "--cpus", "2"]
    done = python("-m", "hpobench", "run", suite, *fixed, *options, **environment)
    return done.stdout, done.stderr


class Logged:
    """What MLflow's own client reads back from the database ``file``."""

    def __init__(self, file: Path, suite: str = "tracked") -> None:
        self.client = client(f"sqlite:///{file}", "--mlflow")
        self.experiment = self.client.get_experiment_by_name(suite)
        found = self.client.search_runs([self.experiment.experiment_id], max_results=5000)
        self.runs = {run.info.run_id: run for run in found}
        self.cells = {
            run.data.tags["hpobench.cell"]: run
            for run in found
            if "mlflow.parentRunId" not in run.data.tags
        }

    def trials(self, cell: str) -> Any:
        parent = self.cells[cell].info.run_id
        return {
            int(run.data.tags["hpobench.trial"]): run
            for run in self.runs.values()
            if run.data.tags.get("mlflow.parentRunId") == parent
        }

    def history(self, run: Any, metric: str) -> list[tuple[int, float, int]]:
        """(step, value, time) of a metric, by step."""
        found = self.client.get_metric_history(run.info.run_id, metric)
        return sorted((point.step, point.value, point.timestamp) for point in found)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One for all tests of single cells, since MLflow takes seconds to make one."""
    return tmp_path_factory.mktemp("mlflow") / "mlflow.db"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Any:
    """A suite, and so an experiment, for each test."""
    return request.node.name


def batches(database: Any, outcomes: Iterable[Any]) -> list[Batch]:
    """A batch of each of ``outcomes``, whose shards are beside the database."""
    return [Batch.of([outcome], database.parent) for outcome in outcomes]


def log(database: Any, name: str, *outcomes: Any) -> Logged:
    told: list[str] = []
    with tracking(f"sqlite:///{database}", name, database.parent, told.append) as [tracker]:
        tracker.begin(len(outcomes), 0, {})
        tracker.update(batches(database, outcomes), 0)
    assert told == []
    return Logged(database, name)


# -- whole runs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(suite: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Results]:
    """The results' folder, the database and the results of one run with ``--mlflow``."""
    folder = tmp_path_factory.mktemp("run")
    output, errors = hpobench_run(suite, folder, f"sqlite:///{folder / 'mlflow.db'}")
    assert errors == ""
    assert "in all 4 done" in output
    return folder, folder / "mlflow.db", load_results(folder / "tracked")


def test_a_run_for_each_cell_and_one_for_each_trial(stored: tuple[Path, Path, Results]) -> None:
    _, database, results = stored
    logged = Logged(database)
    assert set(logged.cells) == set(results.cells["cell"])
    assert len(logged.runs) == len(results.cells) + len(results.trials)
    for row in results.cells.to_dict("records"):
        run = logged.cells[row["cell"]]
        assert (run.info.status, run.info.run_name) == ("FINISHED", row["cell"])
        assert run.data.params == {
            **{name: str(row[name]) for name in ("searcher", "scheduler", "problem")},
            **{name: str(row[name]) for name in ("seed", "workers", "stage")},
            "budget.evaluations": "4.0",
        }
        for name in ("trials", "results", "clock", "harness_s", "suggest_s", "peak_memory"):
            assert run.data.metrics[name] == row[name]
        assert len(logged.trials(row["cell"])) == row["trials"]


def test_where_it_comes_from(stored: tuple[Path, Path, Results]) -> None:
    _, database, results = stored
    logged = Logged(database)
    for row in results.cells.to_dict("records"):
        tags, origin = logged.cells[row["cell"]].data.tags, json.loads(row["provenance"])
        assert tags["hpobench.version.ray"] == origin["versions"]["ray"]
        assert tags["hpobench.host.name"] == origin["host"]["name"]
        assert tags.get("hpobench.commit") == origin["commit"]


def test_trials_are_their_configurations_and_events(stored: tuple[Path, Path, Results]) -> None:
    _, database, results = stored
    logged = Logged(database)
    trials: Any = results.trials.set_index(["cell", "trial"])
    groups: Any = results.events.groupby(["cell", "trial"], observed=True)
    for (cell, number), events in groups:
        trial = trials.loc[cell, number]
        run = logged.trials(cell)[number]
        config = json.loads(trial["config"])
        assert run.data.params == {name: str(value) for name, value in config.items()}
        start = logged.cells[cell].info.start_time
        times = start + (1000 * events["clock"]).round().astype(int)
        for metric in ("loss", "heldout", "cost"):
            expected = zip(events["step"], events[metric], times, strict=True)
            assert logged.history(run, metric) == list(expected)
        assert run.info.start_time == start + round(1000 * trial["start"])
        assert run.info.end_time == start + round(1000 * trial["end"])


def test_the_incumbent_is_a_metric_of_the_cell(stored: tuple[Path, Path, Results]) -> None:
    _, database, results = stored
    logged = Logged(database)
    for cell, events in results.events.groupby("cell", observed=True):
        best = events.reset_index(drop=True)["loss"].cummin()
        improved = best[best.diff().fillna(-1) < 0]
        history = logged.history(logged.cells[cell], "best_loss")
        assert [(step - 1, value) for step, value, _ in history] == list(improved.items())
        at = events["loss"].to_numpy().argmin()
        metrics = logged.cells[cell].data.metrics
        assert metrics["best_loss"] == events["loss"].min()
        assert metrics["best_heldout"] == events["heldout"].iloc[at]


def test_how_trials_ended(stored: tuple[Path, Path, Results]) -> None:
    _, database, results = stored
    logged = Logged(database)
    seen = set()
    for row in results.trials.to_dict("records"):
        run = logged.trials(row["cell"])[row["trial"]]
        seen.add((row["status"], run.info.status))
        assert run.data.tags["hpobench.status"] == row["status"]
    assert seen == {("completed", "FINISHED"), ("stopped", "KILLED"), ("cut", "KILLED")}


def test_again_adds_nothing(suite: Any, stored: tuple[Path, Path, Results]) -> None:
    folder, database, _ = stored
    before = set(Logged(database).runs)
    output, errors = hpobench_run(suite, folder, f"sqlite:///{database}")
    assert errors == ""
    assert "ran 0 cells" in output
    assert set(Logged(database).runs) == before


def test_only_what_runs_now_is_logged(suite: Any, stored: tuple[Path, Path, Results]) -> None:
    folder, database, _ = stored
    before = set(Logged(database).runs)
    hpobench_run(suite, folder, f"sqlite:///{database}", "--seeds", "2-3", "--only", "*/fifo/*")
    logged = Logged(database)
    new = [run for name, run in logged.runs.items() if name not in before]
    assert {run.data.params["seed"] for run in new if "seed" in run.data.params} == {"2", "3"}
    assert len(logged.cells) == 6


def test_warnings_do_not_show_who_logs_in() -> None:
    reason = RuntimeError("POST http://ada:s3cr@t@host:5000/api failed\nmore")
    assert _reason(reason) == "POST http://***@host:5000/api failed"
    address = "mysql+pymysql://ada:s3cret@host/runs"
    expected = "--mlflow 'mysql+pymysql://***@host/runs': no"
    assert without_secrets(f"--mlflow {address!r}: no") == expected


def test_without_a_server_results_stay_and_the_exit_code_tells(suite: Any, tmp_path: Path) -> None:
    assert UNLOGGED == 3
    output, errors = hpobench_run(
        suite, tmp_path, NOBODY, code=3, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"
    )
    assert "in all 4 done" in output
    warning, counted = errors.splitlines()
    assert warning.startswith(f"warning: cannot log to MLflow: API request to {NOBODY}/")
    assert warning.endswith("but logs no more cells")
    assert counted == "4 cells are stored, but not logged to MLflow"
    assert list(load_results(tmp_path / "tracked").cells["status"]) == ["done"] * 4


# -- single cells ----------------------------------------------------------------------------


def test_a_later_attempt_replaces_it(suite: Any, outcomes: Any, database: Any, name: Any) -> None:
    whole = outcomes[0]
    cell = next(c for c in build_plan(load_suite(suite)).cells if c.id == whole.cell["cell"])
    failed = log(database, name, unfinished_cell(cell, None, "failed", "it crashed"), outcomes[1])
    run = failed.cells[cell.id]
    assert (run.info.status, run.data.tags["hpobench.error"]) == ("FAILED", "it crashed")
    assert "best_loss" not in run.data.metrics

    first = log(database, name, whole)
    again = log(database, name, whole)
    assert set(first.runs).isdisjoint(set(again.trials(cell.id)))
    assert again.cells[cell.id].info.status == "FINISHED"
    assert len(again.cells) == 2
    assert len(again.runs) == 2 + len(whole.trials) + len(outcomes[1].trials)


def test_a_time_out_and_failed_trials(outcomes: Any, database: Any, name: Any) -> None:
    trials = outcomes[0].trials.to_pylist()
    trials[1] |= {"status": "failed", "error": "NaN"}
    trials[2] |= {"status": "paused"}
    outcome = replace(
        outcomes[0],
        cell=outcomes[0].cell | {"status": "timeout", "error": "not finished"},
        trials=pa.Table.from_pylist(trials, schema=outcomes[0].trials.schema),
    )
    logged = log(database, name, outcome)
    cell = outcome.cell["cell"]
    assert logged.cells[cell].info.status == "KILLED"
    runs = logged.trials(cell)
    assert (runs[1].info.status, runs[1].data.tags["hpobench.error"]) == ("FAILED", "NaN")
    assert runs[2].info.status == "KILLED"


def test_lineage_of_population_based_training(outcomes: Any, database: Any, name: Any) -> None:
    events = outcomes[0].events.to_pylist()
    changed = next(event for event in events if event["trial"] == 1 and event["step"] == 4)
    changed |= {"parent": 0, "parent_step": 3, "config": json.dumps({"x0": 0.25})}
    table = pa.Table.from_pylist(events, schema=outcomes[0].events.schema)
    logged = log(database, name, replace(outcomes[0], events=table))
    tags = logged.trials(outcomes[0].cell["cell"])[1].data.tags
    exploits = {key: value for key, value in tags.items() if "exploit" in key}
    assert list(exploits) == ["hpobench.exploit.4"]
    told = {"parent": 0, "parent_step": 3, "config": {"x0": 0.25}}
    assert json.loads(exploits["hpobench.exploit.4"]) == told


def test_more_than_one_batch_and_strange_names(outcomes: Any, database: Any, name: Any) -> None:
    """MLflow takes 100 parameters and 1,000 values at a time, and not every character."""
    config = {f"layer[{i}] size": i for i in range(150)} | {"kind": "x" * 7000, "on": True}
    trial = outcomes[0].trials.to_pylist()[0] | {"config": json.dumps(config)}
    event = outcomes[0].events.to_pylist()[0]
    steps = [event | {"step": i + 1, "clock": float(i), "loss": -float(i)} for i in range(1200)]
    outcome = replace(
        outcomes[0],
        cell=outcomes[0].cell | {"results": 1200, "trials": 1},
        events=pa.Table.from_pylist(steps, schema=schema.plain(schema.EVENTS)),
        trials=pa.Table.from_pylist([trial], schema=schema.plain(schema.TRIALS)),
    )
    logged = log(database, name, outcome)
    run = logged.trials(outcome.cell["cell"])[0]
    assert len(run.data.params) == 152
    assert (run.data.params["layer_149_ size"], run.data.params["on"]) == ("149", "True")
    history = logged.history(run, "loss")
    assert [value for _, value, _ in history] == [-float(i) for i in range(1200)]


# -- what goes wrong -------------------------------------------------------------------------


def test_ctrl_c_leaves_the_queue_and_says_so(outcomes: Any, database: Any, name: Any) -> None:
    told: list[str] = []

    def interrupted() -> None:
        with tracking(f"sqlite:///{database}", name, database.parent, told.append) as [tracker]:
            tracker.begin(40, 0, {})
            tracker.update(batches(database, outcomes * 10), 0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(told) == 1
    assert told[0].endswith("cells are stored, but not logged to MLflow")
    finished = [r for r in Logged(database, name).cells.values() if r.info.status == "FINISHED"]
    assert int(told[0].split()[0]) == 40 - len(finished) > 30


def test_an_error_does_not_lose_finished_cells(outcomes: Any, database: Any, name: Any) -> None:
    def failing() -> None:
        with tracking(f"sqlite:///{database}", name, database.parent, pytest.fail) as [tracker]:
            tracker.begin(4, 0, {})
            tracker.update(batches(database, outcomes[:2]), 0)
            raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"):
        failing()
    assert len(Logged(database, name).cells) == 2


def test_a_failure_midway_is_told_once_and_ends_it(outcomes: Any, database: Any, name: Any) -> None:
    told: list[str] = []
    broken = replace(outcomes[1], cell=outcomes[1].cell | {"provenance": "{"})
    with tracking(f"sqlite:///{database}", name, database.parent, told.append) as [tracker]:
        tracker.begin(4, 0, {})
        tracker.update(batches(database, [outcomes[0], broken, *outcomes[2:]]), 0)
    expected = ["warning", "3 cells are stored, but not logged to MLflow"]
    assert [line.partition(":")[0] for line in told] == expected
    assert list(Logged(database, name).cells) == [outcomes[0].cell["cell"]]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "names no host"),
        ("http://", "names no host"),
        ("http://ada:s3cret@", "'http://***@' names no host"),
        ("localhost:5000", "unsupported URI 'localhost:5000'"),
        ("mlruns", "(e.g., 'sqlite:///mlflow.db')"),
        ("sqlite:////dev/null/mlflow.db", "/dev/null"),
    ],
)
def test_a_wrong_uri_is_an_error_before_anything_runs(
    uri: str, reason: str, suite: Any, tmp_path: Path, says: Any
) -> None:
    results = tmp_path / "results"
    error = says("run", suite, "--results", results, "--mlflow", uri, code=2).err
    assert error.startswith("error: --mlflow")
    assert reason in error
    assert "s3cret" not in error
    assert not results.exists()


def test_without_the_package_the_error_says_what_brings_it(
    suite: Any, tmp_path: Path, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("mlflow"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    results = tmp_path / "results"
    error = says("run", suite, "--results", results, "--mlflow", NOBODY, code=1).err
    assert "pip install 'hpobench[mlflow]'" in error
    assert not results.exists()


def test_mlflow_reports_nothing_about_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from hpobench.running.tracking.tracker import client\n"
        f"client('{NOBODY}', '--mlflow')\n"
        "from mlflow.telemetry import get_telemetry_client\n"
        "print(get_telemetry_client())"
    )
    for quiet in ("PYTEST_CURRENT_TEST", "CI", "MLFLOW_DISABLE_TELEMETRY"):
        monkeypatch.delenv(quiet, raising=False)
    assert python("-c", code).stdout == "None\n"
