"""hpobench compares hyper-parameter-optimisation algorithms on Ray Tune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.package import VERSION as __version__
from hpobench.contract.package import mount

if TYPE_CHECKING:
    from hpobench.analysis.results_frames import Analysis

__all__ = ["__version__", "load"]

mount()


def load(path: str | Path) -> Analysis:
    """The results in ``path``, a folder like ``results/quick``, as frames.

    >>> results = hpobench.load("results/quick")
    >>> results
    <results of quick: ... runs, ... results>
    >>> leader = results.standings(axis="evaluations").iloc[0]
    >>> curves = results.curves(fidelity="full", points=50)
    >>> final = curves[curves["share"] == 1].groupby(["problem", "algorithm"])["regret"].median()

    Settings are those of :class:`hpobench.analysis.settings.Settings`; without any, the numbers are
    the report's. :class:`hpobench.analysis.results_frames.Analysis` lists the tables that there are. Raises
    :class:`hpobench.contract.errors.UsageError` if ``path`` holds no results, and
    :class:`hpobench.contract.errors.StoreError` if they are damaged.
    """
    from hpobench.analysis.results_frames import load

    return load(path)
