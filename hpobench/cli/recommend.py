"""``recommend``: which searcher and scheduler for a problem, by the shipped evidence."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli import shared
from hpobench.cli.changing import option
from hpobench.contract.wording import parse_seconds

if TYPE_CHECKING:
    from hpobench.evidence.recommendation import Recommendation

_SHOWN = 10


def _steps(text: str) -> int:
    count = text.rpartition(":")[2]
    if not (count.isascii() and count.isdecimal() and int(count) > 1):
        raise ValueError("give the steps of a full evaluation, like epochs:50")
    return int(count)


@click.command()
@shared.suite_argument(required=False)
@click.option("--floats", type=click.IntRange(min=0), help="Real parameters.")
@click.option("--ints", type=click.IntRange(min=0), help="Whole numbers.")
@click.option("--categories", type=click.IntRange(min=0), help="Choices.")
@click.option("--logs", type=click.IntRange(min=0), help="How many numbers are logarithmic.")
@click.option("--conditional", is_flag=True, default=None, help="Some depend on others.")
@option(
    "--fidelity",
    "steps",
    metavar="NAME:STEPS",
    parse=_steps,
    help="Like epochs:50, if a trial can be stopped early.",
)
@click.option("--noise", "noisy", is_flag=True, help="The loss only estimates what counts.")
@click.option("--trials", metavar="STORAGE", help="Trials of your own, as `problems import` reads.")
@click.option("--metric", help="Of these trials, if there are several.")
@click.option("--mode", type=click.Choice(["min", "max"]), help="Whether it is better low or high.")
@click.option("--cost", metavar="COLUMN|SECONDS", help="Their seconds, or the column of these.")
@click.option("--space", type=shared.FILE, help="A YAML file with the space, as in suites.")
@click.option("--evaluations", type=float, help="The budget in full evaluations.")
@option("--budget", parse=parse_seconds, help="Or what all trials may take, like 3h.")
@option("--trial-time", parse=parse_seconds, help="What a full evaluation takes, like 4min.")
@click.option("--workers", type=shared.COUNT, help="Trials at a time.")
@click.option(
    "--settle",
    type=shared.NEW_FILE,
    help="Write a suite that would tell apart what the evidence does not.",
)
@click.option("--evaluate", is_flag=True, help="Say how good this advice is, on families left out.")
@click.option(
    "--evidence", type=shared.FILE, help="An archive of your own instead of the shipped one."
)
@shared.plugin_option
@shared.output_options(quiet="Print only the answer.")
def recommend(
    evidence: Path | None,
    settle: Path | None,
    evaluate: bool,
    output: shared.Output,
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
    from hpobench.bridges import recommended

    if evaluate:
        _evaluate(evidence, output)
        return
    found = recommended.recommended(evidence=evidence, **options)
    # Before anything is printed, because the file may be there already.
    if settle is not None:
        recommended.settle(settle, found)
        click.echo(f"{settle}: `hpobench run {settle}` tells them apart", err=True)
    if output.as_json:
        shared.print_json([_facts(label, one) for label, one in found])
        return
    for label, one in found:
        if label:
            click.echo(f"\n{label}")
        _show(one, output)


def _show(one: Recommendation, output: shared.Output) -> None:
    from hpobench.evidence.advice_text import COLUMNS, answer, grounds, rows

    shared.say(*answer(one.advice))
    if output.quiet:
        return
    shared.say(*one.notes())
    click.echo()
    shared.show(COLUMNS, rows(one.advice, _SHOWN))
    click.echo()
    for line in grounds(one.advice):
        shared.say(line, indent="    " if line.startswith(" ") else "")
    click.echo()
    for line in one.to_paste():
        click.echo(f"    {line}")


def _facts(label: str, one: Recommendation) -> dict[str, Any]:
    advice = one.advice
    counts = ("problems", "families", "workers")
    return {
        "problem": label or None,
        "searcher": one.searcher,
        "scheduler": one.scheduler,
        "portfolio": one.portfolio,
        "question": asdict(advice.question),
        "ranked": [ranked.row for ranked in advice.ranked],
        "near": [asdict(near) for near in advice.near],
        "evidence": {name: getattr(advice, name) for name in counts},
    }


def _evaluate(evidence: Path | None, output: shared.Output) -> None:
    from hpobench.bridges import recommended
    from hpobench.evidence import advice_text

    rows = recommended.evaluated(evidence)
    verdict = list(advice_text.verdict(rows))
    if output.as_json:
        shared.print_json({"verdict": verdict, "rows": list(map(recommended.facts, rows))})
        return
    shared.say(*verdict)
    if output.quiet:
        return
    click.echo("\nMean normalised regret on families that were left out, each counting as one:")
    shared.show(*advice_text.regrets(rows))
    click.echo("\nWhat would be gained over the advice, with 95 % intervals by family:")
    shared.show(*advice_text.gains(rows))
