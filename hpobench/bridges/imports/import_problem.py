"""Old trials become a problem: a table, lines that say what was found, and a suite."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hpobench.api import Float, Int, Parameter
from hpobench.bridges.imports import importing
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import UsageError
from hpobench.recording.table import write_table
from hpobench.store.format import disk

_CHOICES = 8  # of a parameter, in a line


def import_problem(
    storage: str,
    out: Path,
    suite: Path | None = None,
    *,
    space_file: Path | None = None,
    steps: int | None = None,
    resource: str | None = None,
    surrogate: bool = False,
    force: bool = False,
    **asked: Any,
) -> tuple[list[str], dict[str, Any]]:
    """Write the trials in ``storage`` as the table ``out``, and a ``suite`` unless there is one;
    returns what was found as lines to read and as facts.

    ``surrogate``: the problem is a model of the trials, with ``force`` also one that is not to be
    trusted. ``asked``: the fields of :class:`Asked`. Raises as
    :func:`importing.import_limited`.
    """
    importing.check_target(out)
    made = importing.import_limited(
        storage, Asked(**asked), space_file=space_file, steps=steps, resource=resource
    )
    if surrogate:
        made = importing.with_twin(made, force=force)
    text = _suite(made, out.stem, out, suite) if suite is not None else None
    write_table(out, made.table)
    entry = _entry(made, out.stem, out.name)
    lines = [*_lines(made), f"{out}: written; in a suite beside it:"]
    lines.append(f"  problems: [{entry}]")
    if suite is not None and suite.exists():
        lines.append(f"{suite}: was there, and is left as it is")
    elif suite is not None and text is not None:
        disk.replace(suite, text.encode())
        lines.append(f"{suite}: written; `hpobench run {suite}` races six searchers")
    facts = {
        "table": str(out),
        "suite": None if suite is None else str(suite),
        "entry": json.loads(entry),
        "source": str(made.source),
        "trials": len(made.source.trials),
        "space": made.space.to_json(),
        "inferred": made.inferred,
        "steps": made.fidelity.steps,
        "twin": made.table.about.get("twin"),
        "notes": list(made.notes),
    }
    return lines, facts


def _lines(imported: importing.Imported) -> Iterator[str]:
    """What was imported: the trials, the best, the space, the steps, and the twin's worth."""
    source = imported.source
    counts: Counter[str] = Counter(trial.state for trial in source.trials)
    words = {"complete": "complete", "stopped": "stopped early", "failed": "failed"}
    states = ", ".join(f"{counts[key]} {text}" for key, text in words.items() if counts[key])
    yield f"{source}: {len(source.trials)} trials, {states}"
    table, objective, best = imported.table, source.objective, "no trial ran to the end"
    last = table.curves["loss"][:, -1].copy()
    # Nobody saw the ends of curves that were continued.
    last[[row for row, _ in table.about["continued"]]] = np.nan
    if np.isfinite(last).any():
        row = int(np.nanargmin(last))
        name = source.trials[row].name
        best = f"the best is {objective.value(float(last[row])):.6g} ({name})"
    yield f"{objective.direction} {objective.metric}; {best}"
    yield f"space{', inferred from the values' if imported.inferred else ''}:"
    for p in imported.space:
        yield f"  {p.name}: {_parameter(p)}"
    fidelity, wall = imported.fidelity, table.curves["wall"]
    cost = float(np.median(wall[np.isfinite(wall).all(axis=1)].sum(axis=1)))
    plain = (fidelity.unit, fidelity.name) == (1, "step")
    steps = f"{fidelity.steps} steps{'' if plain else f' of {fidelity.unit:g} {fidelity.name}'}"
    yield f"{steps if fidelity.steps > 1 else 'one step'}; a whole trial takes {cost:.3g} s"
    if (twin := imported.table.about.get("twin")) is not None:
        yield (
            f"twin: rank correlation {twin['rank_correlation']:.2f}, error {twin['error']:.3g} "
            f"where losses spread {twin['spread']:.3g} (root mean square, standard deviation), on "
            f"{twin['trials']} held-out trials at step {twin['step']} of {fidelity.steps}, "
            f"{twin['folds']} folds"
            f"{'; NOT TO BE TRUSTED, forced' if twin['forced'] else ''}"
        )
    else:
        yield (
            "the nearest trial answers; if trials are spread out, races on a model (--surrogate) "
            "end more like real ones"
        )
    for note in imported.notes:
        yield f"note: {note}"


def _entry(imported: importing.Imported, name: str, table: str) -> str:
    """The problem of the file ``table`` in a suite, under the label ``name``."""
    kind = {"name": "recorded"} if imported.table.about.get("twin") is None else {"name": "twin"}
    return json.dumps({**kind, "as": name, "table": table, "cost": "wall"}, ensure_ascii=False)


def _suite(imported: importing.Imported, name: str, table: Path, file: Path) -> str:
    """A suite that races six searchers, at ``file``, in whose folder or below the table lies."""
    folder = file.resolve().parent
    if not table.resolve().is_relative_to(folder):
        raise UsageError(
            f"--suite {file}: a suite reaches only files in its own folder and below, where "
            f"{table} is not"
        )
    inside = table.resolve().relative_to(folder).as_posix()
    schedulers = "fifo, asha, hyperband, median" if imported.fidelity.steps > 1 else "fifo"
    return f"""\
# Six searchers on {json.dumps(imported.source.name)[1:-1]}, from trials that were imported.
name: {re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:64] or "imported"}
searchers:
  - random
  - sobol
  - optuna-tpe
  - {{name: optuna-tpe, as: tpe-multivariate, multivariate: true}}
  - optuna-cmaes
  - optuna-nsga2
schedulers: [{schedulers}]
problems:
  - {_entry(imported, name, inside)}
seeds: 10
workers: 4
budget: {{evaluations: 30}}
"""


def _parameter(p: Parameter) -> str:
    if isinstance(p, Float | Int):
        text = f"{p.kind} from {p.low:g} to {p.high:g}{', logarithmic' if p.log else ''}"
    else:
        more = f" and {len(p.choices) - _CHOICES} more" if len(p.choices) > _CHOICES else ""
        text = f"{p.kind}: {', '.join(map(str, p.choices[:_CHOICES]))}{more}"
    if p.when is not None:
        text += f", if {p.when.parent} is {' or '.join(map(str, p.when.values))}"
    return text
