"""MLflow's storages, written by MLflow itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.bridges.imports.importing import Imported, import_trials
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import StoreError, UsageError
from hpobench.running.tracking.tracker import client
from tests.support.imported_trials import configs, curve, mlflow_experiment

# MLflow's tables use what SQLAlchemy is about to drop.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SADeprecationWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow_experiment(f"sqlite:///{file}", 12)
    return file


def read(storage: Path | str, **asked: Any) -> Imported:
    return import_trials(str(storage), Asked(**{"mode": "min", **asked}))


def test_a_database_and_a_folder_hold_the_same(database: Path, tmp_path: Path) -> None:
    mlflow_experiment(str(tmp_path / "mlruns"), 12)
    for storage in (database, tmp_path / "mlruns"):
        made = read(storage)
        assert (made.space.names, made.inferred) == (["depth", "kind", "lr"], True)
        assert made.table.configs == [dict(sorted(config.items())) for config in configs(12)]
        assert made.table.curves["loss"].tolist() == [list(curve(c)) for c in configs(12)]
        assert made.fidelity.steps == 5


def test_a_storage_is_left_as_it_is(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes(), sorted(database.parent.iterdir())
    read(database)
    assert (database.read_bytes(), sorted(database.parent.iterdir())) == before
    mlflow_experiment(str(tmp_path / "mlruns"), 2)
    files = sorted(tmp_path.rglob("*"))
    read(tmp_path / "mlruns")
    assert sorted(tmp_path.rglob("*")) == files


def test_runs_of_all_kinds(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    connection = client(f"sqlite:///{file}", "a test")
    mine = connection.create_experiment("mine")
    parent = connection.create_run(mine).info.run_id
    for i, status in enumerate(["FINISHED", "FINISHED", "FAILED", "KILLED", "RUNNING"]):
        tags = {"mlflow.parentRunId": parent}
        run = connection.create_run(mine, tags=tags, run_name=f"r{i}").info.run_id
        connection.log_param(run, "lr", 0.1 * (i + 1))
        for step in range(3 if status == "FINISHED" else 1):
            connection.log_metric(run, "loss", i + 1 / (step + 1), step=step)
            connection.log_metric(run, "accuracy", 0.5, step=step)
        if status != "RUNNING":
            connection.set_terminated(run, status)
    connection.set_terminated(parent)
    with pytest.raises(UsageError, match=r"mine has more than one metric: 'accuracy', 'loss'"):
        read(file)
    made = read(file, metric="loss")
    expected = [*("complete", "complete", "failed", "stopped")]
    assert [trial.state for trial in made.source.trials] == expected
    assert "2 runs that are not over, or have no loss, are left out" in made.notes
    assert made.table.about["continued"] == [[3, 1]]


def test_an_empty_database_and_an_unknown_experiment(database: Path, tmp_path: Path) -> None:
    client(f"sqlite:///{tmp_path}/void.db", "a test").search_experiments()
    with pytest.raises(UsageError, match=r"void\.db has no experiment: there is nothing to import"):
        read(tmp_path / "void.db")
    with pytest.raises(UsageError, match=r"no experiment 'mne'; did you mean mine\?"):
        read(database, study="mne")


def test_a_damaged_folder(tmp_path: Path) -> None:
    mlflow_experiment(str(tmp_path / "mlruns"), 2)
    (metric,) = list(tmp_path.glob("mlruns/*/*/metrics/loss"))[:1]
    metric.write_text("garbage\n")
    with pytest.raises(StoreError, match=r"mlruns: MLflow cannot read it"):
        read(tmp_path / "mlruns")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(StoreError, match=r"^http://\*\*\*@127\.0\.0\.1:9: .*whether the server"):
        read("http://me:secret@127.0.0.1:9")
