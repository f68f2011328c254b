"""``problems``: record a trained problem into a table, import old trials, freeze references."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.cli.changing import values_option
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import duration


@click.group("problems", cls=shared.Commands)
def group() -> None:
    """Record trained problems into tables, import old trials, freeze references."""


@group.command("import")
@click.argument("storage")
@click.option("--out", required=True, type=shared.NEW_FILE, help="The table, a parquet file.")
@click.option(
    "--suite", type=shared.NEW_FILE, help="Also write a suite that races six searchers on it."
)
@click.option("--study", metavar="NAME", help="The study or experiment, if there are several.")
@click.option("--metric", metavar="NAME", help="The metric or column, if there are several.")
@click.option(
    "--mode",
    type=click.Choice(["min", "max"]),
    help="Whether the metric is better low or high; Optuna's studies say so themselves.",
)
@click.option(
    "--space",
    "space_file",
    type=shared.NEW_FILE,
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
@shared.output_options(quiet="Print only the table.")
def import_(
    storage: str, out: Path, suite: Path | None, force: bool, output: shared.Output, **asked: Any
) -> None:
    """Make a problem of the trials in STORAGE, so that searchers can be raced on it.

    STORAGE is an Optuna storage (a sqlite database or a journal file), the folder of a Ray Tune
    experiment, an MLflow database, folder or server, or a CSV or parquet file. It is only read.

    \b
        hpobench problems import study.db --out mine.parquet --surrogate --suite mine.yaml
        hpobench run mine.yaml
    """
    from hpobench.bridges.imports.import_problem import import_problem

    if force and not asked["surrogate"]:
        raise UsageError("--force is about a model: it goes with --surrogate")
    lines, facts = import_problem(storage, out, suite, force=force, **asked)
    output.end(facts, out, *lines)


@group.command()
@click.argument("problem")
@values_option
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(min=10),
    help="Draw N random configurations.  [default: 20,000; 100 where they are trained]",
)
@shared.plugin_option
@shared.output_options(quiet="Print only the file of the references.")
def freeze(problem: str, output: shared.Output, **how: Any) -> None:
    """Measure the references of PROBLEM's members anew and keep them beside its plugin.

    That is: the optimum, the clip and what random search reaches, by which regrets are measured
    and scaled. An entry whose numbers change gets the next version. With -o only the members with
    these options.

    \b
        hpobench problems freeze bbob -o dimension=5
    """
    from hpobench.verbs import recordings

    file, members = recordings.freeze(problem, tell=output.note, **how)
    output.end({"file": str(file), "members": members}, file)


@group.command()
@click.argument("problem")
@values_option
@click.option("--as", "name", metavar="LABEL", help="The problem's label, which its seeds are of.")
@click.option("--sample", metavar="N", type=shared.COUNT, help="Record N random configurations.")
@click.option(
    "--grid",
    metavar="RESOLUTION",
    type=shared.COUNT,
    help="Record a grid of so many values of each numeric parameter.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", required=True, type=shared.NEW_FILE, help="The table, a parquet file.")
@click.option("--workers", type=click.IntRange(1, 32_767), help="Trials at once.")
@click.option(
    "--trial-timeout", type=shared.POSITIVE, help="Seconds of training after which a trial fails."
)
@shared.plugin_option
@click.option("--address", default="local", show_default=True, help="Ray cluster, or auto.")
@click.option("--cpus", type=shared.COUNT, help="Slots of the local Ray.")
@shared.output_options(quiet="Print only the table.")
def record(
    problem: str, options: dict[str, Any], out: Path, output: shared.Output, **how: Any
) -> None:
    """Train PROBLEM to the end in many configurations, into a table that replays it.

    The same command goes on where an earlier one was interrupted. Suites use the table as
    `{name: recorded, table: FILE}`, from their folder or below.

    \b
        hpobench problems record xgboost -o dataset=digits --sample 1000 --out digits.parquet
    """
    from hpobench.verbs import recordings

    made, seconds, entry = recordings.record(problem, options, out, output.display(), **how)
    took = "it was there" if made.reused else duration(seconds)
    output.end(
        {"table": str(out), **dataclasses.asdict(made), "entry": entry},
        out,
        f"{out}: {made.trials} trials of {entry['as']}, {made.failed} of them failed; {took}",
        f"in a suite beside it: {json.dumps(entry, ensure_ascii=False)}",
    )
