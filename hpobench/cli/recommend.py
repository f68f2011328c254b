"""``recommend``: which searcher and scheduler for a problem, by the shipped evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import (
    Output,
    Written,
    complete_suite,
    output_options,
    plugin_option,
    print_json,
)
from hpobench.cli.tables import fill, show

if TYPE_CHECKING:
    from hpobench.evidence.archive import Archive
    from hpobench.evidence.asking import Means
    from hpobench.evidence.recommendation import Recommendation
    from hpobench.evidence.standing import Row

_SHOWN = 10
_COUNTS = ("floats", "ints", "categories", "logs", "conditional")
_OF_TRIALS = ("metric", "mode", "cost")


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from hpobench.contract.wording import parse_seconds

    try:
        return None if value is None else parse_seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _steps(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    _, _, count = value.rpartition(":")
    if not (count.isascii() and count.isdecimal() and int(count) > 1):
        raise click.BadParameter("give the steps of a full trial, like epochs:50", ctx, param)
    return int(count)


@click.command()
@click.argument("suite", required=False, shell_complete=complete_suite)
@click.option("--floats", type=click.IntRange(min=0), help="Real parameters.")
@click.option("--ints", type=click.IntRange(min=0), help="Whole numbers.")
@click.option("--categories", type=click.IntRange(min=0), help="Choices.")
@click.option("--logs", type=click.IntRange(min=0), help="How many numbers are logarithmic.")
@click.option("--conditional", is_flag=True, default=None, help="Some depend on others.")
@click.option(
    "--fidelity", "steps", metavar="NAME:STEPS", callback=_steps, help="Like epochs:50, if a trial "
    "can be stopped early.",
)  # fmt: skip
@click.option("--noise", "noisy", is_flag=True, help="The loss only estimates what counts.")
@click.option("--trials", metavar="STORAGE", help="Trials of your own, as `problems import` reads.")
@click.option("--metric", help="Of these trials, if there are several.")
@click.option("--mode", type=click.Choice(["min", "max"]), help="Whether it is better low or high.")
@click.option("--cost", metavar="COLUMN|SECONDS", help="Their seconds, or the column of these.")
@click.option(
    "--space",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file with the space, as in suites.",
)
@click.option("--evaluations", type=float, help="The budget in full trials.")
@click.option("--budget", callback=_seconds, help="Or what all trials may take, like 3h.")
@click.option("--trial-time", callback=_seconds, help="What a full trial takes, like 4min.")
@click.option("--workers", type=click.IntRange(min=1), help="Trials at a time.")
@click.option(
    "--settle",
    type=Written(dir_okay=False),
    help="Write a suite that would tell apart what the evidence does not.",
)
@click.option("--evaluate", is_flag=True, help="Say how good this advice is, on families left out.")
@click.option(
    "--evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An archive of your own instead of the shipped one.",
)
@plugin_option
@output_options(quiet="Print the answer alone.")
def recommend(
    suite: str | None,
    evidence: Path | None,
    plugins: tuple[Path, ...],
    settle: Path | None,
    output: Output,
    evaluate: bool,
    **options: Any,
) -> None:
    """Say which searcher and scheduler to use, by the runs that hpobench ships.

    For the problems of SUITE, for trials of your own, for a space, or by plain numbers:

    \b
        hpobench recommend mine.yaml
        hpobench recommend --trials study.db --evaluations 40
        hpobench recommend --space space.yaml --evaluations 40 --workers 8
        hpobench recommend --floats 5 --categories 2 --trial-time 4min --budget 3h --workers 8

    Nothing is run.
    """
    from hpobench.evidence.archive import read_archive, shipped
    from hpobench.evidence.asking import Means

    archive = read_archive(evidence or shipped())
    if evaluate:
        _evaluate(archive, output)
        return
    means = Means(
        **{k: options.pop(k) for k in ("evaluations", "budget", "trial_time", "workers", "noisy")},
        steps=options.pop("steps"),
    )
    found = list(_recommended(archive, means, suite, plugins, options))
    if settle is not None:
        _write_suite(settle, found)
    if output.as_json:
        print_json([_plain(label, one) for label, one in found])
        return
    for label, one in found:
        if label:
            click.echo(f"\n{label}")
        _show(one, output)


def _recommended(
    archive: Archive,
    means: Means,
    suite: str | None,
    plugins: tuple[Path, ...],
    options: dict[str, Any],
) -> Iterator[tuple[str, Recommendation]]:
    """What is recommended for each problem that is asked about, by its label."""
    from hpobench.contract.errors import UsageError
    from hpobench.evidence.advice import advise
    from hpobench.evidence.asking import of_counts, of_space, of_suite
    from hpobench.evidence.recommendation import Recommendation

    given = {name: value for name, value in options.items() if value is not None}
    counts = {name: given.pop(name) for name in _COUNTS if name in given}
    ways = {"SUITE": suite, "--trials": given.get("trials"), "--floats and the like": counts}
    if "trials" not in given:
        ways["--space"] = given.get("space")
        if others := [name for name in _OF_TRIALS if name in given]:
            raise UsageError(f"--{others[0]} is of --trials")
    said = [name for name, value in ways.items() if value]
    if len(said) > 1:
        raise UsageError(f"{' and '.join(said)} say the same; give one of them")
    if suite is not None:
        from hpobench.suites.suite import load_suite

        loaded = load_suite(suite, plugins=plugins)
        for label, question in of_suite(loaded, means):
            yield label, Recommendation(advise(archive, question), archive, loaded)
        return
    if "trials" in given:
        from hpobench.bridges.imports.asking import of_trials

        question = of_trials(given, means)
    elif "space" in given:
        from hpobench.bridges.imports.spaces import read_space

        question = of_space(read_space(given["space"]), means)
    else:
        numbers = {"floats": 0, "ints": 0, "categories": 0, "logs": None, "conditional": False}
        question = of_counts(means, **{**numbers, **counts})
    yield "", Recommendation(advise(archive, question), archive)


def _show(one: Recommendation, output: Output) -> None:
    from hpobench.evidence.wording import COLUMNS, answer, grounds, rows

    for line in answer(one.advice):
        click.echo(fill(line))
    if output.quiet:
        return
    for line in one.notes():
        click.echo(fill(line))
    click.echo()
    show(COLUMNS, rows(one.advice, _SHOWN))
    click.echo()
    for line in grounds(one.advice):
        click.echo(fill(line, "    " if line.startswith(" ") else ""))
    click.echo()
    for line in one.to_paste():
        click.echo(f"    {line}")


def _write_suite(file: Path, found: list[tuple[str, Recommendation]]) -> None:
    from hpobench.contract.errors import UsageError
    from hpobench.store.format import disk

    if len(found) > 1:
        raise UsageError("--settle writes one suite, and this one has several problems")
    if file.exists():
        raise UsageError(f"{file}: is there already")
    disk.replace(file, found[0][1].settling().encode())
    click.echo(f"{file}: `hpobench run {file}` tells them apart", err=True)


def _plain(label: str, one: Recommendation) -> dict[str, Any]:
    """What ``--json`` prints of a recommendation."""
    advice = one.advice
    return {
        "problem": label or None,
        "searcher": one.searcher,
        "scheduler": one.scheduler,
        "portfolio": one.portfolio,
        "question": asdict(advice.question),
        "ranked": [ranked.row for ranked in advice.ranked],
        "near": [asdict(near) for near in advice.near],
        "evidence": {
            "problems": advice.problems,
            "families": advice.families,
            "workers": advice.workers,
        },
    }


def _evaluate(archive: Archive, output: Output) -> None:
    from hpobench.contract.errors import UsageError
    from hpobench.evidence import wording
    from hpobench.evidence.standing import standing

    rows = list(standing(archive))
    if not rows:
        raise UsageError(
            "advice is judged against random search on three families of problems or more; the "
            "archive has fewer"
        )
    verdict = list(wording.verdict(rows))
    if output.as_json:
        print_json({"verdict": verdict, "rows": list(map(_standing, rows))})
        return
    for line in verdict:
        click.echo(fill(line))
    if output.quiet:
        return
    click.echo("\nMean normalised regret on families that were left out, each counting as one:")
    show(*wording.regrets(rows))
    click.echo("\nWhat would be gained over the advice, with 95 % intervals by family:")
    show(*wording.gains(rows))


def _standing(row: Row) -> dict[str, Any]:
    from hpobench.evidence.standing import ADVICE, WAYS

    return {
        "problems": row.kind,
        "budget": row.budget,
        "advised": row.advised,
        "regrets": {way: row.judged.mean(way) for way in WAYS},
        "gains": {way: row.gain(way) for way in WAYS if way != ADVICE},
        "coverage": row.judged.coverage,
    }
