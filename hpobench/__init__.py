"""hpobench compares hyper-parameter-optimisation algorithms on Ray Tune."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpobench.analysis import Analysis

__version__ = "0.1.0"

PLUGIN_FOLDERS: dict[str, Path] = {}
"""Where the shipped plugins lie: beside this package in a checkout, inside it in a wheel."""


def _mount() -> None:
    """Make the plugin folders import as ``hpobench.algorithms`` and ``hpobench.problems``."""
    package = Path(__file__).resolve().parent
    for name in ("algorithms", "problems"):
        inside, beside = package / name, package.parent / name
        PLUGIN_FOLDERS[name] = inside if inside.is_dir() else beside
        if not inside.is_dir():
            module = ModuleType(f"{__name__}.{name}")
            module.__path__ = [str(beside)]
            sys.modules[module.__name__] = module


_mount()


def load(path: str | Path) -> Analysis:
    """The results in ``path``, a folder like ``results/quick``, as frames.

    >>> results = hpobench.load("results/quick")
    >>> results
    <results of quick: ... runs, ... results>
    >>> leader = results.standings(axis="evaluations").iloc[0]
    >>> curves = results.curves(fidelity="full", points=50)
    >>> final = curves[curves["share"] == 1].groupby(["problem", "algorithm"])["regret"].median()

    Settings are those of :class:`hpobench.stats.settings.Settings`; without any, the numbers are
    the report's. :class:`hpobench.analysis.Analysis` lists the tables that there are. Raises
    :class:`hpobench.errors.UsageError` if ``path`` holds no results, and
    :class:`hpobench.errors.StoreError` if they are damaged.
    """
    from hpobench.analysis import load

    return load(path)
