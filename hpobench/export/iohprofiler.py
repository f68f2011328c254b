"""IOHprofiler: a folder per algorithm, in it a JSON file per function and a ``.dat`` file per
dimension, which `iohinspector` and IOHanalyzer read.

De Nobel et al., IOHexperimenter: benchmarking platform for iterative optimization heuristics,
Evolutionary Computation, 2024.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from hpobench.contract.files import place_for, write_whole
from hpobench.contract.package import VERSION as HPOBENCH
from hpobench.export.layout import FunctionRuns, write_functions
from hpobench.export.traces import Traces
from hpobench.store.read.reader import Results

VERSION = "0.4.2"
"""Of ioh, whose files these are like."""
ATTRIBUTES = ["evaluations", "raw_y", "loss"]
NOTHING = math.nan
"""Stands for the losses of a run that has no incumbent yet: no minimum and no target counts it."""

README = """\
Runs of hpobench for IOHprofiler (iohinspector, IOHanalyzer).

A folder per algorithm (algorithms.csv); functions are numbered as in functions.csv. The functions
of bbob, bbob-mixint and bbob-noisy are COCO's, with their dimensions and instances. Seeds are
repetitions of an instance. In the .dat files:
  evaluations  steps that the run had paid for; a full evaluation takes as many as the column
               "steps" of functions.csv says
  raw_y        the lowest loss so far less the reference optimum: minimised, whatever the metric,
               and negative below the reference
  loss         of the incumbent, held-out where the problem has it; a maximised metric is negated
A run has a line for its first evaluation, for each change of its incumbent and for its last
evaluation. Numbers are written in full: reading them gives the same doubles. Before a run's first
result both losses are nan. Failed runs ("status" in the JSON files) hold nothing else, and are as
long as they were; one that died before its first evaluation counts as one evaluation long.
"""


def write(results: Results, folder: Path) -> list[str]:
    """Write the runs of ``results`` below ``folder``; returns what was left out."""
    return write_functions(results, folder, README, _write_function)


def _write_function(traces: Traces, group: FunctionRuns, out: Path) -> None:
    folder = out / group.folder
    name = f"f{group.function}_{group.suite}"
    scenarios = []
    for dimension, runs in group.dimensions.items():
        path = Path(f"data_{name}", f"IOHprofiler_{name}_DIM{dimension}.dat")
        place = place_for(out, folder.relative_to(out) / path)
        described = []
        lines = [" ".join(ATTRIBUTES) + "\n"]
        found = traces.of([run.row for run in runs])
        for run, trace in zip(runs, found, strict=True):
            rows = list(trace.rows(NOTHING))
            lines += (f"{at} {regret!r} {loss!r}\n" for at, regret, loss in rows)
            facts = {"instance": run.instance, "seed": run.seed, "status": run.status}
            lowest = rows[-1].regret
            # When the lowest regret was first there. Its point is empty, for configurations are
            # more than vectors.
            best: dict[str, Any] = {"evals": rows[-1].at, "y": None, "x": []}
            if not math.isnan(lowest):
                first = next(row.at for row in rows if row.regret == lowest)
                best |= {"evals": first, "y": lowest}
            described.append({**facts, "evals": rows[-1].at, "best": best})
        write_whole(place, "".join(lines).encode("ascii"), flush=False)
        scenarios.append({"dimension": dimension, "path": path.as_posix(), "runs": described})
    meta = {
        "version": VERSION,
        "suite": group.suite,
        "function_id": group.function,
        "function_name": group.name,
        "maximization": False,
        "algorithm": {"name": group.algorithm, "info": f"hpobench {HPOBENCH}"},
        "attributes": ATTRIBUTES,
        "scenarios": scenarios,
    }
    text = json.dumps(meta, indent=1, allow_nan=False) + "\n"
    write_whole(folder / f"IOHprofiler_{name}.json", text.encode("ascii"), flush=False)
