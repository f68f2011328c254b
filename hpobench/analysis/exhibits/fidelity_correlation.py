"""How well losses at low fidelities order trials as the full fidelity does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.figures import Axis, Strips
from hpobench.analysis.inference.rank_correlation import rank_correlations
from hpobench.analysis.settings import SCHEDULER, SEARCHER, FloatArray, IntArray
from hpobench.analysis.study import Study, Whole

TITLE = "Losses across fidelities"
STEM = "fidelity_correlation"
SHOWS = (
    "Whether losses early in training order configurations as those at its end do: 1 is the same "
    "order, 0 none, below 0 the beginning misleads."
)
TAB = "problems"

COLUMNS = ["problem", "at", "step", "estimate", "low", "high", "trials", "selected"]
ENOUGH = 10  # fewer trials than this say nothing about an order
FIDELITIES = 12  # compared with the full one, per problem: evenly spaced on a log scale


def subjects(study: Study) -> list[Whole]:
    """The study, if there are losses at a low fidelity to correlate."""
    found = study.computed(table, study.whole)
    return [study.whole] if (found["at"] < 1).any() else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Spearman's rho between visible losses after a step and at full fidelity.

    Columns as :data:`COLUMNS`, one row per problem of several steps and fidelity compared; ``at``
    is the step's share of the full fidelity. Of each
    problem the trials that reached full fidelity count, those of all seeds together. The trials
    are those of the baseline, :data:`~hpobench.analysis.settings.SEARCHER` under
    :data:`~hpobench.analysis.settings.SCHEDULER`, where losses neither choose configurations nor
    stop them; where it was not run those of all algorithms, ``selected``: survivors, among whom
    rho is biased. Left out are trials that went on from another's state, and losses that are
    not finite. Below :data:`ENOUGH` trials a problem has no rows.

    The interval resamples seeds, each with all its trials. ``estimate`` is NaN where all losses
    are the same, as is the interval where that happens in a resample.
    """
    results, settings = study.results, study.settings
    cells = results.cells
    baseline = (cells["searcher"] == SEARCHER) & (cells["scheduler"] == SCHEDULER)
    run = run_of(results, results.events)
    # Grouped by run once: selecting from all events for each problem would take longer.
    order = np.argsort(run, kind="stable")
    bounds = np.searchsorted(run[order], np.arange(len(cells) + 1))
    codes, names = pd.factorize(cells["problem"])  # comparing texts takes longer
    rows = []
    for problem, steps in problems_of(results)[["problem", "steps"]].itertuples(index=False):
        own = codes == names.get_loc(problem)
        selected = not (own & baseline).any()
        runs = np.flatnonzero(own if selected else own & baseline)
        if steps < 2 or not len(runs):
            continue
        part = np.concatenate([order[bounds[r] : bounds[r + 1]] for r in runs])
        compared = np.unique(np.geomspace(1, int(steps), FIDELITIES).round().astype(np.int64))
        losses, origin = _losses(results.events.iloc[part], run[part], compared)
        if len(losses) < ENOUGH:
            continue
        seeds = cells["seed"].to_numpy()[origin]
        found = rank_correlations(losses, seeds, problem, settings)
        for step, *interval in zip(compared, *found, strict=True):
            rows.append((problem, step / steps, step, *interval, len(losses), selected))
    return pd.DataFrame(rows, columns=COLUMNS)


def _losses(events: pd.DataFrame, run: IntArray, steps: IntArray) -> tuple[FloatArray, IntArray]:
    """The losses after each of ``steps`` of all trials that have them, shape (trials, steps), and
    the run of each."""
    # One number for both, which sorts faster than two columns.
    key = (run << 32) + events["trial"].to_numpy(np.int64)
    trials, row = np.unique(key, return_inverse=True)
    wanted = np.isin(events["step"], steps)
    column = np.searchsorted(steps, events["step"].to_numpy()[wanted])
    losses = np.full((len(trials), len(steps)), np.nan)
    losses[row[wanted], column] = events["loss"].to_numpy(np.float64)[wanted]
    kept = np.isfinite(losses).all(axis=1)
    kept[row[events["parent"].notna().to_numpy(bool)]] = False
    return losses[kept], trials[kept] >> 32


def caption(_study: Study, _: Whole, table: pd.DataFrame) -> str:
    low, high, survivors = table["trials"].min(), table["trials"].max(), ""
    trials = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if table["selected"].any():
        survivors = (
            f" An asterisk marks problems on which {SEARCHER} under {SCHEDULER} was not run: there "
            "all trials that reached full fidelity count, which are survivors and thus a biased "
            "sample."
        )
    return (
        "A number is Spearman's rank correlation of visible losses at a share of the training and "
        f"at full fidelity. It is over the trials of all seeds that reached full fidelity, {trials}"
        f" a problem, of {SEARCHER} under {SCHEDULER}: there losses neither choose configurations "
        f"nor stop them.{survivors} Each field holds until the next fidelity compared. The highest "
        f"mean is on top; problems with fewer than {ENOUGH} such trials are left out. Brackets "
        "stand around numbers whose interval includes 0; intervals resample seeds, each with all "
        "its trials."
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    return (
        "A strip per problem of rank correlations with the losses at full fidelity. The numbers "
        "are in the CSV file."
    )


def figure(_study: Study, _: Whole, table: pd.DataFrame) -> Strips:
    """The most faithful problem on top, with an asterisk where survivors stand in."""
    means = table[table["at"] < 1].groupby("problem", sort=False)["estimate"].mean()
    order = means.sort_values(ascending=False, kind="stable").index
    selected = set(table.loc[table["selected"], "problem"])
    parts = zip(table["estimate"], table["low"], table["high"], strict=True)
    return Strips(
        names=tuple((name, name + " *" * (name in selected)) for name in order),
        texts=tuple(
            f"({_short(rho)})" if low <= 0 <= high else _short(rho) for rho, low, high in parts
        ),
        x=Axis("Share of the full fidelity", float(table["at"].min()), 1.0, "log", percent=True),
        label="Rank correlation",
    )


def _short(rho: float) -> str:
    """Two digits; what is written as 1 is no rounding."""
    if np.isnan(rho):
        return ""
    text = f"{min(abs(rho), 0.99):.2f}".lstrip("0") if abs(rho) < 1 else "1"
    return "\u2212" * (rho < 0) + text
