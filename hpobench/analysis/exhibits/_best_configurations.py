"""The best tenth of all trials on a problem, and where in the space they differ from the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings
from hpobench.contract.parameters import Categorical, Ordinal, Value
from hpobench.contract.problem import Objective
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config, Space
from hpobench.store.read.reader import Results

AXES = 12  # parameters shown at most
BEST, REST = 300, 200  # lines drawn at most
SAMPLE = 10_000
"""Trials on either side, the best tenth and the rest, that distances are measured by at most."""
_RUN = ["searcher", "scheduler", "seed", "workers"]  # which run a trial is of, besides the problem
COLUMNS = ["line", "algorithm", "seed", "trial", "step", "value", "best"]
COLUMNS += ["parameter", "distance", "setting", "position"]
_BEST = ["problem", "metric", "direction", "value", "heldout", *_RUN, "trial", "step", "config"]


def best_configurations(results: Results, problem: str, settings: Settings) -> pd.DataFrame:
    """The configurations of the best tenth of all trials on ``problem``, and of some of the rest.

    A trial counts with its last result: that visible loss, the step, and the configuration at that
    time. The best tenth is the first tenth by loss of the trials at the highest step that any
    reached; the rest are all others whose loss is finite.

    One row per line and parameter: ``line`` (0, 1, 2, ... from the best), ``algorithm, seed,
    trial, step``, ``value`` (the loss in the metric's own orientation), ``best``; ``parameter`` in
    the space's order, ``distance`` (below), ``setting``, its value, and ``position``, that value's
    quantile in the space (:meth:`hpobench.contract.space.Float.to_unit`); the last two are missing
    while it is inactive. Of a larger best tenth :data:`BEST` come, evenly spaced by rank from the
    very best on; of the rest a seeded sample of :data:`REST`.

    ``distance`` is how much the best tenth differs from the rest: Kolmogorov and Smirnov's, or
    the total variation of categories, where inactive is a value of its own; of more trials than
    :data:`SAMPLE` on a side, so many, chosen like the lines. The :data:`AXES` parameters with the
    largest are kept.
    """
    row = results.problems[results.problems["problem"] == problem].iloc[0]
    space = Space.from_json(json.loads(row["space"]))
    seed = derive_seed("parallel coordinates", settings.seed, problem)
    trials = last_results(results, problem)
    best = np.arange(len(trials)) < -(-at_full(trials) // 10)
    kept = _some(best, SAMPLE, SAMPLE, seed)
    trials, best = trials.iloc[kept], best[kept]
    # As one text, which is parsed faster than many.
    configs: list[Config] = json.loads(f"[{','.join(trials['config'])}]")
    positions = unit_positions(space, configs)
    distance = distances(space, positions, best)
    shown = np.sort(np.argsort(-distance, kind="stable")[:AXES])
    lines = _some(best, BEST, REST, seed)
    objective = Objective(row["metric"], row["direction"])
    frame = trials.iloc[lines].reset_index(drop=True)
    frame = frame.assign(
        line=np.arange(len(lines)),
        value=[objective.value(loss) for loss in frame["loss"]],
        best=best[lines],
    )
    parts = [
        frame.assign(
            parameter=space.names[j],
            distance=distance[j],
            setting=pd.Series([configs[i].get(space.names[j]) for i in lines], dtype=object),
            position=positions[lines, j],
        )
        for j in shown
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def best_of_each(results: Results) -> pd.DataFrame:
    """The best configuration that was found of each problem: the first of its
    :func:`last_results`. Problems without any have no row.

    Columns ``problem``; ``metric``, ``direction`` (of the metric: minimize or maximize) and
    ``value``, its visible value in its own orientation; ``heldout``, the same of held-out data or
    without noise, NaN where the problem has none; ``searcher, scheduler, seed, workers, trial,
    step``; and ``config``, a dictionary.
    """
    every = _last_results(results, algorithm_names(results.cells))
    every = every.drop_duplicates("problem").set_index("problem")
    found = []
    for problem, metric, direction in results.problems[_BEST[:3]].itertuples(index=False):
        if problem in every.index:
            best, value = every.loc[problem], Objective(metric, direction).value
            values = value(best["loss"]), value(best["heldout"])
            run, config = best[[*_RUN, "trial", "step"]], json.loads(best["config"])
            found.append((problem, metric, direction, *values, *run, config))
    return pd.DataFrame(found, columns=_BEST)


def last_results(results: Results, problem: str) -> pd.DataFrame:
    """One row per trial of ``problem`` whose last loss is finite: those at the highest step
    first, by loss, and ties by run and trial.

    Columns ``algorithm, searcher, scheduler, seed, workers, trial, step, loss, heldout, config``.
    """
    kept = results.cells["problem"] == problem
    # An algorithm's name depends on how many schedulers there are in all.
    found = _last_results(results.select(kept), algorithm_names(results.cells)[kept])
    return found.drop(columns="problem")


def _last_results(results: Results, names: pd.Series) -> pd.DataFrame:
    """As :func:`last_results`, of all problems together, each in a column ``problem``; ``names``
    are the algorithms of the cells."""
    cells, events, keys = results.cells, results.events, ["cell", "trial"]
    last = events.drop_duplicates(keys, keep="last")[[*keys, "step", "loss", "heldout"]]
    last = last[np.isfinite(last["loss"])].reset_index(drop=True)
    trial = pd.MultiIndex.from_frame(last[keys])
    changed = events[events["config"].notna()].drop_duplicates(keys, keep="last")
    asked, later = (
        frame.set_index(keys)["config"].reindex(trial) for frame in (results.trials, changed)
    )
    row = pd.Index(cells["cell"]).get_indexer(pd.Index(last["cell"].astype(object)))
    last = last.assign(
        **{name: cells[name].to_numpy()[row] for name in ("problem", *_RUN)},
        algorithm=names.to_numpy()[row],
        config=later.where(later.notna(), asked).to_numpy(),
    )
    below = last["step"] < last.groupby("problem")["step"].transform("max")
    order = np.lexsort((last["trial"], row, last["loss"], below))
    found: pd.DataFrame = last.iloc[order].reset_index(drop=True)
    return found


def at_full(trials: pd.DataFrame) -> int:
    """How many trials of :func:`last_results` got as far as any."""
    return int((trials["step"] == trials["step"].max()).sum())


def unit_positions(space: Space, configs: Sequence[Config]) -> FloatArray:
    """Shape (configurations, parameters): the quantile of every value, NaN for inactive ones."""
    found = np.full((len(configs), len(space)), np.nan)
    for j, parameter in enumerate(space):
        known: dict[tuple[type, Value], float] = {}  # few values come often
        for i, config in enumerate(configs):
            if parameter.name in config:
                value = config[parameter.name]
                key = (type(value), value)  # True and 1 are different choices
                if key not in known:
                    known[key] = parameter.to_unit(value)
                found[i, j] = known[key]
    return found


def distances(space: Space, positions: FloatArray, best: BoolArray) -> FloatArray:
    """How much ``best`` configurations differ from the others in each parameter, from 0 to 1; 0
    where there are no others."""
    from scipy import stats  # here, for processes that only draw import this module too

    found = np.zeros(len(space))
    if best.all():
        return found
    for j, (parameter, column) in enumerate(zip(space, positions.T, strict=True)):
        mine, rest = (np.nan_to_num(column[part], nan=-1.0) for part in (best, ~best))
        if isinstance(parameter, Categorical) and not isinstance(parameter, Ordinal):
            values = np.unique(np.concatenate([mine, rest]))
            codes = (np.searchsorted(values, part) for part in (mine, rest))
            one, other = (np.bincount(code, minlength=len(values)) / len(code) for code in codes)
            found[j] = np.abs(one - other).sum() / 2
        else:
            found[j] = stats.ks_2samp(mine, rest, method="asymp").statistic
    return found


def _some(best: BoolArray, most: int, rest: int, seed: int) -> IntArray:
    """Rows of ``most`` of the best and ``rest`` of the others, or of all if they are fewer, in
    order: the best evenly spaced from the very first on, the others a seeded sample."""
    mine, others = np.flatnonzero(best), np.flatnonzero(~best)
    if len(mine) > most:
        mine = mine[np.linspace(0, len(mine) - 1, most).round().astype(np.int64)]
    if len(others) > rest:
        others = np.sort(np.random.default_rng(seed).choice(others, rest, replace=False))
    return np.concatenate([mine, others])
