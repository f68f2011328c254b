"""Made-up results as a folder, by the writer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.store.format import schema
from hpobench.store.read.reader import Results
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.writer import open_writer


def write(
    results: Results, folder: Path, cells: slice = slice(None), *, ended: bool = True
) -> None:
    """Store ``results`` in ``folder`` as a run would have that got to ``cells``, and that has
    ``ended`` or goes on."""
    plan = {"name": results.name, "suite": results.suite, "skipped": []}
    plan["cells"] = list(results.cells["cell"])
    for label in ("searcher", "scheduler", "problem"):
        plan[f"{label}s"] = list(dict.fromkeys(results.cells[label]))
    members: Any = {
        row["cell"]: (row["searcher"], row["scheduler"]) for row in results.cells.to_dict("records")
    }
    problems: Any = {row["problem"]: row for row in results.problems.to_dict("records")}
    tables = {"events": results.events, "trials": results.trials}
    parts = {kind: dict(iter(t.groupby("cell", observed=True))) for kind, t in tables.items()}
    rows: Any = results.cells[cells].to_dict("records")
    outcomes = [Outcome(x, *(_table(parts[k].get(x["cell"]), k) for k in parts)) for x in rows]
    with open_writer(folder) as writer:
        writer.begin("name: made\n", plan, members, problems)
        if outcomes:
            writer.add([Batch.of(outcomes)])
        if ended:
            writer.compact()


def _table(frame: pd.DataFrame | None, kind: str) -> pa.Table:
    wanted = schema.plain(schema.TABLES[kind])
    if frame is None:
        return wanted.empty_table()
    table = pa.Table.from_pandas(frame, preserve_index=False).select(wanted.names).cast(wanted)
    if kind == "events":  # a loss may be NaN, and is never null
        losses = pc.fill_null(table["loss"], float("nan"))
        table = table.set_column(table.column_names.index("loss"), "loss", losses)
    return table
