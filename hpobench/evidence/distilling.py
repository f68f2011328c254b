"""Makes an archive of stored runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.core.incumbent import align, incumbents
from hpobench.analysis.core.normalise import normalised_regret
from hpobench.analysis.core.reference_losses import bounded, referenced
from hpobench.analysis.inference.families import families_of
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import StoreError
from hpobench.contract.space import Space
from hpobench.evidence import archive
from hpobench.evidence.archive import BUDGETS, Archive, PluginFacts, ProblemFacts
from hpobench.evidence.features import features_of
from hpobench.plugins.registry import Registry
from hpobench.store.format import index, schema
from hpobench.store.prove import sameness
from hpobench.store.read.reader import Results, load_results


def distilled(folder: Path) -> Archive:
    """The archive of the virtual runs in ``folder`` on problems with frozen references.

    Raises :class:`StoreError` if there are none.
    """
    results = referenced(bounded(load_results(folder)))
    results = results.select(results.cells["stage"] == "virtual")
    cells = results.cells
    if cells.empty:
        raise StoreError(f"{folder}: has no virtual runs on problems with frozen references")
    problems = results.problems.set_index("problem", drop=False)
    heldout = problems["heldout"].astype(bool).loc[cells["problem"]].to_numpy()
    visible = replace(results, problems=results.problems.assign(heldout=False))
    stored = index.load_cells(folder, list(sameness.NAMED))
    kept = pa.array(np.arange(len(cells)), mask=~heldout)
    names = pa.array(cells["cell"], pa.string())
    content = sameness.digests(folder, stored.filter(pc.is_in(stored["cell"], names)))
    columns = {
        **{name: cells[name] for name in archive.KEYS},
        "cell": [*map(archive.hash_of, cells["cell"])],
        "done": cells["status"] == "done",
        "trials": cells["trials"],
        "results": cells["results"],
        "thinking": (cells["suggest_s"] + cells["observe_s"]) / cells["trials"].clip(lower=1),
        "regret": archive.quantised(_regrets(results)),
        # Null where nothing is held out.
        "visible": archive.quantised(_regrets(visible)).take(kept),
        "content": [content[name] for name in cells["cell"]],
    }
    runs = archive.ordered(pa.table(columns, schema=schema.plain(archive.RUNS)))
    plugins = (_plugins(cells, kind) for kind in ("searcher", "scheduler"))
    return Archive(runs, _facts(results), *plugins)


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
    families = families_of(results.cells)
    specs = results.cells.drop_duplicates("problem").set_index("problem")["spec"]
    plugins = {problem: stored_mapping(spec)["problem"] for problem, spec in specs.items()}
    known = {entry.name: entry.attributes for entry in Registry().entries("problem")}
    found = {}
    for row in results.problems.to_dict("records"):
        problem, plugin = row["problem"], plugins[row["problem"]]
        # The family that the plugin names today counts, which older runs may not have stored.
        family = known.get(plugin["name"], {}).get("family") or families[problem]
        found[problem] = ProblemFacts(
            str(family),
            features_of(Space.from_json(json.loads(row["space"])), int(row["steps"])),
            bool(row["heldout"]),
            int(row["version"]),
            plugin["name"],
            plugin["options"],
        )
    return found


def _plugins(cells: pd.DataFrame, kind: str) -> dict[str, PluginFacts]:
    """The searchers or schedulers of ``cells``, by their labels."""
    found: dict[str, PluginFacts] = {}
    libraries: dict[str, set[str]] = {}
    columns = (cells[name] for name in (kind, "spec", "provenance"))
    for label, spec, provenance in zip(*columns, strict=True):
        if label not in found:
            plugin = stored_mapping(spec)[kind]
            found[label] = PluginFacts(plugin["name"], plugin["options"], "")
        library = stored_mapping(provenance).get("library") if kind == "searcher" else None
        if isinstance(library, Mapping):
            named = (str(library[key]) for key in ("name", "version") if key in library)
            libraries.setdefault(label, set()).add(" ".join(named))
    return {
        label: replace(facts, library=", ".join(sorted(libraries.get(label, ()))))
        for label, facts in found.items()
    }
