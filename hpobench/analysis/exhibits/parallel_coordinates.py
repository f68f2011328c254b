"""Where in the search space the best tenth of all trials on a problem lies: a line for each trial
across the parameters."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.drawing.style import GHOST, INK, MUTED, Drawing, drawable, house_style
from hpobench.analysis.exhibits._best_configurations import (
    BEST,
    REST,
    at_full,
    best_configurations,
    last_results,
)
from hpobench.analysis.numbers import count
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import OneProblem, Study
from hpobench.analysis.text import phrases
from hpobench.contract.parameters import Categorical, Parameter, Value
from hpobench.contract.space import Space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

TITLE = "Best configurations"
STEM = "parallel_coordinates"

MOST = 12
"""Problems that are drawn at most."""
ENOUGH = 50
"""Trials at the highest fidelity that a best tenth takes."""
INACTIVE = -0.17
"""Where lines pass a parameter that they do not have."""
NAMED = 12
"""Choices whose names fit along an axis; of more, some are named."""
LETTERS = 12
"""Of a choice's name; the rest does not fit between two axes."""
GOLDEN = (5**0.5 - 1) / 2


def subjects(study: Study) -> list[OneProblem]:
    """The problems of two parameters or more with :data:`ENOUGH` trials at the highest step that
    any reached; the first :data:`MOST` in the suite's order."""
    found: list[OneProblem] = []
    trials = study.results.cells.groupby("problem")["trials"].sum()
    for problem in study.problems.values() if study.knows_trials else ():
        if len(found) == MOST:
            break
        several = len(json.loads(problem.row["space"])) >= 2
        if (
            several
            and trials[problem.name] >= ENOUGH
            and at_full(last_results(study.results, problem.name)) >= ENOUGH
        ):
            found.append(problem)
    return found


def table(study: Study, problem: OneProblem) -> pd.DataFrame:
    """As :func:`hpobench.analysis.exhibits._best_configurations.best_configurations`."""
    return best_configurations(study.results, problem.name, study.settings)


def caption(_: Study, problem: OneProblem, table: pd.DataFrame) -> str:
    lines = table.drop_duplicates("line")
    best = int(lines["best"].sum())
    highest = int(lines.loc[lines["best"], "step"].iloc[0])
    space = Space.from_json(json.loads(problem.row["space"]))
    names = list(table["parameter"].unique())
    chosen = (
        f" Of {len(space)} parameters the {len(names)} in which the best tenth differs most from "
        "all other trials (Kolmogorov and Smirnov's distance; for categories total variation)."
        if len(names) < len(space)
        else ""
    )
    inactive = (
        " Lines pass below a parameter that is inactive." if table["position"].isna().any() else ""
    )
    spread = (
        " Lines with the same choice are spread around it."
        if any(isinstance(space[name], Categorical) for name in names)
        else ""
    )
    return (
        f"Configurations of the best tenth of all trials on {problem.name} that trained for "
        f"{count(highest, 'step')}, the most that any did, by the visible {problem.row['metric']} "
        f"of their last result, of all algorithms and seeds together: {count(best, 'line')}, dark "
        f"for the best (at most {BEST}, evenly spaced by rank). Grey: a sample of all other "
        f"trials, {REST} at most. Each axis is a parameter's range as searchers draw from it."
        f"{chosen}{inactive}{spread} Shown for the first {count(MOST, 'problem')} at most that "
        "have two parameters or more and trials enough."
    )


def alt(problem: OneProblem, table: pd.DataFrame) -> str:
    parameters = ", ".join(table["parameter"].unique())
    return (
        f"Parallel coordinates of the best tenth of the trials on {problem.name}, by {parameters}. "
        "The numbers are in the CSV file."
    )


def drawing(_: Study, problem: OneProblem, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, problem.row)


def draw(table: pd.DataFrame, problem: pd.Series) -> Figure:
    """Draws :func:`table`;
    ``problem`` is the row of the results' problems that it is about."""
    from matplotlib.figure import Figure

    space = Space.from_json(json.loads(problem["space"]))
    maximize = problem["direction"] == "maximize"
    names = list(table["parameter"].unique())
    heights = _heights(table, [space[name] for name in names])
    lines = table.drop_duplicates("line")
    with house_style():
        figure = Figure(figsize=(1.4 + 0.8 * max(len(names), 4), 3.7), layout="constrained")
        ax = figure.subplots()
        ax.grid(False)
        _lines(figure, ax, heights, lines, phrases.metric_label(problem), maximize)
        conditional = bool(table["position"].isna().any())
        for x, name in enumerate(names):
            _axis(ax, x, space[name])
        _frame(ax, [space[name] for name in names], conditional)
        title = drawable(problem["problem"])
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def _heights(table: pd.DataFrame, parameters: list[Parameter]) -> FloatArray:
    """Where each line crosses each axis; shape (lines, parameters).

    Lines with the same choice are spread around it, each by the same share everywhere, for else
    one would hide all others.
    """
    found = table.pivot(index="line", columns="parameter", values="position")
    heights = found[[p.name for p in parameters]].to_numpy(np.float64)
    shift = np.arange(len(heights)) * GOLDEN % 1.0 - 0.5
    room = [0.7 / p.size if isinstance(p, Categorical) else 0.0 for p in parameters]
    moved: FloatArray = heights + shift[:, None] * np.array(room)
    return np.where(np.isnan(heights), INACTIVE + 0.05 * shift[:, None], moved)


def _lines(
    figure: Figure, ax: Axes, heights: FloatArray, lines: pd.DataFrame, label: str, maximize: bool
) -> None:
    """The rest in grey, the best coloured and over each other from the worst of them on."""
    from matplotlib.collections import LineCollection

    x = np.arange(heights.shape[1])
    points = [np.column_stack([x, y]) for y in heights]
    best = np.flatnonzero(lines["best"])[::-1]
    rest = [points[i] for i in np.flatnonzero(~lines["best"])]
    ax.add_collection(LineCollection(rest, colors=GHOST, linewidths=0.5, alpha=0.7, zorder=1))
    values = lines["value"].to_numpy(np.float64)[best]
    coloured = LineCollection(
        [points[i] for i in best],
        array=values,
        cmap=_colours(maximize),
        norm=_norm(values, maximize),
        linewidths=0.8,
        alpha=0.85,
        zorder=2,
    )
    ax.add_collection(coloured)
    bar = figure.colorbar(coloured, ax=ax, pad=0.01, fraction=0.04, aspect=22)
    bar.set_label(drawable(label), color=MUTED)
    bar.ax.spines["outline"].set_visible(False)


def _colours(maximize: bool) -> Any:
    """Dark is better; without the bright end, which is lost on white."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    shades = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.88, 256))
    return ListedColormap(shades[::-1] if maximize else shades)


def _norm(values: FloatArray, maximize: bool) -> Normalize:
    """Logarithmic for losses that lie far apart, so that the best can be told apart."""
    from matplotlib.colors import LogNorm, Normalize

    low, high = values.min(), values.max()
    return (LogNorm if not maximize and 0 < 5 * low < high else Normalize)(low, high)


def _axis(ax: Axes, x: int, parameter: Parameter) -> None:
    """A line with the ends of the range, or the names of the choices."""
    ax.plot([x, x], [0, 1], color=INK, linewidth=0.9, zorder=3)
    text: Any = {"fontsize": 6.5, "color": INK, "zorder": 4}
    if not isinstance(parameter, Categorical):
        for y, value, side in ((1.02, parameter.high, "bottom"), (-0.02, parameter.low, "top")):
            ax.text(x, y, f"{value:.4g}", ha="center", va=side, **text)
        return
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75}
    for choice in parameter.choices[:: -(-len(parameter.choices) // NAMED)]:
        y = parameter.to_unit(choice)
        ax.text(x + 0.04, y, _name(choice), ha="left", va="center", bbox=box, **text)


def _name(choice: Value) -> str:
    if isinstance(choice, float):
        return f"{choice:.3g}"
    name = drawable(str(choice))
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "\u2026"


def _frame(ax: Axes, parameters: list[Parameter], conditional: bool) -> None:
    ax.set_xlim(-0.15, len(parameters) - 0.45)
    ax.set_ylim(INACTIVE - 0.05 if conditional else -0.09, 1.09)
    ax.set_xticks(range(len(parameters)), list(map(_label, parameters)), color=INK)
    for tick in ax.get_xticklabels():
        tick.set(rotation=25, ha="right", rotation_mode="anchor")
    ax.set_yticks([INACTIVE] if conditional else [], ["inactive"] if conditional else [])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _label(parameter: Parameter) -> str:
    return drawable(parameter.name) + (" (log)" if getattr(parameter, "log", False) else "")
