"""Old trials become a problem: a table, and a suite that races searchers on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hpobench.bridges.imports import importing, telling
from hpobench.bridges.imports.trials import Asked
from hpobench.recording.table import write_table
from hpobench.store.format import disk


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
    trusted. ``asked``: the fields of :class:`Asked`. Raises as :func:`importing.import_trials`.
    """
    importing.check_target(out)
    made = importing.import_trials(
        storage, Asked(**asked), space_file=space_file, steps=steps, resource=resource
    )
    if surrogate:
        made = importing.with_twin(made, force=force)
    text = telling.suite(made, out.stem, out, suite) if suite is not None else None
    write_table(out, made.table)
    entry = telling.entry(made, out.stem, out.name)
    lines = [*telling.lines(made), f"{out}: written; in a suite beside it:"]
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
        "twin": made.twin,
        "notes": list(made.notes),
    }
    return lines, facts
