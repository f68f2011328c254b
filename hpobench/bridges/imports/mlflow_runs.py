"""The runs of an MLflow experiment, from a database, a folder of files, or a server."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hpobench.bridges.imports import trials as common
from hpobench.contract.errors import HpobenchError, StoreError, UsageError
from hpobench.running.tracking.tracker import client, without_secrets

TABLES = {"experiments", "runs", "metrics"}  # by these a database is known to be MLflow's
_FILES = "MLFLOW_ALLOW_FILE_STORE"  # without which MLflow refuses folders of files
_KEPT = {"params", "metrics", "tags"}  # folders of a run; its artifacts may be large
_STATES: dict[str, common.State]
_STATES = {"FINISHED": "complete", "FAILED": "failed", "KILLED": "stopped"}


def read_folder(path: Path, asked: common.Asked) -> common.StoredTrials:
    """The experiment in the folder of files ``path``, of which a copy is opened."""
    with tempfile.TemporaryDirectory(prefix="hpobench-import-") as folder, _files_allowed():
        for above, inside, files in os.walk(path):
            depth = len(Path(above).relative_to(path).parts)
            if depth == 2:  # a run
                inside[:] = [name for name in inside if name in _KEPT]
            inside.sort()
            for file in files if depth > 2 else {"meta.yaml"}.intersection(files):
                target = Path(folder, Path(above).relative_to(path), file)
                target.parent.mkdir(parents=True, exist_ok=True)
                common.copy(Path(above, file), target)
                if depth == 2:  # MLflow looks for runs by these folders
                    for name in (*_KEPT, "artifacts"):
                        target.with_name(name).mkdir(exist_ok=True)
        return read_server(folder, asked, str(path))


def read_server(uri: str, asked: common.Asked, where: str | None = None) -> common.StoredTrials:
    """The experiment at ``uri``; ``where`` is what the user calls it."""
    where = without_secrets(where or uri)
    try:
        connection = client(uri, f"{where}:")
        experiments = {str(e.name): e.experiment_id for e in connection.search_experiments()}
        names = sorted(experiments)
        if asked.study is None:  # every storage has an experiment "Default", mostly without runs
            used = {n: connection.search_runs([experiments[n]], max_results=1) for n in names}
            names = [n for n in names if used[n]]
        name = common.choose("experiment", names, asked.study, "--study", where)
        runs: list[Any] = []
        token = None
        while token != "":
            page = connection.search_runs([experiments[name]], page_token=token)
            runs += page
            if len(runs) > common.MOST_TRIALS:
                raise UsageError(f"more than {common.MOST_TRIALS:,} runs")
            token = page.token or ""
        runs.sort(key=lambda run: (run.info.start_time, run.info.run_id))
        return _source(connection, where, name, runs, asked)
    except (HpobenchError, MemoryError):
        raise
    except Exception as error:
        first = without_secrets(str(error).strip().partition("\n")[0])
        todo = "read it with the MLflow that wrote it, or update a copy with `mlflow db upgrade`"
        if uri.startswith("http"):
            todo = "see whether the server answers"
        raise StoreError(
            f"{where}: MLflow cannot read it ({type(error).__name__}: {first[:300]}); {todo}"
        ) from error


@contextlib.contextmanager
def _files_allowed() -> Iterator[None]:
    before = os.environ.get(_FILES)
    os.environ[_FILES] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FILES]
        else:
            os.environ[_FILES] = before


def _source(
    connection: Any, where: str, name: str, runs: Sequence[Any], asked: common.Asked
) -> common.StoredTrials:
    metrics = Counter(metric for run in runs for metric in run.data.metrics)
    metric = common.choose("metric", sorted(metrics), asked.metric, "--metric", f"{where}: {name}")
    parents = {run.data.tags.get("mlflow.parentRunId") for run in runs}
    kept = [
        run
        for run in runs
        if run.info.status in _STATES
        and (metric in run.data.metrics or run.info.run_id not in parents)
    ]
    found = [_trial(connection, run, metric) for run in kept]
    trials = common.with_last_step([trial for trial in found if trial.reports or trial.error])
    notes = []
    if left := len(runs) - len(trials):
        notes.append(f"{left} runs that are not over, or have no {metric}, are left out")
    objective = asked.objective(metric, where)
    return common.StoredTrials(where, "MLflow experiment", name, objective, trials, notes=notes)


def _trial(connection: Any, run: Any, metric: str) -> common.PastTrial:
    points = connection.get_metric_history(run.info.run_id, metric)
    history = sorted(points, key=lambda point: (point.step, point.timestamp))
    state = _STATES[run.info.status]
    begin = run.info.start_time
    reports = {point.step: float(point.value) for point in history}
    times: dict[int, float] = {}
    if len(reports) > 1:  # a metric that is logged once is logged at any time
        times = {point.step: (point.timestamp - begin) / 1000 for point in history}
    return common.PastTrial(
        f"run {run.info.run_name or run.info.run_id}",
        dict(sorted(run.data.params.items())),
        reports=reports,
        times=times,
        seconds=(run.info.end_time - begin) / 1000 if begin and run.info.end_time else None,
        state=state,
        error="failed in MLflow" if state == "failed" else None,
    )
