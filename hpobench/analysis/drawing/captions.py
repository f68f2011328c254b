"""Captions and axis labels, made from the settings that drew the figure."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.normalise import below_optimum
from hpobench.analysis.exhibits.speedup import TOLERANCES
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.settings import REGRET_FLOOR, SCHEDULER, SEARCHER, Settings

_AXES = {
    "time": "time in seconds of the run's clock",
    "evaluations": "resource paid for, in full evaluations",
    "resource": "resource paid for, in units of the problem's fidelity",
    "time+thinking": "time in seconds: the run's clock plus the searcher's thinking",
}


def axis_label(settings: Settings) -> str:
    return _capital(_AXES[settings.axis])


def share_label(settings: Settings) -> str:
    kind = "Time" if settings.axis.startswith("time") else "Resource"
    return f"{kind} as a share of the longest run's"


def anytime_regret(
    curves: Curves, problem: str, settings: Settings, *, known: bool, table: pd.DataFrame
) -> str:
    optimum = "the known optimum" if known else "the best value on record (the optimum is unknown)"
    below = below_optimum(curves).get(problem, 0)
    floored = (
        f" {count(below, 'run')} ended below the reference optimum and "
        f"{'is' if below == 1 else 'are'} drawn at the floor."
        if below
        else ""
    )
    i = curves.problems.index(problem)
    return (
        f"Simple regret on {problem} against {optimum}, floored at 1e-8, over "
        f"{_AXES[settings.axis]}. Line: mean over {seeds(curves, i)}. "
        f"{band(settings, 'seeds')} {incumbent(settings)}{failures(curves, i)}"
        f"{floored}{_bottom(table)}"
    )


def mean_regret(curves: Curves, settings: Settings, table: pd.DataFrame) -> str:
    return (
        f"Mean normalised regret of {count(len(curves.algorithms), 'algorithm')} over "
        f"{suite(curves)}: 0 is the optimum, 1 the median loss of a random configuration (per "
        f"problem, listed under Setting). {share(settings)} {band(settings)} "
        f"{incumbent(settings)}{failures(curves)}{_bottom(table)}"
    )


def rank(curves: Curves, settings: Settings) -> str:
    return (
        f"Average rank (1 is best, ties share) of {count(len(curves.algorithms), 'algorithm')} "
        f"over {suite(curves)}, by the mean normalised regret over seeds. {share(settings)} "
        f"{band(settings)} Ranks are computed anew in every resample.{failures(curves)}"
    )


def heatmap(curves: Curves, settings: Settings) -> str:
    return (
        f"Final normalised regret, mean over {seeds(curves)}: 0 is the optimum, 1 the median loss "
        "of a random configuration. The best of a row is framed and in bold; a dot marks pairs "
        f"with failed runs; empty: not run. {incumbent(settings)}{failures(curves)}"
    )


def standings(curves: Curves, settings: Settings) -> str:
    return (
        f"At the end of the budget, over {suite(curves)}, lowest mean first. "
        "nr: mean normalised regret; IQM: interquartile mean over all runs; rank: average over "
        "problems; behind: difference in nr to the first, from the same resamples. In brackets "
        f"{interval(settings)}.{failures(curves)}"
    )


def final_loss(curves: Curves, settings: Settings) -> str:
    return (
        f"Final value of the metric (held-out where the problem has it), mean over "
        f"{seeds(curves)}, in brackets {interval(settings, 'seeds')}. Bold: best mean of the "
        "problem. Asterisk: not significantly worse than the best (two-sided Wilcoxon signed-rank "
        f"test paired by seed, exact up to 12 pairs, Holm-adjusted within the problem, p >= "
        f"{ALPHA:g}; below 6 seeds it cannot reject). Failed runs in round brackets count as the "
        f"clip value. {incumbent(settings)}"
    )


def speedup(curves: Curves, settings: Settings) -> str:
    levels = " and ".join(f"{t:g}" for t in TOLERANCES)
    return (
        f"Expected running time of {SEARCHER} under {SCHEDULER} over the algorithm's, to "
        f"normalised regrets of {levels}; above 1 is faster than random search. Expected running "
        "time: what all runs spent up to their hit or their end, over the number of hits. Mean: "
        f"geometric, over {suite(curves)}. In brackets {interval(settings)}. Without a hit the "
        "time of all runs, and at least one budget, stands for the expected running time; so the "
        "speed-up is at most (<=) what is shown where random search alone hits, and at least (>=) "
        "where it alone does not. Where neither hits it counts as 1 in the mean. Axis: "
        f"{_AXES[settings.axis]}. {chosen(settings)}.{misses(curves)}"
    )


def anytime_score(curves: Curves, settings: Settings) -> str:
    return (
        "Mean normalised regret over the logarithm of time: the area under the curve of the mean "
        f"from {curves.share[0]:.2%} of the budget to all of it, over its width. 0 is the optimum "
        "from the start, 1 never better than the median random configuration. Mean: over "
        f"{suite(curves)}. In brackets {interval(settings)}. {share(settings)} "
        f"{incumbent(settings)}{failures(curves)}"
    )


def lineage(cell: pd.Series, problem: pd.Series, table: pd.DataFrame, most: int) -> str:
    trials, clones = table["trial"].nunique(), int(table["parent"].notna().sum())
    return (
        f"Visible {problem['metric']} after each step of the {count(trials, 'trial')} of one run: "
        f"{cell['searcher']} under {cell['scheduler']} on {problem['problem']}, seed "
        f"{cell['seed']}. A trial that took over another's state ({count(clones, 'time')} in all) "
        "left its line at the cross; the dotted arrow leads to where it went on, one step after "
        "its donor's dot. Blue: the steps that led to the best result, the star, with the trial's "
        "number wherever it changes. Shown is the first run with clones on each problem under "
        f"each scheduler, {most} such runs at most."
    )


def thinking() -> str:
    return (
        "Wall time that a searcher spends on one trial, from being asked for it to having learnt "
        "its losses, by the number of trials asked for before it in the same run, in doubling "
        "classes. Line: median over all trials of all runs; band: quartiles. Where a searcher has "
        "an environment of its own the time includes the way there and back. Measured while other "
        "runs shared the machine, and never part of a run's clock."
    )


def explorer(settings: Settings, repetitions: int) -> str:
    return (
        "The curves of F1 and F2 on any axis; on each the runs are aligned anew. Untick an "
        "algorithm to hide it; point at the plot, or press the arrow keys in it, to read all "
        f"curves at that place. In brackets {interval(settings)}; on other axes than the report's "
        f"own {repetitions:,} repetitions at most. Values are shown to three "
        "digits, which is how exactly the page holds them; those of the report's own axis are in "
        "the CSV files of F1 and F2."
    )


def metric_label(problem: pd.Series) -> str:
    better = "higher" if problem["direction"] == "maximize" else "lower"
    return f"{_capital(problem['metric'])} ({better} is better)"


def step_label(problem: pd.Series) -> str:
    name, unit = problem["fidelity"], problem["unit"]
    return _capital(name) if unit == 1 else f"Step of {unit:.3g} {name}"


def cost() -> str:
    return (
        "Sums over all runs, failed ones included. Clock: length of the runs; evaluation: busy "
        "worker time; both in hours of the runs' clock. Thinking (suggest, observe) and harness "
        "are wall seconds and never part of the clock. Memory: largest of any run's process."
    )


def interval(settings: Settings, over: str = "") -> str:
    if over or not settings.resample_problems:
        claim = "seeds resampled within problems"
    else:
        claim = "problems and seeds resampled"
    if over:
        claim = "seeds resampled"
    return (
        f"{settings.level:.0%} percentile bootstrap intervals ({settings.repetitions:,} "
        f"repetitions, {claim})"
    )


def band(settings: Settings, over: str = "") -> str:
    return f"Band: {interval(settings, over)}; none where a problem has a single seed."


def incumbent(settings: Settings) -> str:
    return (
        f"{chosen(settings)}; before a run's first result the median loss of a random "
        "configuration stands in."
    )


def chosen(settings: Settings) -> str:
    which = "any fidelity" if settings.fidelity == "any" else "full fidelity only"
    return f"Incumbents are chosen on the visible loss at {which}"


def share(settings: Settings) -> str:
    return (
        f"Axis: {_AXES[settings.axis]}, as a share of the problem's longest run; runs that ended "
        "stay at their final incumbent."
    )


def failures(curves: Curves, problem: int | None = None) -> str:
    failed = curves.failed if problem is None else curves.failed[:, problem]
    n = int(failed.sum())
    if not n:
        return ""
    return f" {count(n, 'failed run')} of {_runs(curves, problem)} counted as the clip value."


def misses(curves: Curves) -> str:
    """What became of failed runs where targets are hit."""
    n = int(curves.failed.sum())
    return f" {count(n, 'failed run')} of {_runs(curves, None)} hit nothing." if n else ""


def _bottom(table: pd.DataFrame) -> str:
    reached = (table["estimate"] <= REGRET_FLOOR).any()
    return " A curve that leaves at the bottom has reached the optimum." if reached else ""


def _runs(curves: Curves, problem: int | None) -> int:
    present = curves.present if problem is None else curves.present[:, problem]
    return int(present.sum())


def suite(curves: Curves) -> str:
    return f"{count(len(curves.problems), 'problem')} and {seeds(curves)}"


def seeds(curves: Curves, problem: int | None = None) -> str:
    """How many seeds each algorithm ran: one number, or the range where they differ."""
    present = curves.present if problem is None else curves.present[:, problem : problem + 1]
    counts = present.sum(axis=2)
    counts = counts[counts > 0]
    low, high = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
    return count(high, "seed") if low == high else f"{low} to {high} seeds"


def count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
