"""A self-contained page about a results folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from contextlib import contextmanager, nullcontext
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
    TABS,
    DrawnExhibit,
    shown,
)
from hpobench.analysis.exhibits import TABLES as NUMBERED_TABLES
from hpobench.analysis.notes import notes
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.contract.errors import StoreError, writing
from hpobench.contract.files import write_whole
from hpobench.contract.package import VERSION
from hpobench.reporting import explorer, vega
from hpobench.reporting.answer import Answer, answer
from hpobench.reporting.best import Best, best_configurations
from hpobench.reporting.embedded import embedded
from hpobench.reporting.entries import Entry, Files
from hpobench.reporting.glossary import glossed
from hpobench.reporting.opening import Opening, openings
from hpobench.reporting.replay import Replay, replayed
from hpobench.reporting.stored_answer import PAGE, write_answer
from hpobench.store.read.reader import Results

Drawing: TypeAlias = Callable[[int, int], None]
"""Is told how many figures are drawn, of how many."""


@dataclass(frozen=True)
class Page:
    """What the template shows."""

    name: str
    version: str
    facts: dict[str, str]
    openings: list[Opening]
    """What the first screen says, for each fair comparison."""
    reason: str | None
    """Why nothing can be compared, or ``None``."""
    decision: str | None
    reload: float | None
    """Seconds after which the page loads itself anew."""
    notes: list[str]
    reading: str
    """How to read every exhibit."""
    explorer: Markup
    """JSON for the page's script; empty where there is no curve."""
    explorer_caption: str
    entries: dict[str, list[Entry]]
    best: list[Best]
    replay: Replay | None
    skipped: list[dict[str, str]]
    rows: Markup
    """The tables behind the entries by their ids, JSON."""
    specs: Markup
    """The charts' specifications by their ids, JSON."""
    vega: str


def write_report(
    results: Results,
    folder: Path,
    *,
    skipped: Sequence[Mapping[str, str]] | None = None,
    settings: Settings | None = None,
    decision: str | None = None,
    reload: float | None = None,
    made_of: str | None = None,
    figures: bool = False,
    drawing: Drawing = lambda _done, _total: None,
) -> Path:
    """Write ``folder/index.html`` with ``tables/`` beside it; returns the page.

    ``skipped``: the combinations that the grid left out, each with ``searcher``, ``scheduler``,
    ``problem`` and ``reason``; by default those of the results' plan. ``settings``: by default on
    the axis that the budgets are in. ``decision``: what seeds in stages decided
    (:func:`hpobench.store.read.decision.decision_sentence`). ``reload``: seconds after which an
    open page loads itself anew. ``made_of``: what ``answer.json`` keeps to tell whether the report
    is up to date (:mod:`hpobench.reporting.stored_answer`). ``figures``: also draw ``figures/``, a
    PNG and a PDF of every figure; ``drawing`` is told how many of them are drawn. The same results
    give the same bytes; files of an earlier report in ``folder`` that this one has no use for are
    removed. Raises :class:`StoreError` when there is no run to report or no room to write.
    """
    if not len(results.cells):
        raise StoreError(
            f"{results.name}: no run has ended yet, so there is nothing to report; "
            "run the suite first"
        )
    try:
        left_out = results.plan.get("skipped", []) if skipped is None else skipped
        with writing("the report", folder):
            study = Study(results, settings)
            files = Files(folder, study)
            said = answer(study)
            with _figures_meanwhile(files, drawing) if figures else nullcontext():
                page = _render(_page(study, said, files, left_out, decision, reload), folder)
            files.remove_stale()
            write_answer(folder, said, made_of)
            return page
    except BrokenExecutor as error:
        raise StoreError(
            f"cannot write the report to {folder}: a process that drew figures was killed, which "
            "is what a machine short of memory does; `hpobench report` begins anew"
        ) from error


@contextmanager
def _figures_meanwhile(files: Files, drawing: Drawing) -> Iterator[None]:
    """Other processes draw all figures while the block runs; it ends when they have."""
    with processes.given_up_on_error():
        pairs = shown(files.study, _figures())
        drawing(0, len(pairs))
        drawn = [files.figure(*pair) for pair in pairs]
        yield
        for done, one in enumerate(as_completed(drawn), start=1):
            one.result()  # raises what drawing it raised
            drawing(done, len(drawn))


def _figures() -> list[DrawnExhibit[Any]]:
    return [figure for own in FIGURES.values() for figure in own]


def _page(
    study: Study,
    said: Answer,
    files: Files,
    skipped: Sequence[Mapping[str, str]],
    decision: str | None,
    reload: float | None,
) -> Page:
    every = study.any_done
    explored = explorer.exhibits()
    charts = files.charts(figure for figure in _figures() if figure not in explored)
    numbered = [table for own in NUMBERED_TABLES.values() for table in own if table not in SETTING]
    entries = charts + files.tables([*STANDINGS, *numbered, *SETTING, *ORIGINS, *FAILURES])
    replay = replayed(study)
    for frame, subject in shown(study, (*explored, *FILES)):
        files.frame(frame, subject)
    return Page(
        name=study.every.name,
        version=VERSION,
        facts=_facts(study.every),
        openings=openings(study, said),
        reason=said.reason,
        decision=decision,
        reload=reload,
        notes=list(notes(study)),
        reading=phrases.reading(study.settings),
        explorer=embedded(explorer.explorer(study)) if every else Markup(),
        explorer_caption=explorer.caption(study.settings),
        entries={tab: [one for one in entries if one.tab == tab] for tab in TABS},
        best=best_configurations(study),
        replay=replay,
        skipped=_grouped(skipped),
        rows=embedded({one.id: one.rows for one in (*entries, *(replay.runs if replay else ()))}),
        specs=embedded({one.id: one.chart.spec for one in entries if one.chart}),
        vega=vega.library(),
    )


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
    environment.filters["gloss"] = glossed
    shown: dict[str, Any] = dict(vars(page))
    text = environment.get_template("report.html.j2").render(shown)
    path = folder / PAGE
    write_whole(path, text.encode(), flush=False)
    return path
