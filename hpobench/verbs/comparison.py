"""The two sides of a comparison: two results, or two algorithms of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.store.read.reader import Results, load_results


class Sides(NamedTuple):
    """What is compared; runs with the same labels and seed belong together."""

    base: Results
    new: Results


def of_folders(base: Path, new: Path) -> Sides:
    """The results in two folders."""
    return Sides(load_results(base), load_results(new))


def of_algorithms(folder: Path, base: str, new: str) -> Sides:
    """The runs of two algorithms in one folder, with the labels of ``new`` on both sides.

    ``base`` and ``new`` are the labels of searchers, or ``SEARCHER/SCHEDULER``. Raises
    :class:`UsageError` where one names a scheduler and the other none, or both name the same, and
    :class:`UnknownNameError` for a label that no run has.
    """
    if base == new:
        raise UsageError(f"--base and --new both name {base}; name two algorithms")
    if ("/" in base) != ("/" in new):
        raise UsageError(
            f"--base {base} --new {new}: name two searchers, or two of SEARCHER/SCHEDULER"
        )
    results = load_results(folder)
    labels = dict(zip(("searcher", "scheduler"), new.split("/", 1), strict=False))
    chosen, renamed = _runs(results, "--new", new), _runs(results, "--base", base)
    return Sides(replace(renamed, cells=renamed.cells.assign(**labels)), chosen)


def _runs(results: Results, option: str, algorithm: str) -> Results:
    searcher, _, scheduler = algorithm.partition("/")
    cells = results.cells
    keep = cells["searcher"] == searcher
    if scheduler:
        keep &= cells["scheduler"] == scheduler
    if not keep.any():
        labels = cells["searcher"]
        known = labels + "/" + cells["scheduler"] if scheduler else labels
        raise UnknownNameError(f"algorithm of {option}", algorithm, set(known))
    return results.select(keep)
