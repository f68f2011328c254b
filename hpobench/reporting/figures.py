"""The figures of a report that need no fair comparison, each with its table saved beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from hpobench.analysis.core.curves import Curves, algorithms_of
from hpobench.analysis.drawing import anytime_regret as f1
from hpobench.analysis.drawing import captions
from hpobench.analysis.drawing import fidelity_correlation as f12_losses
from hpobench.analysis.drawing import heatmap as f14
from hpobench.analysis.drawing import interaction as f15
from hpobench.analysis.drawing import lineage as f16
from hpobench.analysis.drawing import parallel_coordinates as f13
from hpobench.analysis.drawing import survival as f12
from hpobench.analysis.drawing import thinking as f9
from hpobench.analysis.drawing import timeline as f10
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.fidelity_correlation import fidelity_correlation
from hpobench.analysis.exhibits.heatmap import heatmap
from hpobench.analysis.exhibits.interaction import interaction
from hpobench.analysis.exhibits.lineage import lineage, shown_cells
from hpobench.analysis.exhibits.parallel_coordinates import parallel_coordinates, shown_problems
from hpobench.analysis.exhibits.survival import survival
from hpobench.analysis.exhibits.thinking import thinking
from hpobench.analysis.exhibits.timeline import shown_runs, timeline
from hpobench.analysis.settings import Settings
from hpobench.contract.problem import Objective
from hpobench.reporting.entries import FigureEntry, Files
from hpobench.reporting.numbers import ends, number
from hpobench.store.reader import Results

TIMELINES = 6
"""Runs of one searcher whose timelines are drawn side by side at most."""
LINEAGES = 6
"""Runs whose lineage is drawn at most."""
COORDINATES = 12
"""Problems of which the best configurations are drawn at most."""


def grid_figures(
    files: Files, curves: Curves, styles: Styles, settings: Settings
) -> list[FigureEntry]:
    """F14, and F15 where there are schedulers to compare, of all there is."""
    table = heatmap(curves)
    entries = [
        files.figure(
            "heatmap",
            "F14 Final normalised regret, problem by algorithm",
            captions.heatmap(curves, settings),
            "Heat map of final normalised regret. The numbers are in the CSV file.",
            table,
            partial(f14.draw, table, styles),
        )
    ]
    effects = interaction(curves, settings)
    if len(effects):
        entries.append(
            files.figure(
                "interaction",
                "F15 What each scheduler does to each searcher",
                f15.caption(curves, settings),
                "Heat map of differences in final normalised regret to FIFO. The numbers are in "
                "the CSV file.",
                effects,
                partial(f15.draw, effects, styles),
            )
        )
    return entries


def problem_figures(
    files: Files,
    curves: Curves,
    tables: Mapping[str, pd.DataFrame],
    problems: pd.DataFrame,
    styles: Styles,
    settings: Settings,
) -> list[FigureEntry]:
    """F1 of every problem; ``tables`` are theirs."""
    known = dict(zip(problems["problem"], problems["known"], strict=True))
    entries = []
    for problem, table in tables.items():
        entries.append(
            files.figure(
                f"anytime_regret-{problem}",
                f"F1 Anytime regret: {problem}",
                captions.anytime_regret(
                    curves, problem, settings, known=bool(known[problem]), table=table
                ),
                f"Curves of simple regret on {problem}. {ends(table)}",
                table,
                partial(f1.draw, table, problem, styles, settings),
            )
        )
    return entries


def thinking_figures(files: Files, results: Results, styles: Styles) -> list[FigureEntry]:
    """F9, if any run asked for enough trials."""
    table = thinking(results)
    if table["at"].nunique() < 2:
        return []
    return [
        files.figure(
            "thinking",
            "F9 Thinking time",
            captions.thinking(),
            f"Curves of thinking time. {ends(table)}",
            table,
            partial(f9.draw, table, styles),
        )
    ]


def timeline_figures(files: Files, results: Results) -> list[FigureEntry]:
    """F10 of a run under each scheduler, on the first problem of several steps."""
    cells = shown_runs(results, TIMELINES)
    table = timeline(results, cells)
    if table.empty:
        return []
    problem = _problem(results, cells["problem"].iloc[0])
    return [
        files.figure(
            "timeline",
            "F10 Trial timeline",
            f10.caption(table, cells, problem, TIMELINES),
            f"Bars of trials on workers, under {', '.join(cells['scheduler'])}. The numbers are "
            "in the CSV file.",
            table,
            partial(f10.draw, table, cells, problem),
        )
    ]


def rung_figures(files: Files, results: Results, settings: Settings) -> list[FigureEntry]:
    """F12, where trials ended early, or where there is something to correlate."""
    entries = []
    survived = survival(results, settings)
    if f12.selective(survived):
        entries.append(
            files.figure(
                "survival",
                "F12 Rung survival",
                f12.caption(survived, settings),
                f"Curves of the share of trials that train on. {ends(survived)}",
                survived,
                partial(f12.draw, survived, Styles(algorithms_of(results.cells))),
            )
        )
    correlated = fidelity_correlation(results, settings)
    if (correlated["at"] < 1).any():
        entries.append(
            files.figure(
                "fidelity_correlation",
                "F12 Losses across fidelities",
                f12_losses.caption(correlated, settings),
                "A strip per problem of rank correlations with the losses at full fidelity. The "
                "numbers are in the CSV file.",
                correlated,
                partial(f12_losses.draw, correlated),
            )
        )
    return entries


def configuration_figures(files: Files, results: Results, settings: Settings) -> list[FigureEntry]:
    """F13 of some problems that saw enough configurations."""
    entries = []
    for name in shown_problems(results, COORDINATES):
        problem = _problem(results, name)
        table = parallel_coordinates(results, name, settings)
        told = table.drop_duplicates("parameter")["parameter"]
        entries.append(
            files.figure(
                f"parallel_coordinates-{name}",
                f"F13 Best configurations: {name}",
                f13.caption(table, problem, COORDINATES),
                f"Parallel coordinates of the best tenth of the trials on {name}, by "
                f"{', '.join(told)}. The numbers are in the CSV file.",
                table,
                partial(f13.draw, table, problem),
            )
        )
    return entries


def lineage_figures(files: Files, results: Results) -> list[FigureEntry]:
    """F16 of some runs that cloned trials, if there are any."""
    entries = []
    for _, cell in shown_cells(results, LINEAGES).iterrows():
        problem = _problem(results, cell["problem"])
        objective = Objective(problem["metric"], problem["direction"])
        table = lineage(results.events[results.events["cell"] == cell["cell"]], objective)
        where = f"{cell['scheduler']} on {cell['problem']}"
        entries.append(
            files.figure(
                f"lineage-{cell['scheduler']}-{cell['problem']}",
                f"F16 Lineage: {where}",
                captions.lineage(cell, problem, table, LINEAGES),
                f"Learning curves of the trials of a run of {where}. {_descent(table)}",
                table,
                partial(
                    f16.draw,
                    table,
                    title=f"{where}, seed {cell['seed']}",
                    xlabel=captions.step_label(problem),
                    ylabel=captions.metric_label(problem),
                    maximize=objective.direction == "maximize",
                ),
            )
        )
    return entries


def _problem(results: Results, name: str) -> pd.Series:
    row: pd.Series = results.problems[results.problems["problem"] == name].iloc[0]
    return row


def _descent(table: pd.DataFrame) -> str:
    """For those who cannot see the blue line: the trials along it."""
    line = table[table["ancestor"]]
    trials = line.drop_duplicates("stretch")["trial"]
    if line.empty:
        return "No result is a finite number."
    return (
        f"Best: {number(float(line['value'].iloc[-1]))} at step {line['step'].iloc[-1]}, by way of "
        f"trial {', '.join(map(str, trials))}."
    )
