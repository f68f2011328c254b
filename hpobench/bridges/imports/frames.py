"""CSV and parquet files: a trial a row, or, with a column of steps, a step a row."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.bridges.imports import trials as common
from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import read_whole
from hpobench.recording.table import KEY
from hpobench.store.format.disk import explained

PARQUET = b"PAR1"
# With one of these, Ray, Optuna, MLflow and we begin the names of columns of parameters.
_PREFIXES = ("config/", "params_", "params.", "config.")

Row = Mapping[str, Any]


def read_frame(path: Path, asked: common.Asked) -> common.StoredTrials:
    """The trials in the CSV or parquet file ``path``."""
    with explained(path):
        data = read_whole(path, limit=common.MAX_BYTES)
    columns, rows, notes = (_parquet if data.startswith(PARQUET) else _csv)(path, data)
    if len(rows) > common.MOST_TRIALS:
        raise UsageError(f"{path}: more than {common.MOST_TRIALS:,} rows")
    # Frames of pandas have their index in a column without a name.
    columns = [c for c in columns if c and not c.startswith(("Unnamed:", "__index"))]
    if not rows:
        raise UsageError(f"{path}: has no rows: there is nothing to import")
    common.choose("table", [path.stem], asked.study, "--study", path)
    metric = common.choose("column", columns, asked.metric, "--metric", path)
    timed = asked.cost if asked.seconds is None else None
    for option, name in (("--step", asked.step), ("--trial", asked.trial), ("--cost", timed)):
        if name is not None:
            common.choose("column", columns, name, option, path)
    others = {metric, asked.step, asked.trial, timed}
    for prefix in (*_PREFIXES, ""):
        if names := [c for c in columns if c.startswith(prefix) and c not in others]:
            break
    form = _Form(path, metric, asked.step, timed, names, prefix)
    groups: dict[Any, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows, 1):
        key: object = number
        if asked.step is not None:  # without a column of trials, rows of equal parameters are one
            key = repr(row[asked.trial] if asked.trial else [row[name] for name in names])
        groups.setdefault(key, []).append((number, row))
    trials = common.with_last_step(
        [form.trial(f"row {group[0][0]}", group) for group in groups.values()]
    )
    objective, steps = asked.objective(metric, path), asked.step or "step"
    return common.StoredTrials(str(path), "table", path.stem, objective, trials, steps, notes=notes)


@dataclass(frozen=True)
class _Form:
    """What stands in which column."""

    path: Path
    metric: str
    step: str | None
    cost: str | None
    names: Sequence[str]  # of parameters, which all begin with the prefix
    prefix: str

    def trial(self, name: str, rows: Sequence[tuple[int, Row]]) -> common.PastTrial:
        """The trial that has ``rows``, each with its number in the file."""
        number, row = rows[0]
        params = {
            column.removeprefix(self.prefix).replace("/", "."): row[column]
            for column in self.names
            if row[column] is not None
        }
        if self.step is None:
            loss = self._number(number, row, self.metric)
            seconds = self._number(number, row, self.cost) if self.cost else None
            return common.PastTrial(name, params, final=loss, seconds=seconds)
        reports: dict[int, float] = {}
        times: dict[int, float] = {}
        found: list[tuple[int, int, Row]] = []
        for number, row in rows:
            value = self._number(number, row, self.step)
            if not value.is_integer():
                raise UsageError(f"{self.path}: row {number}: {self.step} is no whole number")
            found.append((int(value), number, row))
        passed = 0.0
        for step, number, row in sorted(found, key=lambda one: one[:2]):
            if step in reports:
                raise UsageError(
                    f"{self.path}: row {number} is another one of step {step} of the same trial; "
                    "name the column that tells trials apart with --trial"
                )
            reports[step] = self._number(number, row, self.metric)
            if self.cost:
                passed += self._number(number, row, self.cost)
                times[step] = passed
        return common.PastTrial(name, params, reports, times=times)

    def _number(self, number: int, row: Row, column: str) -> float:
        value = row[column]
        try:
            return math.nan if value is None else float(value)
        except (TypeError, ValueError, OverflowError):
            raise UsageError(
                f"{self.path}: row {number}: {column} is {str(value)[:60]!r}, no number"
            ) from None


def _parquet(path: Path, data: bytes) -> tuple[list[str], list[Row], list[str]]:
    """The names of the columns; the rows, with ``None`` for what is empty; what to know."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        rows = table.to_pylist()
    except (ValueError, pa.ArrowException, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise StoreError(
            f"{path}: a damaged or half-written parquet file ({first[:200]}); write it anew"
        ) from error
    if KEY in (table.schema.metadata or {}):
        raise UsageError(
            f"{path}: a table of trials already; suites use it as {{name: recorded, table: "
            f"{path.name}}}"
        )
    # NaN stands for nothing in frames of pandas.
    kept: list[Row] = [
        {c: None if value != value else value for c, value in row.items()} for row in rows
    ]
    return table.column_names, kept, []


def _csv(path: Path, data: bytes) -> tuple[list[str], list[Row], list[str]]:
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        columns, *lines = [line for line in csv.reader(text) if line]
    except (ValueError, csv.Error) as error:
        raise StoreError(f"{path}: no CSV in UTF-8 ({error})") from error
    if repeated := [c for c, n in Counter(columns).items() if n > 1]:
        raise StoreError(f"{path}: two columns are called {repeated[0]!r}; rename one")
    notes = []
    if lines and len(lines[-1]) < len(columns) and not data.endswith(b"\n"):
        lines.pop()
        notes.append("the last row was cut off and is left out")
    rows: list[Row] = []
    for number, line in enumerate(lines, 1):
        if len(line) != len(columns):
            raise StoreError(
                f"{path}: row {number} has {len(line)} fields and the header {len(columns)}; mend "
                "the row, or remove it"
            )
        rows.append({c: text or None for c, text in zip(columns, line, strict=True)})
    return columns, rows, notes
