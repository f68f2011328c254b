"""Finished cells as MLflow runs, logged beside the run by threads of their own.

One experiment per suite, one run per cell, one nested run per trial. MLflow takes 20 ms and more
for a trial, longer than the virtual stage takes to run it: cells queue up while the run goes on,
and the queue is emptied at its end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from hpobench.contract.errors import NotAvailableError, UsageError
from hpobench.running.tracking.run_records import CellRecords, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from hpobench.running.plan.experiment import Progress
    from hpobench.store.write.batch import Batch, Outcome
    from hpobench.store.write.problem_rows import ProblemRows

T = TypeVar("T")

_CELL = "hpobench.cell"
"""The tag of a cell's run, by which a later attempt at the cell finds and replaces it."""
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # By default seven retries, each up to two minutes: that would hold up the end of a run.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_SERVERS = ("http:", "https:", "databricks")
_SERVER_THREADS = 8
"""Cells logged at a time where the network takes the time; a database is written by one."""
_LINE_S = 10.0
_LONGEST_REASON = 600
_LONGEST_TAG = 5000
_REFUSED = re.compile(r"[^\w./: -]")
"""The characters that MLflow does not accept in names of parameters."""
_LOGIN = re.compile(r"//[^/\s'\"]*@")
"""``user:password@`` of an address; a password may hold an ``@`` itself."""


class Tracker:
    """Logs the cells of a run; use :func:`tracking`. It never raises into the run. The first
    failure is reported and ends the logging."""

    def __init__(
        self,
        client: MlflowClient,
        suite: str,
        folder: Path,
        *,
        threads: int,
        tell: Callable[[str], None],
    ) -> None:
        self._client, self._suite, self._folder, self._tell = client, suite, folder, tell
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mlflow")
        self._lock = threading.Lock()
        self._stopped = False
        self._opened: Future[tuple[str, Mapping[str, list[str]]] | None] = Future()
        self._cells: list[Future[bool | None]] = []

    @property
    def unlogged(self) -> int:
        """Cells that were to be logged and are not, or not yet."""
        return sum(not cell.done() or cell.cancelled() or not cell.result() for cell in self._cells)

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:  # noqa: ARG002
        """Open the experiment, unless nothing is going to run."""
        if stored < total:
            self._opened = self._pool.submit(self._attempt, self._open)

    def update(self, batches: Sequence[Batch], running: int) -> None:  # noqa: ARG002
        """Queue cells that have just finished."""
        self._cells += [
            self._pool.submit(self._attempt, self._log, outcome)
            for batch in batches
            for outcome in batch.outcomes(self._folder)
        ]

    def drain(self) -> None:
        """Wait until all cells are logged, and report it every ten seconds."""
        while waiting := len(wait(self._cells, timeout=_LINE_S).not_done):
            total = len(self._cells)
            self._tell(f"logging to MLflow: {total - waiting}/{total} cells")
        self._pool.shutdown()

    def abandon(self) -> None:
        """Stop logging. The MLflow run of a cell that was being logged stays RUNNING."""
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def _attempt(self, work: Callable[..., T], *args: object) -> T | None:
        """The result of ``work``; ``None`` if it failed or something has failed before."""
        try:
            return None if self._stopped else work(*args)
        except Exception as error:
            with self._lock:
                first, self._stopped = not self._stopped, True
            if first:
                self._tell(
                    f"warning: cannot log to MLflow: {_reason(error)}; the run goes on and stores "
                    "its results, but logs no more cells"
                )
            return None

    def _open(self) -> tuple[str, Mapping[str, list[str]]]:
        """The id of the suite's experiment, and the runs that it holds already by their cell."""
        experiment = self._client.get_experiment_by_name(self._suite)
        if experiment is None:
            return self._client.create_experiment(self._suite), {}
        earlier: dict[str, list[str]] = defaultdict(list)
        for run in self._search(experiment.experiment_id, f"tags.`{_CELL}` LIKE '%'"):
            earlier[run.data.tags[_CELL]].append(run.info.run_id)
        return experiment.experiment_id, earlier

    def _search(self, experiment: str, condition: str) -> Iterator[Run]:
        token = None
        while token != "":
            page = self._client.search_runs([experiment], condition, page_token=token)
            yield from page
            token = page.token or ""

    def _log(self, outcome: Outcome) -> bool:
        """Log one cell in place of earlier attempts at it; false if stopped midway."""
        opened = self._opened.result()
        if opened is None:
            return False
        experiment, earlier = opened
        records = CellRecords(outcome)
        cell = records.cell()
        parent = self._start(experiment, cell, {_CELL: cell.name})
        for trial in records.trials():
            if self._stopped:
                return False
            run = self._start(experiment, trial, {"mlflow.parentRunId": parent})
            self._client.set_terminated(run, trial.status, trial.end)
        # Last, so that a run that looks finished is complete.
        self._client.set_terminated(parent, cell.status, cell.end)
        for run in earlier.get(cell.name, ()):
            # All are found before any is deleted, because deletions shift the pages of a search.
            trials = list(self._search(experiment, f"tags.`mlflow.parentRunId` = '{run}'"))
            for old in [run, *(trial.info.run_id for trial in trials)]:
                self._client.delete_run(old)
        return True

    def _start(self, experiment: str, record: Record, tags: Mapping[str, str]) -> str:
        from mlflow.entities import Metric, Param

        # Tags are set here rather than in the batch, which saves a transaction for each trial.
        tags = {key: text[:_LONGEST_TAG] for key, text in {**tags, **record.tags}.items()}
        run: str = self._client.create_run(experiment, record.start, tags, record.name).info.run_id
        # The client splits this into batches that servers accept.
        self._client.log_batch(
            run,
            [Metric(point.metric, point.value, point.time, point.step) for point in record.points],
            [Param(_REFUSED.sub("_", key), str(value)) for key, value in record.params.items()],
        )
        return run


@dataclass(frozen=True)
class Together:
    """Several observers of a run as one."""

    observers: Sequence[Progress]

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        for observer in self.observers:
            observer.begin(total, stored, problems)

    def update(self, batches: Sequence[Batch], running: int) -> None:
        for observer in self.observers:
            observer.update(batches, running)


@contextlib.contextmanager
def tracking(
    uri: str | None, suite: str, folder: Path, tell: Callable[[str], None]
) -> Iterator[list[Tracker]]:
    """Yield the observers that log a run of ``suite``, whose results are in ``folder``, to the
    MLflow server or database at ``uri``.

    Without a ``uri`` there are none, with one there is one. When the block ends, all is logged.
    ``tell`` is called with messages about failures and waiting, from other threads too.

    Raises :class:`NotAvailableError` without MLflow and :class:`UsageError` for a ``uri`` that it
    refuses. A server that does not answer is only noticed when the run begins.
    """
    if uri is None:
        yield []
        return
    threads = _SERVER_THREADS if uri.startswith(_SERVERS) else 1
    tracker = Tracker(client(uri, "--mlflow"), suite, folder, threads=threads, tell=tell)
    try:
        try:
            yield [tracker]
        except Exception:
            tracker.drain()
            raise
        tracker.drain()
    except KeyboardInterrupt:
        tracker.abandon()
        raise
    finally:
        if tracker.unlogged:
            tell(f"{tracker.unlogged} cells are stored, but not logged to MLflow")


def client(uri: str, what: str) -> MlflowClient:
    """A client for ``uri``. This opens a database, but does not contact a server yet. ``what``
    brought the ``uri``, for messages. Raises :class:`NotAvailableError` without MLflow and
    :class:`UsageError` for a ``uri`` that it refuses."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise NotAvailableError(
            f"{what} needs mlflow, which is not installed; pip install 'hpobench[mlflow]'"
        ) from error
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    url = urlsplit(uri)
    if not uri or (url.scheme in ("http", "https") and not url.hostname):
        raise UsageError(
            f"{what} {without_secrets(uri)!r} names no host; try http://localhost:5000"
        )
    try:
        return MlflowClient(tracking_uri=uri)
    except Exception as error:
        raise UsageError(f"{what} {without_secrets(uri)}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    text = without_secrets(str(error).strip() or type(error).__name__)
    return text.splitlines()[0][:_LONGEST_REASON]


def without_secrets(text: str) -> str:
    """``text`` with ``***`` for who logs in at the addresses in it, and with which password."""
    return _LOGIN.sub("//***@", text)
