"""A self-contained page about a results folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

from markupsafe import Markup, escape

from hpobench.analysis import exhibits
from hpobench.analysis.drawing import processes
from hpobench.analysis.notes import notes
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.contract.errors import StoreError, writing
from hpobench.contract.files import write_whole
from hpobench.contract.package import VERSION
from hpobench.reporting import explorer, vega
from hpobench.reporting.answer import PAGE, Answer, write_answer
from hpobench.reporting.answer_of_study import answer
from hpobench.reporting.best import best_configurations
from hpobench.reporting.opening import openings
from hpobench.reporting.packed import embedded
from hpobench.reporting.page_entries import ChartEntry, Files
from hpobench.reporting.replays import replayed
from hpobench.store.read.reader import Results

Drawing: TypeAlias = Callable[[int, int], None]
"""Is told how many figures are drawn, of how many."""
TERMS = {
    "normalised regret": "How far from the best possible loss: 0 is the optimum, 1 the median loss "
    "of a random configuration.",
    "simple regret": "The loss of the best result so far less the optimum.",
    "incumbent": "The best result of a run so far.",
    "clip value": "The median loss of a random configuration, the 1 of normalised regret; a failed "
    "run counts as it.",
    "full evaluation": "The training of one configuration to its last step.",
    "fidelity": "How far a trial trains: epochs, trees or data, say.",
    "rung": "A fidelity at which a scheduler compares trials and stops the worse ones.",
    "seed": "The number that a run's randomness begins with: runs with other seeds repeat it.",
    "expected running time": "The budget that all runs spent until they hit a target or ended, "
    "over the number of hits.",
    "interquartile mean": "The mean of the middle half of all runs.",
    "bootstrap": "Drawing seeds again and again to see how much a mean moves by chance.",
    "held-out loss": "A loss that the searcher did not see, on test data say.",
}
"""What the words of a page mean, in tooltips."""
_PATTERN = re.compile(rf"\b({'|'.join(map(re.escape, TERMS))})(s?)\b", re.IGNORECASE)


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
    (:func:`hpobench.store.read.reader.decision_sentence`). ``reload``: seconds after which an
    open page loads itself anew. ``made_of``: what ``answer.json`` keeps to tell whether the report
    is up to date (:mod:`hpobench.reporting.answer`). ``figures``: also draw ``figures/``, a
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
                asked = {"decision": decision, "reload": reload}
                page = _render({**_page(study, said, files, left_out), **asked}, folder)
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
        pairs = exhibits.shown(files.study, _figures())
        drawing(0, len(pairs))
        drawn = [files.figure(*pair) for pair in pairs]
        yield
        for done, one in enumerate(as_completed(drawn), start=1):
            one.result()  # raises what drawing it raised
            drawing(done, len(drawn))


def _figures() -> list[exhibits.DrawnExhibit[Any]]:
    return [figure for own in exhibits.FIGURES.values() for figure in own]


def _page(
    study: Study, said: Answer, files: Files, skipped: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """What the template shows, apart from what the caller of :func:`write_report` says."""
    explored = explorer.exhibits()
    charts = files.charts(figure for figure in _figures() if figure not in explored)
    numbered = (table for own in exhibits.TABLES.values() for table in own)
    tables = [*exhibits.STANDINGS, *(table for table in numbered if table not in exhibits.SETTING)]
    tables += [*exhibits.SETTING, *exhibits.ORIGINS, *exhibits.FAILURES]
    entries = charts + files.tables(tables)
    contents = [entry.content for entry in entries]
    replay = replayed(study)
    for frame, subject in exhibits.shown(study, (*explored, *exhibits.FILES)):
        files.frame(frame, subject)
    # One row for all searchers that a reason keeps from the same scheduler and problem.
    searchers: dict[tuple[str, str, str], list[str]] = {}
    for row in skipped:
        key = (row["scheduler"], row["problem"], row["reason"])
        searchers.setdefault(key, []).append(row["searcher"])
    return {
        "name": study.every.name,
        "version": VERSION,
        "facts": _facts(study.every),
        "openings": openings(study, said),
        "reason": said.reason,
        "notes": list(notes(study)),
        "reading": phrases.reading(study.settings),
        "explorer": embedded(explorer.explorer(study)) if study.any_done else "",
        "explorer_caption": explorer.caption(study.settings),
        "entries": {tab: [one for one in entries if one.tab == tab] for tab in exhibits.TABS},
        "best": best_configurations(study),
        "replay": replay,
        "skipped": [
            {"searcher": ", ".join(names), "scheduler": c, "problem": p, "reason": reason}
            for (c, p, reason), names in searchers.items()
        ],
        "rows": embedded(
            {one.id: one.rows for one in (*entries, *(replay.runs if replay else ()))}
        ),
        "specs": embedded({one.id: one.spec for one in contents if isinstance(one, ChartEntry)}),
        "vega": vega.library(),
    }


def _facts(results: Results) -> dict[str, str]:
    cells, kinds = results.cells, ("searcher", "scheduler", "problem", "seed")
    facts = {f"{kind}s": f"{cells[kind].nunique()}" for kind in kinds}
    failed = int((cells["status"] != "done").sum())
    facts |= {"runs": f"{len(cells):,}", "failed": f"{failed:,}"}
    facts |= {"results": f"{len(results.events):,}"}
    return {name.removesuffix("s") if n == "1" else name: n for name, n in facts.items()}


def _render(page: Mapping[str, Any], folder: Path) -> Path:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hpobench.reporting"),
        autoescape=True,  # labels and errors come from users
        undefined=StrictUndefined,  # a misspelt name is an error, and no gap on the page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["gloss"] = glossed
    path = folder / PAGE
    text = environment.get_template("report.html.j2").render(page)
    write_whole(path, text.encode(), flush=False)
    return path


def glossed(text: str | Markup) -> Markup:
    """``text``, where the first occurrence of each term of :data:`TERMS` has its meaning."""
    met: set[str] = set()

    def explained(match: re.Match[str]) -> str:
        term = match[1].lower()
        if term in met:
            return match[0]
        met.add(term)
        return f'<abbr tabindex="0" data-meaning="{escape(TERMS[term])}">{match[0]}</abbr>'

    return Markup(_PATTERN.sub(explained, str(escape(text))))
