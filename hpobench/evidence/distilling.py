"""From stored runs to the rows of the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.analysis.core.align import align
from hpobench.analysis.core.bounds import bounded
from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.core.families import families_of
from hpobench.analysis.core.incumbent import incumbents
from hpobench.analysis.core.normalise import normalised_regret
from hpobench.analysis.core.references import referenced
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import StoreError
from hpobench.contract.space import Space
from hpobench.evidence.archive import (
    BUDGETS,
    KEYS,
    RUNS,
    Archive,
    PluginFacts,
    ProblemFacts,
    hash_of,
    ordered,
    quantised,
)
from hpobench.evidence.features import features_of
from hpobench.plugins.registry import Registry
from hpobench.store.format import index, schema
from hpobench.store.prove import sameness
from hpobench.store.read.reader import Results, load_results


def distilled(folder: Path) -> Archive:
    """What the archive keeps of the virtual runs in ``folder`` on problems with frozen
    references."""
    results = referenced(bounded(load_results(folder)))
    results = results.select(results.cells["stage"] == "virtual")
    cells = results.cells
    if cells.empty:
        raise StoreError(f"{folder}: has no virtual runs on problems with frozen references")
    problems = results.problems.set_index("problem", drop=False)
    heldout = problems["heldout"].astype(bool).loc[cells["problem"]].to_numpy()
    visible = replace(results, problems=results.problems.assign(heldout=False))
    stored = index.load_cells(folder, list(sameness.NAMED))
    names = pa.array(cells["cell"], pa.string())
    content = sameness.digests(folder, stored.filter(pc.is_in(stored["cell"], names)))
    columns = {
        **{name: cells[name] for name in KEYS},
        "cell": [*map(hash_of, cells["cell"])],
        "done": cells["status"] == "done",
        "trials": cells["trials"],
        "results": cells["results"],
        "thinking": (cells["suggest_s"] + cells["observe_s"]) / cells["trials"].clip(lower=1),
        "regret": quantised(_regrets(results)),
        "visible": _where(heldout, quantised(_regrets(visible))),
        "content": [content[name] for name in cells["cell"]],
    }
    runs = pa.table(columns, schema=schema.plain(RUNS))
    plugins = (_plugins(cells, kind) for kind in ("searcher", "scheduler"))
    return Archive(ordered(runs), _facts(results), *plugins)


def _where(keep: np.ndarray, values: pa.Array) -> pa.Array:
    """``values``, null where ``keep`` is false."""
    return values.take(pa.array(np.where(keep, np.arange(len(values)), -1), mask=~keep))


def _regrets(results: Results) -> FloatArray:
    """Shape (runs, budgets): normalised regrets, NaN beyond the end of a run that ended well."""
    steps = incumbents(results, "evaluations")
    rows = results.problems.set_index("problem").loc[results.cells["problem"]]
    optimum, clip = (rows[name].to_numpy(np.float64) for name in ("optimum", "clip"))
    grids = np.broadcast_to(BUDGETS, (len(rows), len(BUDGETS)))
    loss = align(steps, grids, clip)
    regret = normalised_regret(loss, optimum[:, None], clip[:, None])
    # A run pays in whole steps, so that it may end a little before its budget does.
    beyond = steps.end[:, None] < BUDGETS * (1 - 1e-3)
    done = (results.cells["status"] == "done").to_numpy()
    regret[beyond & done[:, None]] = np.nan
    return regret


def _facts(results: Results) -> dict[str, ProblemFacts]:
    families = families_of(results.cells) | _named_today(results.cells)
    first = results.cells.drop_duplicates("problem").set_index("problem")["spec"]
    plugins = {problem: stored_mapping(spec)["problem"] for problem, spec in first.items()}
    return {
        row["problem"]: ProblemFacts(
            families[row["problem"]],
            features_of(Space.from_json(json.loads(row["space"])), int(row["steps"])),
            bool(row["heldout"]),
            int(row["version"]),
            plugins[row["problem"]]["name"],
            plugins[row["problem"]]["options"],
        )
        for row in results.problems.to_dict("records")
    }


def _named_today(cells: pd.DataFrame) -> dict[str, str]:
    """The families of problems whose plugins come with this hpobench, which older runs do not
    have."""
    known = {entry.name: entry.attributes for entry in Registry().entries("problem")}
    found = {}
    for problem, spec in zip(cells["problem"], cells["spec"], strict=True):
        if problem not in found:
            name = stored_mapping(spec).get("problem", {}).get("name", "")
            if family := known.get(name, {}).get("family"):
                found[problem] = str(family)
    return found


def _plugins(cells: pd.DataFrame, kind: str) -> dict[str, PluginFacts]:
    """The searchers or schedulers of ``cells``, by their labels."""
    found: dict[str, PluginFacts] = {}
    libraries: dict[str, set[str]] = {}
    columns = (cells[name] for name in (kind, "spec", "provenance"))
    for label, spec, provenance in zip(*columns, strict=True):
        if kind == "searcher":
            library: Mapping[str, object] = stored_mapping(provenance).get("library") or {}
            libraries.setdefault(label, set()).add(_library(library))
        if label not in found:
            plugin = stored_mapping(spec)[kind]
            found[label] = PluginFacts(plugin["name"], plugin["options"], "")
    return {
        label: replace(facts, library=", ".join(sorted(libraries.get(label, ()))))
        for label, facts in found.items()
    }


def _library(library: Mapping[str, object]) -> str:
    return " ".join(str(library[key]) for key in ("name", "version") if key in library)
