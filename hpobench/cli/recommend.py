"""``recommend``: which searcher and scheduler for a problem, by the shipped evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import plugin_option
from hpobench.cli.tables import show

if TYPE_CHECKING:
    from hpobench.evidence.advice import Advice

_SHOWN = 10


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from hpobench.suites.suitefile import parse_seconds

    try:
        return None if value is None else parse_seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@click.command()
@click.argument("suite", required=False)
@click.option("--floats", type=click.IntRange(min=0), default=0, help="Real parameters.")
@click.option("--ints", type=click.IntRange(min=0), default=0, help="Whole numbers.")
@click.option("--categories", type=click.IntRange(min=0), default=0, help="Choices.")
@click.option("--logs", type=click.IntRange(min=0), help="Numbers on a logarithmic scale.")
@click.option("--conditional", is_flag=True, help="Some parameters depend on others.")
@click.option("--steps", type=click.IntRange(min=1), default=1, help="Steps (epochs) of a trial.")
@click.option("--trial-time", callback=_seconds, help="What a full trial takes, like 4 min.")
@click.option("--budget", callback=_seconds, help="What all trials may take, like 3 h.")
@click.option("--evaluations", type=float, help="The budget in full trials, instead.")
@click.option("--workers", type=click.IntRange(min=1), default=4, help="Trials at a time.")
@click.option(
    "--evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An archive of one's own instead of the shipped one.",
)
@plugin_option
def recommend(
    suite: str | None, evidence: Path | None, plugins: tuple[Path, ...], **options: Any
) -> None:
    """Say which searcher and scheduler to use, for the problems of SUITE or by the options."""
    from hpobench.evidence.advice import advise
    from hpobench.evidence.archive import read_archive, shipped
    from hpobench.evidence.asking import Asked, of_suite

    archive = read_archive(evidence or shipped())
    if suite is None:
        questions = [("", Asked(**options).question())]
    else:
        from hpobench.suites.suite import load_suite

        questions = of_suite(load_suite(suite, plugins=plugins))
    for label, question in questions:
        if label:
            click.echo(f"\n{label}")
        _show(advise(archive, question))


def _show(advice: Advice) -> None:
    for line in _answer(advice):
        click.echo(line)
    rows = [
        (
            str(one.pair),
            f"{one.regret:.3f}",
            f"{one.low:.2f} to {one.high:.2f}",
            f"{one.best:.0%}",
            _thinking(one.thinking),
            "" if one.told_apart else "not told apart",
        )
        for one in advice.ranked[:_SHOWN]
    ]
    click.echo()
    show(("pair", "regret", "9 of 10 problems", "best of all", "thinking", ""), rows)
    click.echo()
    for line in _grounds(advice):
        click.echo(line)
    click.echo(_to_paste(advice))


def _answer(advice: Advice) -> Iterator[str]:
    choice, others = advice.choice, advice.undecided
    yield f"Use {choice.pair}."
    if len(others) > 1:
        names = ", ".join(str(one.pair) for one in others if one is not choice)
        yield (
            f"The evidence does not tell it apart from {names}; of these its searcher thinks the "
            "least."
        )
    question = advice.question
    if question.evaluations > question.budget:
        yield f"The evidence ends at {question.budget:g} full trials; this is the advice for them."


def _grounds(advice: Advice) -> Iterator[str]:
    question = advice.question
    yield (
        f"By runs on {advice.problems} problems of {advice.families} families, at "
        f"{question.budget:g} full trials with {question.workers} workers. Regret: 0 is the "
        "optimum, 1 a median random configuration."
    )
    yield f"The most like yours: {', '.join(advice.near)}."
    if question.trial_time and advice.choice.thinking > question.trial_time / 10:
        yield "The searcher thinks for more than a tenth of a trial's time."


def _thinking(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _to_paste(advice: Advice) -> str:
    searcher, scheduler = advice.choice.pair
    return (
        "\n    search = hpobench.SearchCV(estimator, space, "
        f'searcher="{searcher}", scheduler="{scheduler}")\n'
        f'    tune.TuneConfig(search_alg=hpobench.searcher("{searcher}"), ...)'
    )
