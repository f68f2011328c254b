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

from hpobench.cli.problem_import import import_
from hpobench.cli.shared import (
    Commands,
    Output,
    Written,
    output_options,
    plugin_option,
    values_option,
)
from hpobench.contract.wording import duration
from hpobench.verbs.interruption import interruptible
from hpobench.verbs.progress import Pace

if TYPE_CHECKING:
    from hpobench.recording.journal_steps import Tally


@click.group("problems", cls=Commands)
def group() -> None:
    """Record trained problems into tables, import old trials, freeze references."""


group.add_command(import_)


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
@output_options(quiet="Print the file of the references alone.")
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
    from hpobench.contract.references import read_members, references_of
    from hpobench.recording.freezing import freeze as freeze_all
    from hpobench.recording.freezing import members

    found = members(problem, options, plugins)
    file = references_of(type(found[0]))
    freeze_all(found, file, output.note, sample)
    entries = read_members(file)
    output.end({"file": str(file), "members": {one.key: entries[one.key] for one in found}}, file)


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
@click.option(
    "--out",
    required=True,
    type=Written(dir_okay=False),
    help="The table, a parquet file.",
)
@click.option("--workers", type=click.IntRange(1, 32_767), help="Trials at once.")
@click.option(
    "--trial-timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds of training after which a trial fails.",
)
@plugin_option
@click.option("--address", default="local", show_default=True, help="Ray cluster, or auto.")
@click.option("--cpus", type=click.IntRange(min=1), help="Slots of the local Ray.")
@output_options(quiet="Print the table alone.")
def record(
    problem: str,
    options: dict[str, Any],
    name: str | None,
    sample: int | None,
    grid: int | None,
    seed: int,
    out: Path,
    workers: int | None,
    trial_timeout: float | None,
    plugins: tuple[Path, ...],
    address: str,
    cpus: int | None,
    output: Output,
) -> None:
    """Train PROBLEM to the end in many configurations, into a table that replays it.

    The same command goes on where an earlier one was interrupted. Suites use the table as
    `{name: recorded, table: FILE}`, from their folder or below.

    \b
        hpobench problems record xgboost -o dataset=digits --sample 1000 --out digits.parquet
    """
    from hpobench.recording.recipe import build_recipe
    from hpobench.recording.record import record_table

    recipe = build_recipe(
        problem,
        options,
        sample=sample,
        grid=grid,
        seed=seed,
        name=name,
        trial_timeout=trial_timeout,
        plugins=plugins,
    )
    begin = time.monotonic()
    kept = f"{out}.recording has what is trained, run it again"
    with interruptible(kept, output.display().warn), _progress(recipe.trials, output) as report:
        made = record_table(recipe, out, report, address=address, cpus=cpus, workers=workers)
    label = recipe.problem.label
    took = "it was there" if made.reused else duration(time.monotonic() - begin)
    entry = {"name": "recorded", "as": label, "table": out.name}
    output.end(
        {"table": str(out), **dataclasses.asdict(made), "entry": entry},
        out,
        f"{out}: {made.trials} trials of {label}, {made.failed} of them failed; {took}",
        f"in a suite beside it: {json.dumps(entry, ensure_ascii=False)}",
    )


@contextlib.contextmanager
def _progress(total: int, output: Output) -> Iterator[Callable[[Tally], None]]:
    """Shows how many of ``total`` trials are over, as a bar on a terminal and as lines
    elsewhere, unless less is wanted."""
    if output.quiet or output.as_json:
        yield lambda tally: None  # noqa: ARG005
        return
    if not sys.stdout.isatty():
        yield _Lines(total)
        return
    from rich.progress import Progress

    with Progress(transient=True) as bar:
        task = bar.add_task("starting Ray", total=total)

        def report(tally: Tally) -> None:
            bar.update(task, completed=tally.finished, description=_counts(tally, total))

        yield report


class _Lines:
    """A line every ten seconds, and at the end."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._first: tuple[int, float] | None = None
        self._pace = Pace()

    def __call__(self, tally: Tally) -> None:
        now = time.monotonic()
        if not self._pace.due(now, last=tally.finished >= self._total):
            return
        text = _counts(tally, self._total)
        done, begin = self._first = self._first or (tally.finished, now)
        if tally.finished > done:
            left = (now - begin) / (tally.finished - done) * (self._total - tally.finished)
            text += f", {duration(left)} left"
        click.echo(text)


def _counts(tally: Tally, total: int) -> str:
    return f"{tally.finished}/{total} trials, {tally.failed} failed"
