"""How well losses at low fidelities order trials as the full fidelity does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.strips import strips
from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.drawing.matrix import HIGH_IS_BETTER, bare, contrasting
from hpobench.analysis.drawing.style import INK, MUTED, Drawing, drawable, house_style
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.inference.bootstrap import Interval, percentile_interval, seed_counts
from hpobench.analysis.settings import SCHEDULER, SEARCHER, FloatArray, IntArray, Settings
from hpobench.analysis.study import Study, Whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

TITLE = "Losses across fidelities"
STEM = "fidelity_correlation"
SHOWS = (
    "Whether losses early in training order configurations as those at its end do: 1 is the same "
    "order, 0 none, below 0 the beginning misleads."
)
TAB: Tab = "problems"

XLABEL = "Share of the full fidelity"

COLUMNS = ["problem", "at", "step", "estimate", "low", "high", "trials", "selected"]
ENOUGH = 10
"""Fewer trials than this say nothing about an order."""
FIDELITIES = 12
"""Compared with the full one, per problem: evenly spaced on a log scale."""
MOST_SEEDS = 32
"""Coefficients by seed are faster up to about as many seeds; their number is a cube."""
DRAWS = 100
"""Repetitions whose sums by seed are held at a time."""
WIDTH, HEIGHT = 4.8, 0.21
"""Inches of a strip."""
LEGIBLE = 0.27
"""Inches that a number takes."""


def subjects(study: Study) -> list[Whole]:
    """The study, if there are losses at a low fidelity to correlate."""
    found = study.computed(table, study.whole)
    return [study.whole] if (found["at"] < 1).any() else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Spearman's rho between visible losses after a step and at full fidelity.

    Columns ``problem, at, step, estimate, low, high, trials, selected``, one row per problem of
    several steps and fidelity compared; ``at`` is the step's share of the full fidelity. Of each
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
        steps_compared = _fidelities(int(steps))
        losses, origin = _losses(results.events.iloc[part], run[part], steps_compared)
        if len(losses) < ENOUGH:
            continue
        seeds = cells["seed"].to_numpy()[origin]
        found = rank_correlations(losses, seeds, problem, settings)
        for step, estimate, low, high in zip(steps_compared, *found, strict=True):
            row = (problem, step / steps, step, estimate, low, high, len(losses), selected)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _fidelities(steps: int) -> IntArray:
    return np.unique(np.geomspace(1, steps, FIDELITIES).round().astype(np.int64))


def _losses(events: pd.DataFrame, run: IntArray, steps: IntArray) -> tuple[FloatArray, IntArray]:
    """The losses after each of ``steps`` of all trials that have them, shape (trials, steps), and
    the run of each."""
    key = (run << 32) + events["trial"].to_numpy(np.int64)
    trials, row = np.unique(key, return_inverse=True)
    wanted = np.isin(events["step"], steps)
    column = np.searchsorted(steps, events["step"].to_numpy()[wanted])
    losses = np.full((len(trials), len(steps)), np.nan)
    losses[row[wanted], column] = events["loss"].to_numpy(np.float64)[wanted]
    kept = np.isfinite(losses).all(axis=1)
    kept[row[events["parent"].notna().to_numpy(bool)]] = False
    return losses[kept], trials[kept] >> 32


def rank_correlations(
    losses: FloatArray, seeds: IntArray, problem: str, settings: Settings
) -> Interval:
    """Spearman's rho of every column with the last one, average ranks for ties.

    ``losses`` has shape (trials, columns), ``seeds`` (trials,); the parts of the result
    (columns,). In a resample some trials come several times and ties are ranked anew; yet a
    trial's rank is just the sum, over the seeds drawn, of how many of each seed's trials lie
    below it. So all moments of ranks are cubic in how often each seed is drawn, with coefficients
    that need the trials once.
    """
    labels, origin = np.unique(seeds, return_inverse=True)
    drawn = next(seed_counts(np.ones((1, len(labels)), dtype=bool), problem, settings))[2]
    counts = np.vstack([np.ones_like(drawn[:1]), drawn]).astype(np.float64)
    trials = counts @ np.bincount(origin).astype(np.float64)
    moments = _by_coefficients if len(labels) <= MOST_SEEDS else _ranked_anew
    both, own = (found - trials**3 / 4 for found in moments(losses, origin, counts))
    spread = np.sqrt(own * own[-1])
    rho = np.full(both.shape, np.nan)
    np.divide(both, spread, out=rho, where=spread > 0)
    valid = np.array(len(labels) > 1)
    return percentile_interval(rho[:, 0], rho[:, 1:].T, settings.level, valid)


def _ranked_anew(
    losses: FloatArray, origin: IntArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What :func:`_by_coefficients` returns, equal to the bit, with the trials of every draw ranked
    once more: its time and memory do not grow with the cube of the number of seeds."""
    values = [np.unique(column, return_inverse=True) for column in losses.T]
    both, own = np.empty((2, len(values), len(counts)))
    for draw, count in enumerate(counts):
        times = count[origin]
        ranks = np.empty((len(values), len(origin)))
        for row, (distinct, place) in zip(ranks, values, strict=True):
            mass = np.bincount(place, times, len(distinct))
            row[:] = (np.cumsum(mass) - mass / 2)[place]
        weighted = ranks * times
        both[:, draw] = (weighted * ranks[-1]).sum(axis=1)
        own[:, draw] = (weighted * ranks).sum(axis=1)
    return both, own


def _by_coefficients(
    losses: FloatArray, origin: IntArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The sums over all trials of each draw of the product of a column's rank and that in the last
    column, and of the square of the column's rank; both of shape (columns, draws).

    Ranks are less one half. ``counts`` says how often each draw takes each seed, shape (draws,
    seeds).
    """
    below = np.stack([_below(column, origin, counts.shape[1]) for column in losses.T])
    return _moments(below, below[-1:], origin, counts), _moments(below, below, origin, counts)


def _below(values: FloatArray, origin: IntArray, seeds: int) -> FloatArray:
    """How many trials of each seed lie below each trial, ties counted half; (seeds, trials)."""
    ordered = [np.sort(values[origin == seed]) for seed in range(seeds)]
    sides = [[np.searchsorted(x, values, side=side) for x in ordered] for side in ("left", "right")]
    halves: FloatArray = np.mean(sides, axis=0)
    return halves


def _moments(x: FloatArray, y: FloatArray, origin: IntArray, counts: FloatArray) -> FloatArray:
    """Sums over all trials of a draw of the product of two ranks (each less one half).

    ``x`` and ``y`` hold :func:`_below` of each column, ``counts`` how often each draw takes each
    seed, shape (draws, seeds); the result (columns, draws). Halves and their products are exact
    in floating point, so the order of summing does not matter.
    """
    columns, seeds, _ = x.shape
    sums = np.empty((seeds, columns, seeds, seeds))
    for seed in range(seeds):
        own = origin == seed
        sums[seed] = x[..., own] @ np.swapaxes(y[..., own], 1, 2)
    moments = np.empty((columns, len(counts)))
    for begin in range(0, len(counts), DRAWS):
        part = counts[begin : begin + DRAWS]
        per_draw = (part @ sums.reshape(seeds, -1)).reshape(-1, columns, seeds, seeds)
        moments[:, begin : begin + DRAWS] = np.einsum("rcst,rs,rt->cr", per_draw, part, part)
    return moments


def caption(_study: Study, _: Whole, table: pd.DataFrame) -> str:
    problems = table.drop_duplicates("problem")
    low, high = problems["trials"].min(), problems["trials"].max()
    trials = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    survivors = (
        f" An asterisk marks problems on which {SEARCHER} under {SCHEDULER} was not run: there all "
        "trials that reached full fidelity count, which are survivors and thus a biased sample."
        if problems["selected"].any()
        else ""
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


def drawing(_study: Study, _: Whole, table: pd.DataFrame) -> Drawing:
    return partial(draw, table)


def chart(_study: Study, _: Whole, table: pd.DataFrame) -> Spec:
    return strips(_labels(table), x=XLABEL, value="Rank correlation")


def _order(table: pd.DataFrame) -> list[str]:
    """The problems, the most faithful first."""
    means = table[table["at"] < 1].groupby("problem", sort=False)["estimate"].mean()
    names: list[str] = means.sort_values(ascending=False, kind="stable").index.tolist()
    return names


def _labels(table: pd.DataFrame) -> list[str]:
    """The same with an asterisk where survivors stand in."""
    selected = set(table.loc[table["selected"], "problem"])
    return [name + " *" * (name in selected) for name in _order(table)]


def draw(table: pd.DataFrame) -> Figure:
    """Draws :func:`table`, which
    has rows: a strip for each problem, the most faithful at the top."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    names = _order(table)
    labels = list(map(drawable, _labels(table)))
    first = float(table["at"].min())
    with house_style():
        size = (
            WIDTH + 1.0 + 0.062 * max(map(len, labels)),
            0.6 + HEIGHT * max(len(names), 5),
        )
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
        bare(ax)
        colours = ScalarMappable(Normalize(-1.0, 1.0), HIGH_IS_BETTER)
        for y, name in enumerate(names):
            _strip(ax, y, table[table["problem"] == name], colours, WIDTH / -np.log(first))
        _scale(ax, first)
        ax.set_yticks(range(len(names)), labels, color=INK)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlabel(XLABEL)
        bar = figure.colorbar(colours, ax=ax, pad=0.01, fraction=0.05, aspect=14)
        bar.set_label("Spearman's rho with\nfull fidelity", color=MUTED)
        bar.ax.spines["outline"].set_visible(False)
    return figure


def _strip(ax: Axes, y: int, rows: pd.DataFrame, colours: ScalarMappable, inches: float) -> None:
    """A field from each fidelity to the next one compared, ``inches`` a unit of the logarithm."""
    ends = np.append(rows["at"].to_numpy()[1:], 1.0)
    columns = (rows[c] for c in ("at", "estimate", "low", "high"))
    for end, at, rho, low, high in zip(ends, *columns, strict=True):
        width = np.log(end / at)
        if width == 0 or np.isnan(rho):  # full fidelity itself, or nothing to tell
            continue
        fill = colours.to_rgba(np.array([rho]))[0]
        ax.barh(y, end - at, left=at, height=0.86, color=fill, edgecolor="white", linewidth=0.6)
        if width * inches > LEGIBLE:
            ink = contrasting(colours, rho)
            text = f"({_short(rho)})" if low <= 0 <= high else _short(rho)
            middle = np.sqrt(at * end)
            ax.text(middle, y, text, ha="center", va="center_baseline", fontsize=6, color=ink)


def _scale(ax: Axes, first: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_xscale("log")
    ax.set_xlim(first, 1.0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.3g} %"))


def _short(rho: float) -> str:
    """Two digits; what is written as 1 is no rounding."""
    text = f"{min(abs(rho), 0.99):.2f}".lstrip("0") if abs(rho) < 1 else "1"
    return "\u2212" * (rho < 0) + text
