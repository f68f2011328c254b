"""What each scheduler does to each searcher."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.drawing.matrix import LOW_IS_BETTER, draw_matrix, short
from hpobench.analysis.drawing.style import Drawing, Styles
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import SCHEDULER, FloatArray, Settings
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "What each scheduler does to each searcher"
STEM = "interaction"

COLUMNS = ["searcher", "scheduler", "estimate", "low", "high", "clear", "problems", "pairs"]


def subjects(study: Study) -> list[Whole]:
    """The study, if there are runs to pair."""
    paired = study.any_done and len(study.computed(table, study.whole))
    return [study.whole] if paired else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Final ``nr`` of every searcher under a scheduler less that under the baseline,
    :data:`~hpobench.analysis.settings.SCHEDULER`; below 0 the scheduler helps.

    Columns ``searcher, scheduler, estimate, low, high, clear, problems, pairs``. Runs of the same
    problem and seed are paired: ``estimate`` is the mean over ``problems`` of the mean difference
    over seeds, of ``pairs`` runs each in all, and its interval keeps the pairing. ``clear``: the
    interval excludes 0. A scheduler may have skipped problems (those of a single step, say);
    each row is about the problems of its own pairs. Without a pair there is no row: none at all
    without the baseline, or with nothing else.
    """
    curves, settings = study.curves, study.settings
    final = normalised(curves)[..., -1:]
    baseline = {
        a.searcher: nr
        for a, nr in zip(curves.algorithms, final, strict=True)
        if a.scheduler == SCHEDULER
    }
    rows = []
    for algorithm, nr in zip(curves.algorithms, final, strict=True):
        if algorithm.scheduler == SCHEDULER or algorithm.searcher not in baseline:
            continue
        difference = nr - baseline[algorithm.searcher]
        if not np.isnan(difference).all():
            effect = _effect(difference, curves.problems, settings)
            rows.append((algorithm.searcher, algorithm.scheduler, *effect))
    return pd.DataFrame(rows, columns=COLUMNS)


def _effect(
    difference: FloatArray, problems: tuple[str, ...], settings: Settings
) -> tuple[float, float, float, bool, int, int]:
    """Mean, interval and the rest of a row; ``difference`` has shape (problems, seeds, 1), NaN
    where a run has no partner."""
    pairs = np.count_nonzero(~np.isnan(difference[..., 0]), axis=1)
    shared = pairs > 0
    names = tuple(p for p, keep in zip(problems, shared, strict=True) if keep)
    found = suite_mean(difference[None, shared], names, settings)
    estimate, low, high = (float(part.item()) for part in found)
    return estimate, low, high, low > 0 or high < 0, len(names), int(pairs.sum())


def caption(study: Study, _: Whole, _table: pd.DataFrame) -> str:
    curves, settings = study.curves, study.settings
    return (
        f"Difference in final normalised regret of each searcher under each scheduler to the same "
        f"searcher under {SCHEDULER}, paired by problem and seed, mean over problems; below 0 "
        f"(blue) the scheduler helps. Bold with a dot: the interval excludes 0, pair by pair, not "
        f"adjusted for their number; {phrases.interval(settings)}, none where a problem has a "
        f"single seed. Over {phrases.suite(curves)}; a scheduler that skipped problems is compared "
        f"on the rest, as counted in the table. Grey: not run. {phrases.incumbent(settings)}"
        f"{phrases.failures(curves)}"
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    return (
        "Heat map of differences in final normalised regret to FIFO. The numbers are in the CSV "
        "file."
    )


def drawing(study: Study, _: Whole, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, study.styles)


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws :func:`table`, which has a row; both
    sides in the order of ``styles``."""
    searchers = [s for s in styles.searchers if s in set(table["searcher"])]
    schedulers = [s for s in styles.schedulers if s in set(table["scheduler"])]
    reach = float(table["estimate"].abs().max()) or 1.0
    return draw_matrix(
        table,
        ("searcher", searchers),
        ("scheduler", schedulers),
        colours=LOW_IS_BETTER,
        limits=(-reach, reach),
        write=_signed,
        label=f"Final nr less\nthat under {SCHEDULER}",
    )


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return sign + short(abs(value))
