"""``paper``: run what is missing of the study, draw its figures, and set the paper."""

from __future__ import annotations

from pathlib import Path

import click


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
def paper(figure: str | None, results: Path, quick: bool) -> None:
    """Make the paper, or one FIGURE of it.

    Runs of the study that are stored already are not run again.
    """
    from hpobench.contract.errors import UnknownNameError
    from hpobench.contract.package import PAPER
    from hpobench.paper import draft
    from hpobench.paper.study import read_study

    study = read_study(PAPER)
    folder = results / "quick" if quick else results
    if figure is None:
        draft.require_typst()
        parts = study.chosen(quick=quick)
    elif figure in study.figures:
        parts = [study.figures[figure].part]
    else:
        raise UnknownNameError("figure", figure, study.figures)
    done = {}
    for part in parts:
        seeds = study.parts[part].quick_seeds if quick else None
        done[part] = _run(study.suite(part, quick=quick), seeds, folder)
    if figure is None:
        click.echo(f"paper: {draft.draft(study, done, folder)}")
        return
    for path in draft.figure(study, figure, done, folder / "figures"):
        click.echo(path)


def _run(suite: str, seeds: str | None, folder: Path) -> Path:
    """Run what is missing of ``suite``; returns the folder of its results.

    The paper is made although cells fail, because it reports them.
    """
    from hpobench.suites.suite import load_suite
    from hpobench.verbs.execution import execute
    from hpobench.verbs.options import RunOptions
    from hpobench.verbs.progress import Shown

    loaded = load_suite(suite, seeds=seeds)
    click.echo(f"suite {loaded.name}")
    execute(lambda _: loaded, RunOptions(results=folder, report=False), Shown())
    return folder / loaded.name
