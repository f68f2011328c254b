"""One number for a whole curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import areas
from hpobench.analysis.exhibits._by_algorithm import by_algorithm, mean_or_problem
from hpobench.analysis.exhibits._room import first_problems
from hpobench.analysis.inference.bootstrap import Interval, suite_mean
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Grid

TITLE = "Anytime score"
STEM = "anytime_score"
SHOWS = (
    "One number for a whole curve: the regret, averaged over the budget on a log scale. 0 is the "
    "optimum from the start; lower is better."
)
TAB = "curves"

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The area under ``nr`` over log time, from the grid's first share of the budget to all of it.

    Divided by the length of that stretch, so that it is the mean ``nr`` over log time: 0 is the
    optimum from the start, 1 never better than a random configuration. Under the curve as drawn,
    a step at each point of the grid, which exceeds the area under the exact one by at most the
    drop of ``nr`` over the number of steps.

    Columns ``problem, algorithm, searcher, scheduler, estimate, low, high``; rows whose ``problem``
    is missing, the first, are means over problems.
    """
    curves, settings = comparison.curves, study.settings
    area = areas(curves)[..., None]
    found: list[tuple[str | None, Interval]] = [
        (None, suite_mean(area, curves.problems, settings)),
        *(
            (problem, suite_mean(area[:, [p]], (problem,), settings))
            for p, problem in enumerate(curves.problems)
        ),
    ]
    frames = []
    for problem, score in found:
        frame = algorithm_columns(curves.algorithms)
        frame.insert(0, "problem", np.full(len(frame), problem, dtype=object))
        frames.append(frame.assign(**{k: v[:, 0] for k, v in score._asdict().items()}))
    return pd.concat(frames, ignore_index=True)


def caption(_study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        "The score is the area under the curve of mean normalised regret over the logarithm of "
        f"time, from {curves.share[0]:.2%} of the budget to all of it, divided by its width. 1 is "
        "never better than the median random configuration. Mean: over "
        f"{phrases.suite(curves)}.{phrases.failures(curves)}{first_problems(table)[1]}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """A column for the mean and each problem."""
    return by_algorithm(table.assign(column=mean_or_problem(table)), "estimate")
