"""A self-contained page about a results folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from markupsafe import Markup

from hpobench.analysis.drawing import processes
from hpobench.analysis.exhibits import (
    FAILURES,
    FIGURES,
    FILES,
    ORIGINS,
    SETTING,
    STANDINGS,
    TABLES,
    anytime_regret,
    number_of,
    shown,
)
from hpobench.analysis.notes import notes
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text.fields import TableEntry
from hpobench.contract.errors import StoreError, writing
from hpobench.contract.files import write_whole
from hpobench.contract.package import VERSION
from hpobench.reporting import explorer
from hpobench.reporting.answer import answer
from hpobench.reporting.entries import FigureEntry, Files
from hpobench.reporting.stored_answer import PAGE, write_answer
from hpobench.reporting.verdict import verdict
from hpobench.store.reader import Results

Drawing: TypeAlias = Callable[[int, int], None]
"""Is told how many figures are drawn, of how many."""


@dataclass(frozen=True)
class Page:
    """What the template shows."""

    name: str
    version: str
    facts: dict[str, str]
    verdicts: list[Markup]
    decision: str | None
    reload: float | None
    """Seconds after which the page loads itself anew."""
    notes: list[str]
    standings: list[TableEntry]
    explorer: str
    """JSON for the page's script; empty where there is no curve."""
    explorer_caption: str
    figures: list[FigureEntry]
    problem_figures: list[FigureEntry]
    problems_left_out: str
    """A sentence about the problems without a figure; empty if there are none."""
    regrets: str
    """What the titles of most of these begin with: the list of contents leaves it out."""
    tables: list[TableEntry]
    setting: list[TableEntry]
    origins: list[TableEntry]
    skipped: list[dict[str, str]]
    failures: list[TableEntry]


def write_report(
    results: Results,
    folder: Path,
    *,
    skipped: Sequence[Mapping[str, str]] | None = None,
    settings: Settings | None = None,
    decision: str | None = None,
    reload: float | None = None,
    made_of: str | None = None,
    drawing: Drawing = lambda _done, _total: None,
) -> Path:
    """Write ``folder/index.html`` with ``figures/`` and ``tables/`` beside it; returns the page.

    ``skipped``: the combinations that the grid left out, each with ``searcher``, ``scheduler``,
    ``problem`` and ``reason``; by default those of the results' plan. ``settings``: by default on
    the axis that the budgets are in. ``decision``: what seeds in stages decided
    (:func:`hpobench.store.decision.decision_sentence`). ``reload``: seconds after which an open
    page loads itself anew. ``made_of``: what ``answer.json`` keeps to tell whether the report
    is up to date (:mod:`hpobench.reporting.stored_answer`). ``drawing``: is told how many of the
    figures are drawn. The same results give the same bytes; files of an earlier report in
    ``folder`` that this one has no use for are removed. Raises :class:`StoreError` when there is no
    run to report or no room to write.
    """
    if not len(results.cells):
        raise StoreError(
            f"{results.name}: no run has ended yet, so there is nothing to report; "
            "run the suite first"
        )
    try:
        left_out = results.plan.get("skipped", []) if skipped is None else skipped
        with writing("the report", folder), processes.given_up_on_error():
            study = Study(results, settings)
            page = _write(study, folder, left_out, decision, reload, drawing)
            write_answer(folder, answer(study), made_of)
            return page
    except BrokenExecutor as error:
        raise StoreError(
            f"cannot write the report to {folder}: a process that drew figures was killed, which "
            "is what a machine short of memory does; `hpobench report` begins anew"
        ) from error


def _write(
    study: Study,
    folder: Path,
    skipped: Sequence[Mapping[str, str]],
    decision: str | None,
    reload: float | None,
    drawing: Drawing,
) -> Path:
    files = Files(folder, study)
    # Figures first: other processes draw them while this one goes on.
    pairs = shown(study, (figure for own in FIGURES.values() for figure in own))
    drawing(0, len(pairs))
    suite = [files.figure(*pair) for pair in pairs if not pair[1].stem]
    single = [files.figure(*pair) for pair in pairs if pair[1].stem]
    results = [table for own in TABLES.values() for table in own if table not in SETTING]
    page = Page(
        name=study.every.name,
        version=VERSION,
        facts=_facts(study.every),
        verdicts=[verdict(study, comparison) for comparison in study.shown],
        decision=decision,
        reload=reload,
        notes=notes(study),
        standings=files.tables(STANDINGS),
        explorer=explorer.embedded(explorer.explorer(study)) if study.any_done else "",
        explorer_caption=explorer.caption(study.settings),
        figures=suite,
        problem_figures=single,
        problems_left_out=anytime_regret.left_out(study),
        regrets=f"{number_of(anytime_regret)} {anytime_regret.TITLE}: ",
        tables=files.tables(results),
        setting=files.tables(SETTING),
        origins=files.tables(ORIGINS),
        skipped=_grouped(skipped),
        failures=files.tables(FAILURES),
    )
    for frame, subject in shown(study, FILES):
        files.frame(frame, subject)
    for done, _ in enumerate(as_completed([entry.drawn for entry in suite + single]), start=1):
        drawing(done, len(pairs))
    path = _render(page, folder)
    files.remove_stale()
    return path


def _facts(results: Results) -> dict[str, str]:
    facts = {
        "searchers": f"{results.cells['searcher'].nunique()}",
        "schedulers": f"{results.cells['scheduler'].nunique()}",
        "problems": f"{results.cells['problem'].nunique()}",
        "seeds": f"{results.cells['seed'].nunique()}",
        "runs": f"{len(results.cells):,}",
        "failed": f"{int((results.cells['status'] != 'done').sum()):,}",
        "results": f"{len(results.events):,}",
    }
    one = {"searchers": "searcher", "schedulers": "scheduler", "problems": "problem"}
    one |= {"seeds": "seed", "runs": "run", "results": "result"}
    return {one.get(k, k) if v == "1" else k: v for k, v in facts.items()}


def _grouped(skipped: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """One row for all searchers that a reason keeps from the same scheduler and problem."""
    searchers: dict[tuple[str, str, str], list[str]] = {}
    for row in skipped:
        key = (row["scheduler"], row["problem"], row["reason"])
        searchers.setdefault(key, []).append(row["searcher"])
    return [
        {"searcher": ", ".join(names), "scheduler": c, "problem": p, "reason": reason}
        for (c, p, reason), names in searchers.items()
    ]


def _render(page: Page, folder: Path) -> Path:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hpobench.reporting"),
        autoescape=True,  # labels and errors come from users
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: dict[str, Any] = dict(vars(page))
    text = environment.get_template("report.html.j2").render(shown)
    path = folder / PAGE
    write_whole(path, text.encode(), flush=False)
    return path
