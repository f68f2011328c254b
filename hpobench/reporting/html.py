"""A self-contained page about a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.core.failures import failures
from hpobench.analysis.core.hits import compute_runs
from hpobench.analysis.core.references import completed
from hpobench.analysis.core.workers import with_most_workers
from hpobench.analysis.drawing import captions, drawing
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.anytime_regret import anytime_regret
from hpobench.analysis.exhibits.cost import cost
from hpobench.analysis.exhibits.setting import budget_axis, problem_setting, setting
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import StoreError, writing
from hpobench.contract.files import write_whole
from hpobench.contract.package import VERSION
from hpobench.reporting import tables
from hpobench.reporting.comparison import Compared
from hpobench.reporting.entries import FigureEntry, Files, TableEntry
from hpobench.reporting.explorer import REPETITIONS, embedded, explorer
from hpobench.reporting.figures import (
    configuration_figures,
    grid_figures,
    lineage_figures,
    problem_figures,
    rung_figures,
    thinking_figures,
    timeline_figures,
)
from hpobench.reporting.notes import notes
from hpobench.reporting.origins import origins, origins_table
from hpobench.reporting.verdict import verdict
from hpobench.store.reader import Results


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
    tables: list[TableEntry]
    setting: list[TableEntry]
    origins: TableEntry
    skipped: list[dict[str, str]]
    failures: TableEntry | None


def write_report(
    results: Results,
    folder: Path,
    *,
    skipped: Sequence[Mapping[str, str]] | None = None,
    settings: Settings | None = None,
    decision: str | None = None,
    reload: float | None = None,
) -> Path:
    """Write ``folder/index.html`` with ``figures/`` and ``tables/`` beside it; returns the page.

    ``skipped``: the combinations that the grid left out, each with ``searcher``, ``scheduler``,
    ``problem`` and ``reason``; by default those of the results' plan. ``settings``: by default
    on the axis that the budgets are in. ``decision``: what seeds in stages decided
    (:func:`hpobench.store.decision.decision_sentence`). ``reload``: seconds after which an open page
    loads itself anew. The same results give the same bytes; files of an earlier
    report in ``folder`` that this one has no use for are removed. Raises
    :class:`hpobench.contract.errors.StoreError` when there is no run to report or no room to write.
    """
    if not len(results.cells):
        raise StoreError(
            f"{results.name}: no run has ended yet, so there is nothing to report; "
            "run the suite first"
        )
    try:
        left_out = results.plan.get("skipped", []) if skipped is None else skipped
        settings = settings or Settings(axis=budget_axis(results))
        with writing("the report", folder), drawing.given_up_on_error():
            return _write(results, folder, left_out, settings, decision, reload)
    except BrokenExecutor as error:
        raise StoreError(
            f"cannot write the report to {folder}: a process that drew figures was killed, which "
            "is what a machine short of memory does; `hpobench report` begins anew"
        ) from error


def _write(
    results: Results,
    folder: Path,
    skipped: Sequence[Mapping[str, str]],
    settings: Settings,
    decision: str | None,
    reload: float | None,
) -> Path:
    files = Files(folder)
    every = completed(results)
    results = with_most_workers(every)
    curves = compute_curves(results, settings)
    # Nothing but failures: every curve would be the clip value.
    any_done = bool((curves.present & ~curves.failed).any())
    fair = comparisons(curves) if any_done else []
    styles = Styles(curves.algorithms)
    runs = compute_runs(results, settings)
    sets = [Compared(files, results, every, runs, c, styles, settings) for c in fair]
    ranked = [one.standings() for one in sets]
    failed = failures(every.cells)
    regrets = {p: anytime_regret(curves, p, settings) for p in curves.problems} if any_done else {}
    by_problem = problem_figures(files, curves, regrets, results.problems, styles, settings)
    page = Page(
        name=results.name,
        version=VERSION,
        facts=_facts(every),
        verdicts=[verdict(c, frame) for c, (frame, _) in zip(fair, ranked, strict=True)],
        decision=decision,
        reload=reload,
        notes=notes(every, curves, fair, failed, settings),
        standings=[entry for _, entry in ranked],
        explorer=_explorer(results, sets, regrets, styles, settings) if any_done else "",
        explorer_caption=captions.explorer(settings, REPETITIONS),
        figures=[
            *(figure for one in sets for figure in one.figures()),
            *(grid_figures(files, curves, styles, settings) if any_done else []),
            *timeline_figures(files, results),
            *rung_figures(files, results, settings),
            *thinking_figures(files, results, styles),
        ],
        problem_figures=[
            *by_problem,
            *configuration_figures(files, results, settings),
            *lineage_figures(files, results),
        ],
        tables=_tables(files, every, curves, sets, settings),
        setting=_setting(files, every),
        origins=_origins(files, every),
        skipped=_grouped(skipped),
        failures=(
            tables.failure_table(failed, files.table("failures", failed)) if len(failed) else None
        ),
    )
    path = _render(page, folder)
    files.remove_stale()
    return path


def _explorer(
    results: Results,
    sets: Sequence[Compared],
    regrets: Mapping[str, pd.DataFrame],
    styles: Styles,
    settings: Settings,
) -> Markup:
    tables = {one.comparison.title: one.mean_regret for one in sets} | dict(regrets)
    return embedded(explorer(results, tables, styles, settings))


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


def _tables(
    files: Files,
    results: Results,
    curves: Curves,
    sets: Sequence[Compared],
    settings: Settings,
) -> list[TableEntry]:
    found = []
    if curves.problems:
        found.append(tables.final_loss_table(files, curves, results.problems, settings))
    found += [table for one in sets for table in one.tables()]
    costs = cost(results)
    return [*found, tables.cost_table(captions.cost(), costs, files.table("cost", costs))]


def _setting(files: Files, results: Results) -> list[TableEntry]:
    facts, problems = setting(results), problem_setting(results)
    found = [tables.setting_table(facts, files.table("setting", facts))]
    if len(problems):
        found.append(tables.problem_table(problems, files.table("problems", problems)))
    return found


def _origins(files: Files, results: Results) -> TableEntry:
    frame = origins(results)
    return origins_table(frame, files.table("runs", frame))


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
    path = folder / "index.html"
    write_whole(path, text.encode())
    return path
