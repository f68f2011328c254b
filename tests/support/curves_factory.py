"""Curves written down directly, for statistics that start from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import Algorithm, Comparison, Curves
from hpobench.analysis.drawing import draw
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study, Whole
from hpobench.store.read.reader import Results

SHARES = np.array([0.1, 0.25, 0.5, 1.0])


def curves_of(nr: FloatArray, algorithms: Sequence[Algorithm] | None = None) -> Curves:
    """Curves whose normalised regrets are ``nr``, shape (algorithms, problems, seeds[, times]),
    NaN for runs that do not exist; without times the same at all of :data:`SHARES`."""
    nr = np.repeat(nr[..., None], len(SHARES), axis=3) if nr.ndim == 3 else nr
    k, problems, seeds, times = nr.shape
    present = ~np.isnan(nr[..., 0])
    return Curves(
        algorithms=tuple(algorithms or [Algorithm(f"a{i}", f"a{i}", "fifo") for i in range(k)]),
        problems=tuple(f"p{i}" for i in range(problems)),
        seeds=tuple(range(seeds)),
        share=SHARES[-times:],
        horizon=np.ones(problems),
        loss=nr,
        present=present,
        failed=np.zeros_like(present),
        optimum=np.zeros(problems),
        clip=np.ones(problems),
    )


def made_nr(algorithms: int, problems: int, seeds: int, times: int = 4) -> FloatArray:
    """Falling curves, better for later algorithms, that differ by problem and seed."""
    rng = np.random.default_rng([algorithms, problems, seeds])
    skill = np.linspace(0.4, 1.6, algorithms)[:, None, None, None]
    speed = rng.uniform(0.5, 2.0, (1, problems, 1, 1)) * rng.lognormal(
        0, 0.25, (algorithms, problems, 1, 1)
    )
    noise = rng.lognormal(0, 0.3, (algorithms, problems, seeds, 1))
    nr: FloatArray = np.exp(-skill * speed * np.linspace(0.6, 2.4, times)) * noise
    return nr.clip(0.0, 1.0)


ANY = curves_of(np.zeros((1, 1, 1)))
"""For what does not look at curves."""


def study_of(curves: Curves, settings: Settings, results: Results | None = None) -> Study:
    """A study with these very curves, and with ``results`` where what is asked of it needs any."""
    if results is None:
        study = object.__new__(Study)
        families = {problem: problem for problem in curves.problems}
        vars(study).update(settings=settings, whole=Whole(), _kept={}, families=families)
    else:
        study = Study(results, settings)
    vars(study)["curves"] = curves
    return study


def table_of(
    exhibit: Any, curves: Curves, settings: Settings, results: Results | None = None
) -> pd.DataFrame:
    """The table of an exhibit about ``curves``, all of them being compared."""
    study, everything = study_of(curves, settings, results), Comparison("Everything", curves)
    table: pd.DataFrame = exhibit.table(study, everything)
    return table


def caption_of(
    exhibit: Any,
    curves: Curves,
    settings: Settings,
    table: pd.DataFrame | None = None,
    results: Results | None = None,
) -> str:
    study = study_of(curves, settings, results)
    return str(exhibit.caption(study, Comparison("Everything", curves), table))


def drawn(exhibit: Any, study: Study, table: pd.DataFrame, subject: Any = None) -> Figure:
    """``table`` in a file."""
    return draw(exhibit.figure(study, subject, table), table)


def table_of_all(exhibit: Any, results: Results, settings: Settings | None = None) -> pd.DataFrame:
    """The table of an exhibit about the whole of ``results``."""
    study = Study(results, settings)
    table: pd.DataFrame = exhibit.table(study, study.whole)
    return table
