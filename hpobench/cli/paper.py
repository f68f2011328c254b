"""``paper``: run what is missing of the study, draw its figures, and set the paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hpobench.analysis.study import Study as Analysed
    from hpobench.paper.study import Study


@click.command()
@click.argument("figure", required=False)
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results/paper"),
    show_default=True,
    help="Folder of the study's results; the paper and its figures are written into it.",
)
@click.option("--quick", is_flag=True, help="Fewer searchers and seeds, into RESULTS/quick.")
@click.option(
    "--checklist",
    is_flag=True,
    help="Run nothing: print the reproducibility checklist of the results that are stored.",
)
def paper(figure: str | None, results: Path, quick: bool, checklist: bool) -> None:
    """Make the paper, as PDF and as LaTeX source, or one FIGURE of it.

    Runs of the study that are stored already are not run again.
    """
    from hpobench.contract.errors import UnknownNameError, UsageError
    from hpobench.contract.package import PAPER
    from hpobench.paper.study import read_study

    if figure is not None and checklist:
        raise UsageError("FIGURE and --checklist exclude each other; give one of them")
    study = read_study(PAPER)
    folder = results / "quick" if quick else results
    if checklist:
        _print_checklist(study, folder, quick=quick)
    elif figure is None:
        _paper(study, folder, quick=quick)
    elif figure in study.figures:
        from hpobench.paper.pictures import figure as draw

        picture = study.figures[figure]
        analysed = _run(study, picture.part, folder, quick=quick)
        for path in draw(picture, figure, analysed, folder / "figures"):
            click.echo(path)
    else:
        raise UnknownNameError("figure", figure, study.figures)


def _paper(study: Study, folder: Path, *, quick: bool) -> None:
    from hpobench.paper import draft

    draft.require_typst()
    parts = study.chosen(quick=quick)
    analysed = {part: _run(study, part, folder, quick=quick) for part in parts}
    click.echo("drawing the figures and setting the paper")
    pdf, source = draft.draft(study, analysed, _command(quick=quick), folder)
    click.echo(f"paper: {pdf}\nLaTeX: {source}")


def _print_checklist(study: Study, folder: Path, *, quick: bool) -> None:
    from hpobench.cli.tables import fill
    from hpobench.contract.errors import UsageError
    from hpobench.paper.checklist import checklist
    from hpobench.paper.facts import Facts
    from hpobench.suites.suite import load_suite

    suites = {part: study.suite(part, quick=quick) for part in study.chosen(quick=quick)}
    places = {part: folder / load_suite(suite).name for part, suite in suites.items()}
    stored = {part: place for part, place in places.items() if (place / "plan.json").exists()}
    if not stored:
        raise UsageError(
            f"{folder} has no results of the study; run `{_command(quick=quick)}` first"
        )
    parts = {part: Facts(_analysed(place)) for part, place in stored.items()}
    topic = ""
    for asked in checklist(parts, _command(quick=quick)):
        if asked.topic != topic:
            click.echo(f"\n{asked.topic}" if topic else asked.topic)
            topic = asked.topic
        click.echo(fill(f"  {asked.question}", "  "))
        click.echo(fill(f"    {asked.answer}", "    "))
    if missing := [part for part in places if part not in stored]:
        click.echo(f"\nnot run yet: {', '.join(missing)}")


def _command(*, quick: bool) -> str:
    return "python -m hpobench paper" + (" --quick" if quick else "")


def _run(study: Study, part: str, folder: Path, *, quick: bool) -> Analysed:
    """Run what is missing of ``part``, and read its results.

    The paper is made although cells fail, because it reports them.
    """
    from hpobench.suites.suite import load_suite
    from hpobench.verbs.execution import execute
    from hpobench.verbs.options import RunOptions
    from hpobench.verbs.progress import Shown

    seeds = study.parts[part].quick_seeds if quick else None
    loaded = load_suite(study.suite(part, quick=quick), seeds=seeds)
    click.echo(f"suite {loaded.name}")
    execute(lambda _: loaded, RunOptions(results=folder, report=False), Shown())
    return _analysed(folder / loaded.name)


def _analysed(place: Path) -> Analysed:
    from hpobench.analysis.study import Study
    from hpobench.store.read.reader import load_results

    return Study(load_results(place))
