"""Where in the search space the best tenth of all trials on a problem lies: a line for each trial
across the parameters."""

from __future__ import annotations

import json
from itertools import islice
from typing import Literal

import pandas as pd

from hpobench.analysis import figures
from hpobench.analysis.exhibits._best_configurations import (
    BEST,
    REST,
    at_full,
    best_configurations,
    last_results,
)
from hpobench.analysis.figures import Axis, Label, Parallel, far_apart
from hpobench.analysis.study import OneProblem, Study
from hpobench.analysis.text import phrases
from hpobench.contract.parameters import Categorical, Parameter
from hpobench.contract.space import Space
from hpobench.contract.wording import count

TITLE = "Where the best tenth lies"
STEM = "parallel_coordinates"
SHOWS = (
    "Where the best configurations lie. Each line is a configuration and crosses every parameter "
    "at its value: in colour the best tenth, in grey others."
)
TAB = "problems"

MOST = 12  # problems that are drawn at most
ENOUGH = 50  # trials at the highest fidelity that a best tenth takes
NAMED = 12  # choices whose names fit along an axis; of more, some are named
LETTERS = 12  # of a choice's name; the rest does not fit between two axes


def subjects(study: Study) -> list[OneProblem]:
    """The problems of two parameters or more with :data:`ENOUGH` trials at the highest step that
    any reached; the first :data:`MOST` in the suite's order."""
    trials = study.results.cells.groupby("problem")["trials"].sum()
    found = (
        problem
        for problem in (study.problems.values() if study.knows_trials else ())
        if len(json.loads(problem.row["space"])) >= 2
        and trials[problem.name] >= ENOUGH
        and at_full(last_results(study.results, problem.name)) >= ENOUGH
    )
    return list(islice(found, MOST))


def table(study: Study, problem: OneProblem) -> pd.DataFrame:
    """As :func:`hpobench.analysis.exhibits._best_configurations.best_configurations`."""
    return best_configurations(study.results, problem.name, study.settings)


def caption(_: Study, problem: OneProblem, table: pd.DataFrame) -> str:
    lines = table.drop_duplicates("line")
    best = int(lines["best"].sum())
    highest = int(lines.loc[lines["best"], "step"].iloc[0])
    space = Space.from_json(json.loads(problem.row["space"]))
    names, more = list(table["parameter"].unique()), ""
    if len(names) < len(space):
        more = (
            f" Of {len(space)} parameters those {len(names)} are shown in which the best tenth "
            "differs most from all others (Kolmogorov and Smirnov's distance; for categories total "
            "variation)."
        )
    if table["position"].isna().any():
        more += " Lines pass below a parameter that is inactive."
    if any(isinstance(space[name], Categorical) for name in names):
        more += " Lines with the same choice are spread around it."
    return (
        f"The best tenth is that of the trials of all algorithms and seeds that trained for "
        f"{count(highest, 'step')}, the most that any did, by the visible {problem.row['metric']} "
        f"of their last result: {count(best, 'line')}, {BEST} at most, evenly spaced by rank. The "
        f"grey lines are a sample of all other trials, {REST} at most. An axis is a parameter's "
        f"range as searchers draw from it.{more}"
    )


def alt(problem: OneProblem, table: pd.DataFrame) -> str:
    parameters = ", ".join(table["parameter"].unique())
    return (
        f"Parallel coordinates of the best tenth of the trials on {problem.name}, by {parameters}. "
        "The numbers are in the CSV file."
    )


def figure(_: Study, problem: OneProblem, table: pd.DataFrame) -> Parallel:
    space = Space.from_json(json.loads(problem.row["space"]))
    values = table.loc[table["best"], "value"]
    low, high = float(values.min()), float(values.max())
    maximize = bool(problem.row["direction"] == "maximize")
    # Logarithmic for losses that lie far apart, so that the best can be told apart.
    scale: Literal["log", "linear"] = "log" if not maximize and far_apart(low, high) else "linear"
    return Parallel(
        title=problem.name,
        parameters=tuple(_parameter(space[name]) for name in table["parameter"].unique()),
        conditional=bool(table["position"].isna().any()),
        colours=Axis(phrases.metric_label(problem.row), low, high, scale),
        maximize=maximize,
    )


def _parameter(parameter: Parameter) -> figures.Parameter:
    """With the ends of the range, or the names of the choices, if there are too many of some."""
    title = parameter.name + (" (log)" if getattr(parameter, "log", False) else "")
    if not isinstance(parameter, Categorical):
        high = Label(1.0, f"{parameter.high:.4g}", "above")
        low = Label(0.0, f"{parameter.low:.4g}", "below")
        return figures.Parameter(parameter.name, title, (high, low), 0.0)
    labels = []
    for choice in parameter.choices[:: -(-len(parameter.choices) // NAMED)]:
        name = f"{choice:.3g}" if isinstance(choice, float) else str(choice)
        name = name if len(name) <= LETTERS else name[: LETTERS - 1] + "\u2026"
        labels.append(Label(parameter.to_unit(choice), name, "beside"))
    return figures.Parameter(parameter.name, title, tuple(labels), 0.7 / parameter.size)
