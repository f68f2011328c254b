"""The final loss of every algorithm on every problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, algorithm_columns
from hpobench.analysis.exhibits._room import first_problems
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.inference.significance import ALPHA, p_against_best
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field, anchor
from hpobench.contract.wording import interval, number

TITLE = "Final values"
STEM = "final_loss"
SHOWS = (
    "The value that each algorithm ends with on each problem. Bold: the best. Asterisk: not "
    "clearly worse than the best."
)
TAB = "problems"


def subjects(study: Study) -> list[Whole]:
    return [study.whole] if study.curves.problems else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """The :func:`final_loss` of all runs."""
    return final_loss(study.curves, study.results.problems, study.settings)


def final_loss(curves: Curves, problems: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Mean final loss over seeds, in the metric's own orientation.

    Columns ``problem, metric, algorithm, searcher, scheduler, mean, low, high, seeds, failures,
    best, not_worse, p``. ``best``: no mean is better. ``not_worse``: the test against the best,
    paired by seed and adjusted by Holm within the problem, does not reject at 5 %. Algorithms
    without a run on the problem have no row.
    """
    metrics = problems.set_index("problem")[["metric", "direction"]]
    frames = []
    for i, problem in enumerate(curves.problems):
        part = curves.select(curves.complete[:, i], np.arange(len(curves.problems)) == i)
        metric, direction = map(str, metrics.loc[problem])
        frames.append(_one_problem(part, metric, direction, settings))
    return pd.concat(frames, ignore_index=True)


def _one_problem(part: Curves, metric: str, direction: str, settings: Settings) -> pd.DataFrame:
    scores = part.loss[:, 0, :, -1]
    mean, low, high = (x[:, 0] for x in suite_mean(part.loss[..., -1:], part.problems, settings))
    frame = algorithm_columns(part.algorithms)
    known = np.isfinite(mean)
    best = known & (mean == np.min(mean, initial=np.inf, where=known))
    p = p_against_best(scores, int(np.argmax(best))) if best.any() else np.full(len(mean), np.nan)
    if direction == "maximize":
        mean, low, high = -mean, -high, -low
    frame.insert(0, "problem", part.problems[0])
    frame.insert(1, "metric", metric)
    return frame.assign(
        mean=mean,
        low=low,
        high=high,
        seeds=part.present[:, 0].sum(axis=1),
        failures=part.failed[:, 0].sum(axis=1),
        best=best,
        not_worse=best | (p >= ALPHA),
        p=p,
    )


def caption(study: Study, _: Whole, table: pd.DataFrame) -> str:
    return (
        "The metric is held out where the problem has it so. The mean is over "
        f"{phrases.seeds(study.curves)}; failed runs, in round brackets, count as the clip value. "
        "An asterisk marks what a two-sided Wilcoxon signed-rank test does not tell from the best: "
        "paired by seed, exact up to 12 pairs, Holm-adjusted within the problem, "
        f"p >= {ALPHA:g}. Below 6 seeds it cannot reject.{phrases.seeds_alone(study.settings)}"
        f"{first_problems(table)[1]}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """A row per algorithm and a column for each of the :func:`first_problems`."""
    table, _ = first_problems(table)
    metrics = table.drop_duplicates("problem")
    columns = [f"{p} ({m})" for p, m in zip(metrics["problem"], metrics["metric"], strict=True)]
    by_pair = {}
    for _, row in table.iterrows():
        failures = f" ({row['failures']} failed)" if row["failures"] else ""
        by_pair[row["algorithm"], row["problem"]] = Field(
            number(row["mean"], 4),
            interval(row["low"], row["high"], digits=4),
            ("*" if row["not_worse"] and not row["best"] else "") + failures,
            bool(row["best"]),
            row["mean"],
            f"#{anchor(row['algorithm'], row['problem'])}",
        )
    rows = [
        [algorithm_field(name), *(by_pair.get((name, p), Field("")) for p in metrics["problem"])]
        for name in table["algorithm"].drop_duplicates()
    ]
    return Grid(["Algorithm", *columns], rows)
