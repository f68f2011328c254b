"""``problems import``: old trials become a problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import Output, Written, output_options

if TYPE_CHECKING:
    from hpobench.bridges.imports.importing import Imported

_file = Written(dir_okay=False)


@click.command("import")
@click.argument("storage")
@click.option("--out", required=True, type=_file, help="The table, a parquet file.")
@click.option("--suite", type=_file, help="Also write a suite that races six searchers on it.")
@click.option("--study", metavar="NAME", help="The study or experiment, if there are several.")
@click.option("--metric", metavar="NAME", help="The metric or column, if there are several.")
@click.option(
    "--mode",
    type=click.Choice(["min", "max"]),
    help="Whether the metric is better low or high; Optuna's studies say so themselves.",
)
@click.option(
    "--space",
    type=_file,
    help="A YAML file with the space, as in suites; other parameters are left out.",
)
@click.option("--step", metavar="COLUMN", help="The steps of trials with several rows (CSV).")
@click.option("--trial", metavar="COLUMN", help="Which trial such a row is of (CSV).")
@click.option("--cost", metavar="COLUMN|SECONDS", help="A row's seconds (CSV), or each step's.")
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(1, 10_000),
    help="Divide curves into so many equal steps.  [default: as reported; 100 if more than 200]",
)
@click.option("--resource", metavar="NAME", help="What steps are, like epoch.")
@click.option(
    "--surrogate",
    is_flag=True,
    help="A model of the trials, the problem `twin`, in place of the nearest trial.",
)
@click.option("--force", is_flag=True, help="Take a model that is not to be trusted.")
@output_options(quiet="Print the table alone.")
def import_(
    storage: str,
    out: Path,
    suite: Path | None,
    space: Path | None,
    steps: int | None,
    resource: str | None,
    surrogate: bool,
    force: bool,
    output: Output,
    **asked: Any,
) -> None:
    """Make a problem of the trials in STORAGE, so that searchers can be raced on it.

    STORAGE is an Optuna storage (a sqlite database or a journal file), the folder of a Ray Tune
    experiment, an MLflow database, folder or server, or a CSV or parquet file. It is only read.

    \b
        hpobench problems import study.db --out mine.parquet --surrogate --suite mine.yaml
        hpobench run mine.yaml
    """
    from hpobench.bridges.imports import importing, telling
    from hpobench.bridges.imports.trials import Asked
    from hpobench.contract.errors import UsageError
    from hpobench.recording.table import write_table

    if force and not surrogate:
        raise UsageError("--force is about a model: it goes with --surrogate")
    importing.check_target(out)
    made = importing.import_trials(
        storage, Asked(**asked), space_file=space, steps=steps, resource=resource
    )
    if surrogate:
        made = importing.with_twin(made, force=force)
    text = telling.suite(made, out.stem, out, suite) if suite is not None else None
    write_table(out, made.table)
    entry = telling.entry(made, out.stem, out.name)
    lines = [*telling.lines(made), f"{out}: written; in a suite beside it:"]
    lines.append(f"  problems: [{entry}]")
    if suite is not None and text is not None:
        lines.append(_write_suite(suite, text))
    facts = {"table": str(out), "suite": None if suite is None else str(suite)}
    output.end({**facts, "entry": json.loads(entry), **_facts(made)}, out, *lines)


def _write_suite(suite: Path, text: str) -> str:
    """Write the suite, unless there is one; returns what was done."""
    from hpobench.store.format import disk

    if suite.exists():
        return f"{suite}: was there, and is left as it is"
    disk.replace(suite, text.encode())
    return f"{suite}: written; `hpobench run {suite}` races six searchers"


def _facts(made: Imported) -> dict[str, Any]:
    return {
        "source": str(made.source),
        "trials": len(made.source.trials),
        "space": made.space.to_json(),
        "inferred": made.inferred,
        "steps": made.fidelity.steps,
        "twin": made.twin,
        "notes": list(made.notes),
    }
