"""Where in the search space the best tenth of all trials on a problem lies: a line for each trial
across the parameters."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.parallel import Label, parallel
from hpobench.analysis.drawing.style import (
    GHOST,
    INK,
    MUTED,
    Drawing,
    drawable,
    house_style,
    label_decades,
)
from hpobench.analysis.exhibits._best_configurations import (
    BEST,
    REST,
    at_full,
    best_configurations,
    last_results,
)
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.numbers import count, far_apart
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import OneProblem, Study
from hpobench.analysis.text import phrases
from hpobench.contract.parameters import Categorical, Parameter, Value
from hpobench.contract.space import Space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

TITLE = "Where the best tenth lies"
STEM = "parallel_coordinates"
SHOWS = (
    "Where the best configurations lie. Each line is a configuration and crosses every parameter "
    "at its value: in colour the best tenth, in grey others."
)
TAB: Tab = "problems"

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
        f" Of {len(space)} parameters those {len(names)} are shown in which the best tenth differs "
        "most from all others (Kolmogorov and Smirnov's distance; for categories total variation)."
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
        f"The best tenth is that of the trials of all algorithms and seeds that trained for "
        f"{count(highest, 'step')}, the most that any did, by the visible {problem.row['metric']} "
        f"of their last result: {count(best, 'line')}, {BEST} at most, evenly spaced by rank. The "
        f"grey lines are a sample of all other trials, {REST} at most. An axis is a parameter's "
        f"range as searchers draw from it.{chosen}{inactive}{spread}"
    )


def alt(problem: OneProblem, table: pd.DataFrame) -> str:
    parameters = ", ".join(table["parameter"].unique())
    return (
        f"Parallel coordinates of the best tenth of the trials on {problem.name}, by {parameters}. "
        "The numbers are in the CSV file."
    )


def drawing(_: Study, problem: OneProblem, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, problem.row)


def chart(_: Study, problem: OneProblem, table: pd.DataFrame) -> Spec:
    space = Space.from_json(json.loads(problem.row["space"]))
    shown = [space[name] for name in table["parameter"].unique()]
    labels = [label for parameter in shown for label in _labels(parameter)]
    conditional = bool(table["position"].isna().any())
    if conditional:
        labels.append(Label(shown[0].name, INACTIVE - 0.05, "not active", "beside"))
    maximize = problem.row["direction"] == "maximize"
    values = table.loc[table["best"], "value"].to_numpy(np.float64)
    return parallel(
        {parameter.name: _title(parameter) for parameter in shown},
        labels,
        room={parameter.name: _room(parameter) for parameter in shown},
        inactive=INACTIVE,
        bottom=_bottom(conditional),
        golden=GOLDEN,
        colours=_scale(values, maximize),
        value=phrases.metric_label(problem.row),
    )


def _scale(values: FloatArray, maximize: bool) -> Spec:
    """Of colours, from the best value on."""
    log = _log(values, maximize)
    space = np.geomspace if log else np.linspace
    stops = space(float(values.min()), float(values.max()), 3).tolist()
    return {"type": "log" if log else "linear", "domain": stops[::-1] if maximize else stops}


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
    moved: FloatArray = heights + shift[:, None] * np.array(list(map(_room, parameters)))
    return np.where(np.isnan(heights), INACTIVE + 0.05 * shift[:, None], moved)


def _room(parameter: Parameter) -> float:
    """The share of its axis over which lines with the same choice are spread."""
    return 0.7 / parameter.size if isinstance(parameter, Categorical) else 0.0


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
    if _log(values, maximize):
        # The formatter of logarithmic bars writes formulas, which the house style prints as text.
        label_decades(bar.ax.yaxis, narrow=values.max() < 30 * values.min())
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
    return (LogNorm if _log(values, maximize) else Normalize)(low, high)


def _log(values: FloatArray, maximize: bool) -> bool:
    return not maximize and far_apart(float(values.min()), float(values.max()))


def _axis(ax: Axes, x: int, parameter: Parameter) -> None:
    """A line with the ends of the range, or the names of the choices."""
    ax.plot([x, x], [0, 1], color=INK, linewidth=0.9, zorder=3)
    text: Any = {"fontsize": 6.5, "color": INK, "zorder": 4}
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.75}
    for _, y, name, side in _labels(parameter):
        if side == "beside":
            ax.text(x + 0.04, y, drawable(name), ha="left", va="center", bbox=box, **text)
        elif side == "above":
            ax.text(x, y + 0.02, name, ha="center", va="bottom", **text)
        else:
            ax.text(x, y - 0.02, name, ha="center", va="top", **text)


def _labels(parameter: Parameter) -> list[Label]:
    """The ends of the range, or the names of the choices, if there are too many of some."""
    if not isinstance(parameter, Categorical):
        ends = (1.0, parameter.high, "above"), (0.0, parameter.low, "below")
        return [Label(parameter.name, y, f"{value:.4g}", side) for y, value, side in ends]
    return [
        Label(parameter.name, parameter.to_unit(choice), _name(choice), "beside")
        for choice in parameter.choices[:: -(-len(parameter.choices) // NAMED)]
    ]


def _name(choice: Value) -> str:
    name = f"{choice:.3g}" if isinstance(choice, float) else str(choice)
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "\u2026"


def _frame(ax: Axes, parameters: list[Parameter], conditional: bool) -> None:
    ax.set_xlim(-0.15, len(parameters) - 0.45)
    ax.set_ylim(_bottom(conditional), 1.09)
    ax.set_xticks(range(len(parameters)), [drawable(_title(p)) for p in parameters], color=INK)
    for tick in ax.get_xticklabels():
        tick.set(rotation=25, ha="right", rotation_mode="anchor")
    ax.set_yticks([INACTIVE] if conditional else [], ["inactive"] if conditional else [])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _bottom(conditional: bool) -> float:
    """Where the figure ends; some lines of ``conditional`` parameters pass below."""
    return INACTIVE - 0.05 if conditional else -0.09


def _title(parameter: Parameter) -> str:
    return parameter.name + (" (log)" if getattr(parameter, "log", False) else "")
