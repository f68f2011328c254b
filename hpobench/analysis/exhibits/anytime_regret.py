"""Simple regret over time on one problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.normalise import below_optimum, regrets
from hpobench.analysis.exhibits._room import MOST_PROBLEMS
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import curve_frame, suite_mean
from hpobench.analysis.study import OneProblem, Study
from hpobench.analysis.text import phrases
from hpobench.contract.wording import count

TITLE = "Anytime regret"
STEM = "anytime_regret"
SHOWS = "How far from the optimum each algorithm is as its budget is spent. Lower is better."
TAB = "curves"


def subjects(study: Study) -> list[OneProblem]:
    return problems(study)[:MOST_PROBLEMS]  # there may be thousands


def problems(study: Study) -> list[OneProblem]:
    """Every problem with references, unless all runs failed."""
    names = study.curves.problems if study.any_done else ()
    return [study.problems[name] for name in names]


def table(study: Study, problem: OneProblem) -> pd.DataFrame:
    """Mean simple regret over seeds with its interval, at each time of the problem's own axis.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`; algorithms without a run
    on the problem have no rows.
    """
    curves = study.curves
    i = curves.problems.index(problem.name)
    part = curves.select(curves.complete[:, i], np.arange(len(curves.problems)) == i)
    interval = suite_mean(regrets(part), part.problems, study.settings)
    return curve_frame(part, part.share * part.horizon[0], interval)


def caption(study: Study, problem: OneProblem, table: pd.DataFrame) -> str:
    curves, floored = study.curves, ""
    i = curves.problems.index(problem.name)
    known = "the known optimum"
    optimum = known if problem.row["known"] else "the best value on record (the optimum is unknown)"
    if below := below_optimum(curves).get(problem.name):
        floored = (
            f" {count(below, 'run')} ended below the reference optimum and "
            f"{'is' if below == 1 else 'are'} drawn at the floor."
        )
    return (
        f"Simple regret is how far the incumbent's loss on {problem.name} is from {optimum}, at "
        f"least 1e-8. A line is the mean over {phrases.seeds(curves, i)}."
        f"{phrases.seeds_alone(study.settings)}{phrases.failures(curves, i)}{floored}"
        f"{phrases.bottom(table)}"
    )


def alt(problem: OneProblem, table: pd.DataFrame) -> str:
    return f"Curves of simple regret on {problem.name}. {phrases.ends(table)}"


def figure(study: Study, problem: OneProblem, table: pd.DataFrame) -> Lines:
    return Lines(
        title=problem.name,
        styles=study.styles,
        x=x_axis(table, phrases.axis_label(study.settings)),
        y=y_axis(table, "Simple regret", log=True),
    )
