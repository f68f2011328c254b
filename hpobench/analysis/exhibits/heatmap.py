"""Final normalised regret of every algorithm on every problem."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Matrix
from hpobench.analysis.inference.bootstrap import seed_means
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases

TITLE = "Final normalised regret, problem by algorithm"
STEM = "heatmap"
SHOWS = (
    "The regret that is left on each problem: 0 is the optimum, 1 a typical random configuration. "
    "Framed: the best of a row."
)
TAB = "problems"

FLOOR = 1e-4  # lower values get the same colour


def subjects(study: Study) -> list[Whole]:
    return [study.whole] if study.any_done else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Mean final ``nr`` over seeds.

    Columns ``problem, algorithm, searcher, scheduler, nr, seeds, failures, best``, one row per
    pair; ``nr`` is NaN where the algorithm was not run. ``best``: no algorithm is lower.
    """
    curves = study.curves
    nr = seed_means(normalised(curves)[..., -1:])[..., 0]
    problems, algorithms = len(curves.problems), len(curves.algorithms)
    frame = pd.concat([algorithm_columns(curves.algorithms)] * problems, ignore_index=True)
    frame.insert(0, "problem", np.repeat(np.array(curves.problems, dtype=object), algorithms))
    lowest = np.min(nr, axis=0, initial=np.inf, where=np.isfinite(nr))
    return frame.assign(
        nr=nr.T.ravel(),
        seeds=curves.present.sum(axis=2).T.ravel(),
        failures=curves.failed.sum(axis=2).T.ravel(),
        best=(nr == lowest).T.ravel(),
    )


def caption(study: Study, _: Whole, _table: pd.DataFrame) -> str:
    curves = study.curves
    return (
        f"Final normalised regret, mean over {phrases.seeds(curves)}. Regrets below {FLOOR:g} have "
        "the same colour. A dot marks pairs with failed runs; a field is empty where an algorithm "
        f"was not run on a problem.{phrases.failures(curves)}"
    )


def alt(_: Whole, __: pd.DataFrame) -> str:
    return "Heat map of final normalised regret. The numbers are in the CSV file."


def figure(study: Study, _: Whole, table: pd.DataFrame) -> Matrix:
    schedulers, drawn = study.styles.schedulers, set(table["algorithm"])
    order = [a for s in schedulers for a in study.styles.algorithms if a.scheduler == s]
    order = [a for a in order if a.name in drawn]
    groups = tuple(
        (scheduler, tuple(a.searcher for a in own))
        for scheduler, own in groupby(order, lambda a: a.scheduler)
    )
    return Matrix(
        down=("problem", tuple(table["problem"].unique())),
        across=("algorithm", tuple(a.name for a in order)),
        groups=groups if len(schedulers) > 1 else (),
        value="nr",
        texts=tuple(phrases.short(nr) if np.isfinite(nr) else "" for nr in table["nr"]),
        label="Final regret",
        colours="regret",
        limits=(FLOOR, 1.0),
        strong="best",
        framed=True,
        dotted="failures",
        warning=True,
        told=(
            ("problem", "Problem"),
            ("algorithm", "Algorithm"),
            ("nr", "Final regret"),
            ("seeds", "Seeds"),
            ("failures", "Failed runs"),
        ),
    )
