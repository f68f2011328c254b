"""The verbs of the public face: run, plan, report, load and verify.

The command line is a thin layer over the modules of this package. Nothing heavy is imported before
a verb is called.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.suites.run_options import RunOptions, taking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpobench.running.proof.verify_sample import Verification
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Seeds, Source
    from hpobench.verbs.results import SuiteResults


@taking(RunOptions)
def run(suite: Source, options: RunOptions) -> SuiteResults:
    """Run what is missing of ``suite``, write its report, and return its results.

    >>> results = hpobench.run("smoke")
    >>> results = hpobench.run(
    ...     {
    ...         "name": "mine",
    ...         "searchers": ["random", "optuna-tpe"],
    ...         "problems": ["branin"],
    ...         "seeds": 5,
    ...         "budget": {"evaluations": 30},
    ...     }
    ... )
    >>> results.failed.empty
    True
    >>> leader = results.standings().iloc[0]

    A cell that fails is no exception: ``results.failed`` has its error. Cells that are stored
    already are not run again, so the same call goes on after an interruption: Ctrl-C keeps what is
    finished and raises ``KeyboardInterrupt``. Virtual cells run in processes of this machine; live
    ones on Ray, which is started and shut down. If this process has initialised Ray, all run on
    that Ray, which is left running.

    :param suite: the path of a suite file, the name of a shipped suite, a mapping with the keys of
        a suite file, or what :func:`hpobench.load_suite` returns.
    :param results: the suite gets a folder of its own name in this folder.
    :param seeds: instead of the suite's: a number of them, a list, or text like ``"0-9"``.
    :param only: run only the cells whose ``searcher/scheduler/problem`` match this glob.
    :param plugins: further plugin files or folders.
    :param address: run on this Ray cluster, or on the one at hand (``auto``); ``local`` starts a
        Ray on this machine for virtual cells, too.
    :param cpus: processors of this machine to use, by default all.
    :param timeout: wall seconds after which a cell is given up.
    :param retry_failed: run failed cells again.
    :param mlflow: log cells and trials to this MLflow server or database.
    :param until_decided: add seeds until the ranking is decided, at most ``max_seeds`` (100);
        differences in mean normalised regret below ``margin`` (0.01) do not matter.
    :param within: the same, and end when this wall time is over, in seconds or like ``"1h"``: as
        many seeds as fit, of shorter budgets if two do not; a suite without ``searchers`` gets
        those that the evidence says are the best.
    :param shard: run one shard of many, like ``"3/16"``, into a folder of its own.
    :param report: write the report; ``results.page`` is its page.
    :param progress: print how the run goes on; by default only on a terminal. Without, the logger
        ``hpobench`` gets the lines.
    :raises UsageError: the suite or an argument is wrong; :class:`SuiteError` names the key.
    :raises RayError: there is no cluster at ``address``.
    :raises StoreError: results cannot be written or read.
    """
    from hpobench.verbs.execution import execute  # not before: `import hpobench` stays light

    return load(execute(suite, options).summary.folder)


def plan(
    suite: Source,
    *,
    seeds: Seeds | None = None,
    only: str | None = None,
    plugins: Iterable[str | os.PathLike[str]] = (),
) -> Plan:
    """The plan of ``suite``: its cells, what is skipped and why, and about what it costs.

    Takes the arguments of :func:`hpobench.run` and makes the same checks, but runs nothing.
    """
    from hpobench.verbs.planned import planned

    return planned(suite, RunOptions(seeds=seeds, only=only, plugins=plugins)).plan


def report(folder: str | os.PathLike[str]) -> Path:
    """Write the report of the results in ``folder``; returns the page to open."""
    from hpobench.store.remote.place import Place, place_of
    from hpobench.verbs.progress import Display
    from hpobench.verbs.reports import write_page

    place = Place(place_of(folder))
    # Of a folder in an object store a copy is written, which then goes back.
    page = write_page(place.fetch(), Display(), anew=True).page
    place.publish()
    return page


def load(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *more: str | os.PathLike[str]
) -> SuiteResults:
    """The results in ``path``, a folder like ``results/quick``, as frames.

    >>> results = hpobench.load("results/quick")
    >>> results
    <results of quick: ... runs, ... results>
    >>> leader = results.standings(axis="evaluations").iloc[0]
    >>> curves = results.curves(fidelity="full", points=50)
    >>> final = curves[curves["share"] == 1].groupby(["problem", "algorithm"])["regret"].median()
    >>> figure = results.plot.curves()
    >>> results.best().loc[0, "config"]
    {...}

    Of several folders, also in a list, the results are those that `hpobench merge` would store of
    them: all shards of a run, or the union of suites that differ in searchers, schedulers, problems
    and seeds. Nothing is written.

    >>> both = hpobench.load("results/tables", "results/mine")

    Settings are those of :class:`hpobench.analysis.settings.Settings`; without any, the numbers are
    the report's. :class:`hpobench.SuiteResults` lists the tables that there are. Raises
    :class:`hpobench.UsageError` if ``path`` holds no results, if folders do not go together, and
    with the names of cells of which they hold other bytes; and :class:`hpobench.StoreError` if
    results are damaged.
    """
    from hpobench.contract.errors import UsageError
    from hpobench.store.remote.place import Place, place_of
    from hpobench.verbs.results import SuiteResults

    first = [path] if isinstance(path, str | os.PathLike) else [*path]
    if not (paths := [*first, *more]):
        raise UsageError("load: name a folder of results, like results/quick")
    return SuiteResults([Place(place_of(one)).fetch() for one in paths])


def verify(
    folder: str | os.PathLike[str],
    cells: int = 40,
    *,
    seed: int = 0,
    plugins: Iterable[str | os.PathLike[str]] = (),
    cpus: int | None = None,
    timeout: float = 3600.0,
) -> Verification:
    """Run a random sample of the stored cells in ``folder`` again and compare every bit.

    >>> found = hpobench.verify("results/quick")
    >>> found.ok, found.different
    (True, {})

    :param cells: how many virtual cells to draw; all if there are fewer.
    :param seed: draws the same cells again; another one draws others.
    :param plugins: the plugin files that the suite needs; its ``suite.yaml`` lists those it had.
    :param cpus: processors of this machine to use, by default all.
    :param timeout: wall seconds after which a cell is given up.
    :raises UsageError: ``folder`` holds no results that can run again.
    :raises StoreError: results are damaged, so that a sample of them would say nothing.
    """
    from hpobench.contract.errors import StoreError
    from hpobench.store.prove.damage import find_damage
    from hpobench.store.remote.place import Place, place_of
    from hpobench.suites.run_options import SampleOptions
    from hpobench.verbs.progress import Display
    from hpobench.verbs.verification import run_sample

    options = SampleOptions(cells, seed, [Path(file) for file in plugins], cpus, timeout)
    place = Place(place_of(folder)).fetch()
    if damaged := find_damage(place):
        raise StoreError(f"{damaged[0].path}: {damaged[0].reason}; {len(damaged)} damaged in all")
    return run_sample(place, options, Display())
