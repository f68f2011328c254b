"""Percentile intervals from the stratified bootstrap.

Seeds are resampled within every problem. A seed means the same for every algorithm, so all
algorithms that ran the same seeds share the resample: differences and ranks keep the pairing.
Every problem draws from a generator of its own, so that adding a problem or an algorithm moves
no other interval.

A percentile interval from n seeds is too narrow: it takes the spread that the n seeds show for the
one of all seeds, and normal tails for those of a t distribution (Hesterberg 2015, "What teachers
should know about the bootstrap", section 3.2). :func:`coverage` says how far it can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, algorithm_columns
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings
from hpobench.contract.seeding import derive_seed

BLOCK = 2**22
"""Resampled values that are copied at a time: with hundreds of algorithms all of them take
gigabytes."""
ALGORITHMS = 64
"""Algorithms, or what else does not depend on each other, that are resampled at a time."""
CACHED = 2**18
"""Numbers that a processor's cache holds."""

QUARTER = 0.25


class Interval(NamedTuple):
    """An estimate and its interval, of equal shapes; the interval is NaN where there is none
    (a single seed does not tell how seeds vary)."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray

    def columns(self, name: str) -> dict[str, FloatArray]:
        """As columns of a frame: ``name``, ``name_low`` and ``name_high``."""
        parts = {name: self.estimate, f"{name}_low": self.low, f"{name}_high": self.high}
        return {column: part.ravel() for column, part in parts.items()}


def curve_frame(curves: Curves, x: FloatArray, interval: Interval) -> pd.DataFrame:
    """Columns ``algorithm, searcher, scheduler, at, estimate, low, high``.

    ``x`` has shape (times,), the interval's parts (algorithms, times).
    """
    rows = np.repeat(np.arange(len(curves.algorithms)), len(x))
    frame = algorithm_columns(curves.algorithms).iloc[rows].reset_index(drop=True)
    parts = {name: part.ravel() for name, part in interval._asdict().items()}
    return frame.assign(at=np.tile(x, len(curves.algorithms)), **parts)


def percentile_interval(
    estimate: FloatArray, resampled: FloatArray, level: float, valid: BoolArray
) -> Interval:
    """``resampled`` holds one more axis than ``estimate``, the repetitions, in front. ``valid``
    broadcasts with ``estimate`` and says where an interval can be given at all."""
    tail = (1.0 - level) / 2.0
    low, high = np.empty((2, *resampled.shape[1:]))
    rows = max(BLOCK // max(resampled[:, :1].size, 1), 1)
    for begin in range(0, resampled.shape[1], rows):
        part = slice(begin, begin + rows)
        # Repetitions last and contiguous: quantile is several times faster so.
        columns = np.ascontiguousarray(np.moveaxis(resampled[:, part], 0, -1))
        low[part], high[part] = np.quantile(
            columns, [tail, 1.0 - tail], axis=-1, overwrite_input=True
        )
    return Interval(estimate, np.where(valid, low, np.nan), np.where(valid, high, np.nan))


def seed_draws(settings: Settings, problem: str, seeds: int) -> IntArray:
    """Which seeds each repetition takes; shape (repetitions, seeds)."""
    rng = np.random.default_rng(derive_seed("bootstrap", settings.seed, problem, seeds))
    draws: IntArray = rng.integers(seeds, size=(settings.repetitions, seeds))
    return draws


def resampled_means(values: FloatArray, problem: str, settings: Settings) -> FloatArray:
    """Means over resampled seeds on one problem.

    ``values`` has shape (algorithms, seeds, times), NaN for seeds that were not run; the result
    (repetitions, algorithms, times).
    """
    once = np.ones((settings.repetitions, 1), np.int64)
    return _draws(values[:, None], (problem,), once, settings)


def seed_counts(
    present: BoolArray, problem: str, settings: Settings
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """For each group of algorithms that ran the same seeds on one problem: the group and those
    seeds, as indices, and how often each repetition takes each seed, shape (repetitions, seeds).

    ``present`` has shape (algorithms, seeds).
    """
    patterns, group = np.unique(present, axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        if pattern.any():
            seeds = np.flatnonzero(pattern)
            counts = _times_drawn(seed_draws(settings, problem, len(seeds)))
            yield np.flatnonzero(group.ravel() == i), seeds, counts


def _times_drawn(draws: IntArray) -> IntArray:
    """How often each row of ``draws`` takes each seed; of the same shape, for there are as many
    draws as seeds."""
    repetitions, seeds = draws.shape
    # One count for all rows takes memory that is linear in the seeds; comparing each draw with
    # each seed would take 17 GB for 3,000 seeds.
    places = draws + seeds * np.arange(repetitions)[:, None]
    return np.bincount(places.ravel(), minlength=draws.size).reshape(draws.shape)


def problem_weights(problems: tuple[str, ...], settings: Settings) -> FloatArray:
    """The weight of each problem in each repetition; shape (repetitions, problems).

    All equal unless problems are resampled too. A problem that is drawn twice then counts twice
    with the same seeds, which errs on the wide side.
    """
    weights: FloatArray = _times_of_problems(problems, settings) / len(problems)
    return weights


def _times_of_problems(problems: tuple[str, ...], settings: Settings) -> IntArray:
    n = len(problems)
    if not settings.resample_problems:
        return np.ones((settings.repetitions, n), np.int64)
    rng = np.random.default_rng(derive_seed("bootstrap problems", settings.seed, *problems))
    return rng.multinomial(n, np.full(n, 1.0 / n), size=settings.repetitions)


def suite_draws(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> FloatArray:
    """Means over resampled seeds, then problems; shape (repetitions, algorithms, times).

    ``values`` has shape (algorithms, problems, seeds, times).
    """
    return _draws(values, problems, _times_of_problems(problems, settings), settings)


def _draws(
    values: FloatArray, problems: tuple[str, ...], times: IntArray, settings: Settings
) -> FloatArray:
    """As :func:`suite_draws`, with ``times``, of shape (repetitions, problems), how often each
    repetition takes each problem. NaN for algorithms without a run on some problem."""
    draws = np.full((settings.repetitions, len(values), values.shape[-1]), np.nan)
    for members, ran in _with_same_seeds(~np.isnan(values[..., 0])):
        if not ran.any(axis=1).all():
            continue
        total = np.zeros((settings.repetitions, len(members) * values.shape[-1]))
        for part in blocks(len(problems), BLOCK // (settings.repetitions * ran.shape[1]) + 1):
            drawn = _drawn_seeds(ran[part], problems[part], settings)
            sizes = ran[part].sum(axis=1)
            own = values[members, part][:, ran[part]]
            own /= np.repeat(sizes * len(problems), sizes)[:, None]
            counts = drawn * np.repeat(times[:, part], sizes, axis=1)
            total += _product(counts, np.moveaxis(own, 1, 0).reshape(len(drawn.T), -1))
        draws[:, members] = total.reshape(settings.repetitions, len(members), -1)
    return draws


def _with_same_seeds(present: BoolArray) -> Iterator[tuple[IntArray, BoolArray]]:
    """Each group of algorithms that ran the same seeds of all problems, as indices, and which
    seeds. ``present`` has shape (algorithms, problems, seeds)."""
    rows, group = np.unique(present.reshape(len(present), -1), axis=0, return_inverse=True)
    for i, row in enumerate(rows):
        yield np.flatnonzero(group.ravel() == i), row.reshape(present.shape[1:])


def _drawn_seeds(ran: BoolArray, problems: tuple[str, ...], settings: Settings) -> IntArray:
    """How often each repetition takes each run of an algorithm, shape (repetitions, runs), problem
    by problem. ``ran``, of shape (problems, seeds), says which runs there are."""
    draws = (
        seed_draws(settings, p, n) for p, n in zip(problems, ran.sum(axis=1).tolist(), strict=True)
    )
    return np.concatenate([_times_drawn(one) for one in draws], axis=1)


def _product(counts: IntArray, values: FloatArray) -> FloatArray:
    """The matrix product, with the same bits on every machine and for equal columns.

    BLAS sums in an order that depends on the number of threads and on a column's place. So each
    value is the sum of two multiples of powers of two, of which no sum is rounded (Ozaki et al.
    2012, "Error-free transformations of matrix multiplication"). They have 80 bits or so below the
    largest value of the column.
    """
    bits = 53 - int(counts.sum(axis=1).max()).bit_length()
    # No loss is as small as the bound, below which a scale would overflow.
    exponent = np.maximum(np.frexp(np.abs(values).max(axis=0))[1], -900)
    coarse, fine = np.ldexp(1.0, bits - exponent), np.ldexp(1.0, 2 * bits - exponent)
    high = np.rint(values * coarse) / coarse
    low = np.rint((values - high) * fine) / fine
    times = counts.astype(np.float64)
    found: FloatArray = times @ high + times @ low
    return found


def weighted_draws(
    values: FloatArray,
    problems: tuple[str, ...],
    weights: FloatArray,
    settings: Settings,
    per_problem: Callable[[FloatArray], FloatArray] = lambda means: means,
) -> FloatArray:
    """As :func:`suite_draws`, but problems have any ``weights``, of shape (repetitions, problems).

    ``per_problem`` maps the seed means of one problem, shape (repetitions, algorithms, times),
    before problems are averaged (ranks).
    """
    total = np.zeros((settings.repetitions, values.shape[0], values.shape[3]))
    for p, problem in enumerate(problems):
        means = per_problem(resampled_means(values[:, p], problem, settings))
        means *= weights[:, p, None, None]
        total += means
    return total


def suite_mean(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Mean over seeds, then over problems; ``values`` as in :func:`suite_draws`, the result of
    shape (algorithms, times)."""
    algorithms = len(values)
    valid, present = interval_valid(values), ~np.isnan(values[..., :1])
    # Curves stay where they are for a while: what no run changes need not be resampled again.
    changed = ((values[..., 1:] != values[..., :-1]) & present).any(axis=(1, 2))
    fresh = np.concatenate([np.ones((algorithms, 1), np.bool_), changed], axis=1)
    columns = np.moveaxis(values, -1, 1)[fresh][..., None]
    owner = np.nonzero(fresh)[0]
    parts = []
    for part in blocks(len(columns), BLOCK // settings.repetitions + 1):
        draws = suite_draws(columns[part], problems, settings)
        estimate = seed_means(columns[part]).mean(axis=1)
        where = valid[owner[part], None]
        parts.append(percentile_interval(estimate, draws, settings.level, where))
    place = np.cumsum(fresh).reshape(fresh.shape) - 1
    return Interval(*(part[place, 0] for part in joined(parts)))


def blocks(size: int, most: int = ALGORITHMS) -> list[slice]:
    """Parts of an axis of ``size`` places, of at most ``most`` each; one part of none."""
    return [slice(begin, begin + most) for begin in range(0, max(size, 1), most)]


def joined(parts: Sequence[Interval], axis: int = 0) -> Interval:
    """The intervals of the parts of an axis as one."""
    return Interval(*(np.concatenate(part, axis=axis) for part in zip(*parts, strict=True)))


def suite_iqm(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Interquartile mean over all (problem, seed) of one score per run.

    ``values`` has shape (algorithms, problems, seeds); the result (algorithms,). Problems are
    fixed: under ``resample_problems`` use the mean.
    """
    estimate = np.array([iqm(v[~np.isnan(v)]) for v in values])
    draws = np.full((settings.repetitions, len(values)), np.nan)
    for members, ran in _with_same_seeds(~np.isnan(values)):
        if ran.any():
            drawn = _drawn_seeds(ran, problems, settings)
            for member in members:
                draws[:, member] = _resampled_iqm(values[member][ran], drawn)
    return percentile_interval(estimate, draws, settings.level, interval_valid(values[..., None]))


def _resampled_iqm(values: FloatArray, drawn: IntArray) -> FloatArray:
    """The :func:`iqm` of each repetition, which takes each value as often as ``drawn`` says, of
    shape (repetitions, values)."""
    order = np.argsort(values, kind="stable")
    # Of values with their counts: sorting every repetition would take ten times as long.
    size = len(values)
    cut = int(QUARTER * size)
    means = np.empty(len(drawn))
    for part in blocks(len(drawn), CACHED // size + 1):
        upto = np.clip(np.cumsum(drawn[part, order], axis=1), cut, size - cut)
        kept = np.diff(upto, axis=1, prepend=cut)
        means[part] = (kept * values[order]).sum(axis=1) / (size - 2 * cut)
    return means


def iqm(values: FloatArray) -> FloatArray:
    """Interquartile mean along the last axis: the mean without the quarter at either end."""
    count = values.shape[-1]
    if count == 0:
        return np.full(values.shape[:-1], np.nan)
    # As scipy.stats.trim_mean does, whose import takes as long as all else that `status` does.
    cut = int(QUARTER * count)
    kept = np.partition(values, (cut, count - cut - 1))[..., cut : count - cut]
    return np.asarray(kept.mean(axis=-1))


def seed_means(values: FloatArray) -> FloatArray:
    """Mean over the seeds that were run; (algorithms, problems, seeds, times) without seeds.
    NaN where none was."""
    present = ~np.isnan(values)
    count = present.sum(axis=2)
    total = np.where(present, values, 0.0).sum(axis=2)
    means: FloatArray = np.full(total.shape, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def interval_valid(values: FloatArray) -> BoolArray:
    """Shape (algorithms,): whether every problem has two seeds or more."""
    valid: BoolArray = ((~np.isnan(values[..., 0])).sum(axis=2) >= 2).all(axis=1)
    return valid


def coverage(seeds: IntArray, settings: Settings) -> float:
    """About how often an interval of a mean over problems holds what it is about, were losses
    normal and spread alike on all problems; that of the algorithm with the fewest seeds.

    ``seeds`` counts them, shape (algorithms, problems). NaN where some problem has a single seed.
    """
    if (seeds < 2).any():
        return float("nan")
    from scipy import special  # not stats, which takes ten times as long to import

    shown = ((seeds - 1) / seeds**2).sum(axis=1) / (1 / seeds).sum(axis=1)
    reach = special.ndtri(0.5 + settings.level / 2) * np.sqrt(shown)
    inside = 2 * special.stdtr((seeds - 1).sum(axis=1), reach) - 1
    return float(inside.min())


def enough_seeds(seeds: IntArray, settings: Settings) -> bool:
    """Whether intervals miss at most twice as often as they say, so that one without zero may be
    called clear."""
    return bool(1 - coverage(seeds, settings) <= 2 * (1 - settings.level))
