"""What each scheduler does to each searcher."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Matrix
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import SCHEDULER
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases

TITLE = "What each scheduler does to each searcher"
STEM = "interaction"
SHOWS = (
    f"What a scheduler changes in the final regret of a searcher, compared with {SCHEDULER}. Below "
    "0, in blue, it helps. Bold is clear."
)
TAB = "answer"

COLUMNS = ["searcher", "scheduler", "estimate", "low", "high", "clear", "problems", "pairs"]


def subjects(study: Study) -> list[Whole]:
    """The study, if there are runs to pair."""
    paired = study.any_done and len(study.computed(table, study.whole))
    return [study.whole] if paired else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Final ``nr`` of every searcher under a scheduler less that under the baseline,
    :data:`~hpobench.analysis.settings.SCHEDULER`; below 0 the scheduler helps.

    Columns as :data:`COLUMNS`. Runs of the same
    problem and seed are paired: ``estimate`` is the mean over ``problems`` of the mean difference
    over seeds, of ``pairs`` runs each in all, and its interval keeps the pairing. ``clear``: the
    interval excludes 0. A scheduler may have skipped problems (those of a single step, say);
    each row is about the problems of its own pairs. Without a pair there is no row: none at all
    without the baseline, or with nothing else.
    """
    curves = study.curves
    final = normalised(curves)[..., -1:]
    baseline = {
        a.searcher: nr
        for a, nr in zip(curves.algorithms, final, strict=True)
        if a.scheduler == SCHEDULER
    }
    rows = []
    for algorithm, nr in zip(curves.algorithms, final, strict=True):
        searcher, scheduler = algorithm.searcher, algorithm.scheduler
        if scheduler == SCHEDULER or searcher not in baseline:
            continue
        difference = nr - baseline[searcher]  # (problems, seeds, 1), NaN without a partner
        pairs = np.count_nonzero(~np.isnan(difference[..., 0]), axis=1)
        names = tuple(np.array(curves.problems, dtype=object)[pairs > 0])
        if names:
            found = suite_mean(difference[None, pairs > 0], names, study.settings)
            estimate, low, high = (float(part.item()) for part in found)
            clear = low > 0 or high < 0
            row = (searcher, scheduler, estimate, low, high, clear, len(names), int(pairs.sum()))
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def caption(study: Study, _: Whole, _table: pd.DataFrame) -> str:
    curves = study.curves
    return (
        "A number is the searcher's final normalised regret under the scheduler less that under "
        f"{SCHEDULER}, paired by problem and seed, mean over problems. In bold are those whose "
        "interval excludes 0, pair by pair, not adjusted for their number. Over "
        f"{phrases.suite(curves)}; a scheduler that skipped problems is compared on the rest, as "
        f"counted in the table. A field is empty where nothing was run.{phrases.failures(curves)}"
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    drawn = "Heat map of differences in final normalised regret to FIFO."
    return f"{drawn} The numbers are in the CSV file."


def figure(study: Study, _: Whole, table: pd.DataFrame) -> Matrix:
    styles, reach = study.styles, float(table["estimate"].abs().max()) or 1.0
    label = f"Change of regret against {SCHEDULER}"
    return Matrix(
        down=("searcher", tuple(s for s in styles.searchers if s in set(table["searcher"]))),
        across=("scheduler", tuple(s for s in styles.schedulers if s in set(table["scheduler"]))),
        value="estimate",
        texts=tuple(
            ("+" if value > 0 else "\u2212" if value < 0 else "") + phrases.short(abs(value))
            for value in table["estimate"]
        ),
        label=label,
        colours="low is better",
        limits=(-reach, reach),
        strong="clear",
        dotted="clear",
        told=(
            ("searcher", "Searcher"),
            ("scheduler", "Scheduler"),
            ("estimate", label),
            ("low", "From"),
            ("high", "To"),
            ("problems", "Problems"),
            ("pairs", "Pairs of runs"),
        ),
    )
