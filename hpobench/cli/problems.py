"""``problems``: record a trained problem into a table, import old trials, freeze references."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import (
    Commands,
    Output,
    Written,
    output_options,
    plugin_option,
    values_option,
)
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import duration

if TYPE_CHECKING:
    from hpobench.recording.record import TrialCounts

_file = Written(dir_okay=False)


@click.group("problems", cls=Commands)
def group() -> None:
    """Record trained problems into tables, import old trials, freeze references."""


@group.command("import")
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
    "space_file",
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
@output_options(quiet="Print only the table.")
def import_(
    storage: str, out: Path, suite: Path | None, force: bool, output: Output, **asked: Any
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
@plugin_option
@output_options(quiet="Print only the file of the references.")
def freeze(
    problem: str,
    options: dict[str, Any],
    sample: int | None,
    plugins: tuple[Path, ...],
    output: Output,
) -> None:
    """Measure the references of PROBLEM's members anew and keep them beside its plugin.

    That is: the optimum, the clip and what random search reaches, by which regrets are measured
    and scaled. An entry whose numbers change gets the next version. With -o only the members with
    these options.

    \b
        hpobench problems freeze bbob -o dimension=5
    """
    from hpobench.verbs import recordings

    file, members = recordings.freeze(problem, options, sample, plugins, output.note)
    output.end({"file": str(file), "members": members}, file)


@group.command()
@click.argument("problem")
@values_option
@click.option("--as", "name", metavar="LABEL", help="The problem's label, which its seeds are of.")
@click.option(
    "--sample", metavar="N", type=click.IntRange(min=1), help="Record N random configurations."
)
@click.option(
    "--grid",
    metavar="RESOLUTION",
    type=click.IntRange(min=1),
    help="Record a grid of so many values of each numeric parameter.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", required=True, type=_file, help="The table, a parquet file.")
@click.option("--workers", type=click.IntRange(1, 32_767), help="Trials at once.")
@click.option(
    "--trial-timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds of training after which a trial fails.",
)
@plugin_option
@click.option("--address", default="local", show_default=True, help="Ray cluster, or auto.")
@click.option("--cpus", type=click.IntRange(min=1), help="Slots of the local Ray.")
@output_options(quiet="Print only the table.")
def record(problem: str, options: dict[str, Any], out: Path, output: Output, **how: Any) -> None:
    """Train PROBLEM to the end in many configurations, into a table that replays it.

    The same command goes on where an earlier one was interrupted. Suites use the table as
    `{name: recorded, table: FILE}`, from their folder or below.

    \b
        hpobench problems record xgboost -o dataset=digits --sample 1000 --out digits.parquet
    """
    from hpobench.verbs import recordings

    warn = output.display().warn
    table = recordings.record(problem, options, out, _progress(output), warn, **how)
    made, entry = table.made, table.entry(out)
    took = "it was there" if made.reused else duration(table.seconds)
    output.end(
        {"table": str(out), **dataclasses.asdict(made), "entry": entry},
        out,
        f"{out}: {made.trials} trials of {table.label}, {made.failed} of them failed; {took}",
        f"in a suite beside it: {json.dumps(entry, ensure_ascii=False)}",
    )


def _progress(
    output: Output,
) -> Callable[[int], contextlib.AbstractContextManager[Callable[[TrialCounts], None]]]:
    """Shows how many trials are over, as a bar on a terminal and as lines elsewhere, unless less
    is wanted."""

    @contextlib.contextmanager
    def shown(total: int) -> Iterator[Callable[[TrialCounts], None]]:
        if output.quiet or output.as_json:
            yield lambda tally: None  # noqa: ARG005
            return
        if not sys.stdout.isatty():
            yield _Lines(total)
            return
        from rich.progress import Progress

        with Progress(transient=True) as bar:
            task = bar.add_task("starting Ray", total=total)

            def report(tally: TrialCounts) -> None:
                bar.update(task, completed=tally.finished, description=_counts(tally, total))

            yield report

    return shown


class _Lines:
    """A line every ten seconds, and at the end."""

    def __init__(self, total: int) -> None:
        from hpobench.verbs.progress import Pace

        self._total = total
        self._first: tuple[int, float] | None = None
        self._pace = Pace()

    def __call__(self, tally: TrialCounts) -> None:
        now = time.monotonic()
        if not self._pace.due(now, last=tally.finished >= self._total):
            return
        text = _counts(tally, self._total)
        done, begin = self._first = self._first or (tally.finished, now)
        if tally.finished > done:
            left = (now - begin) / (tally.finished - done) * (self._total - tally.finished)
            text += f", {duration(left)} left"
        click.echo(text)


def _counts(tally: TrialCounts, total: int) -> str:
    return f"{tally.finished}/{total} trials, {tally.failed} failed"
