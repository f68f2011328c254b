"""Phrases that captions and axis labels share, made from settings and curves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.inference.bootstrap import coverage
from hpobench.analysis.inference.families import Families
from hpobench.analysis.settings import REGRET_FLOOR, Settings
from hpobench.contract.wording import count, number

_AXES = {
    "time": "time in seconds of the run's clock",
    "evaluations": "resource paid for, in full evaluations",
    "resource": "resource paid for, in units of the problem's fidelity",
    "time+thinking": "time in seconds: the run's clock plus the searcher's thinking",
}

LONGEST = 4000  # characters of an error that a page shows


def axis(settings: Settings) -> str:
    return _AXES[settings.axis]


def axis_label(settings: Settings) -> str:
    return _capital(axis(settings))


def share_label(settings: Settings) -> str:
    kind = "Time" if settings.axis.startswith("time") else "Resource"
    return f"{kind} as a share of the longest run's"


def metric_label(problem: pd.Series) -> str:
    better = "higher" if problem["direction"] == "maximize" else "lower"
    return f"{_capital(problem['metric'])} ({better} is better)"


def step_label(problem: pd.Series) -> str:
    name, unit = problem["fidelity"], problem["unit"]
    return _capital(name) if unit == 1 else f"Step of {unit:.3g} {name}"


def algorithms(curves: Curves) -> str:
    return count(len(curves.algorithms), "algorithm")


def suite(curves: Curves) -> str:
    return f"{count(len(curves.problems), 'problem')} and {seeds(curves)}"


def seeds(curves: Curves, problem: int | None = None) -> str:
    """How many seeds each algorithm ran: one number, or the range where they differ."""
    part = slice(None) if problem is None else problem
    counts = curves.present.sum(axis=2)[:, part]
    counts = counts[counts > 0]
    low, high = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
    return count(high, "seed") if low == high else f"{low} to {high} seeds"


def interval(settings: Settings) -> str:
    """What the intervals are."""
    within = "seeds resampled within problems"
    claim = "problems and seeds resampled" if settings.resample_problems else within
    return (
        f"{settings.level:.0%} percentile bootstrap intervals ({settings.repetitions:,} "
        f"repetitions, {claim})"
    )


def families(found: Families) -> str:
    return f"{len(found.names)} families of problems"


def family_interval(settings: Settings, found: Families) -> str:
    """What intervals from resampled families are, in a sentence of its own."""
    few = np.array([[len(found.names)]])
    return (
        f"{settings.level:.0%} percentile bootstrap intervals ({settings.repetitions:,} "
        "repetitions; families, their problems and seeds resampled). Were the families' means "
        f"normal, such intervals would hold the truth in about {coverage(few, settings):.0%} of "
        "cases."
    )


def reading(settings: Settings) -> str:
    """How to read every exhibit, said once for all of them."""
    return (
        f"The axis is {_AXES[settings.axis]}; over several problems it is a share of each "
        "problem's longest run, and runs that ended stay at their final incumbent. A run's "
        f"incumbent is its best result so far by the visible loss, at "
        f"{'any fidelity' if settings.fidelity == 'any' else 'full fidelity only'}; before its "
        "first result the median loss of a random configuration stands in. Bands, lines and "
        f"brackets are {interval(settings)}; there are none where a problem has a single seed."
    )


def seeds_alone(settings: Settings, where: str = "Here") -> str:
    """What differs where problems are not resampled, whatever is set; empty if they never are. A
    blank stands in front."""
    return f" {where} seeds alone are resampled." if settings.resample_problems else ""


def failures(curves: Curves, problem: int | None = None) -> str:
    """How failed runs count in averages; empty without any. A blank stands in front."""
    part = slice(None) if problem is None else problem
    failed, runs = int(curves.failed[:, part].sum()), int(curves.present[:, part].sum())
    return f" {count(failed, 'failed run')} of {runs} counted as the clip value." if failed else ""


def misses(curves: Curves) -> str:
    """How failed runs count where targets are hit; empty without any. A blank stands in front."""
    failed, runs = int(curves.failed.sum()), int(curves.present.sum())
    return f" {count(failed, 'failed run')} of {runs} hit nothing." if failed else ""


def bottom(table: pd.DataFrame) -> str:
    """Why some regret leaves the plot; empty if none does. A blank stands in front."""
    reached = (table["estimate"] <= REGRET_FLOOR).any()
    return " A curve that leaves at the bottom has reached the optimum." if reached else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def shortened(text: str, whole: str) -> str:
    """``text``, or of a very long one the beginning and in which file it is ``whole``."""
    # A page about a thousand failed runs would else be slow to open.
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({count(len(text) - LONGEST, 'character')} more in {whole})"


def short(value: float) -> str:
    """A positive number with two significant digits in the least space: .012, 3e-4, 0."""
    if value == 0:
        return "0"
    if value < 0.001:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    # From here on two decimals round to two significant digits.
    return f"{value:.2f}".lstrip("0") if value >= 0.0995 else f"{value:.3f}".lstrip("0")


def ends(table: pd.DataFrame) -> str:
    """For those who cannot see the curves in ``table``: where the first and the last end."""
    last = table.groupby("algorithm", sort=False)["estimate"].last().sort_values(kind="stable")
    if len(last) == 1:
        return f"{last.index[0]} ends at {number(float(last.iloc[0]))}."
    return (
        f"Lowest at the end: {last.index[0]} with {number(float(last.iloc[0]))}; "
        f"highest: {last.index[-1]} with {number(float(last.iloc[-1]))}."
    )


def curves_of(what: str) -> Callable[[object, pd.DataFrame], str]:
    """The ``alt`` of an exhibit whose figure is curves of ``what`` and nothing else."""

    def alt(_: object, table: pd.DataFrame) -> str:
        return f"Curves of {what}. {ends(table)}"

    return alt


def first_and_last(table: pd.DataFrame) -> str:
    """For those who cannot see what is drawn of ``table``, the best algorithm in its first row."""
    names = list(dict.fromkeys(table["algorithm"]))
    return f"First: {names[0]}; last: {names[-1]}. The numbers are in the CSV file."
