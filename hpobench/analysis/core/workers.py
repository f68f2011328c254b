"""Results of suites that run every combination with several numbers of workers.

Averages are of runs with one number of workers only, which :func:`with_most_workers` picks. The
other runs are there for :mod:`hpobench.analysis.exhibits.efficiency`.
"""

from __future__ import annotations

from hpobench.store.read.reader import Results


def worker_counts(results: Results) -> list[int]:
    """The numbers of workers that there are runs with, ascending."""
    return sorted(int(n) for n in results.cells["workers"].unique())


def with_workers(results: Results, workers: int) -> Results:
    """The part of ``results`` that ran with so many workers."""
    return results.select(results.cells["workers"] == workers)


def with_most_workers(results: Results) -> Results:
    """The part of ``results``, which hold a run, that a report compares: that with the most
    workers."""
    return with_workers(results, worker_counts(results)[-1])
