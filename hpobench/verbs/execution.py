"""Running a suite: ``hpobench run`` and :func:`hpobench.run` both come here."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract import signals
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import duration
from hpobench.plugins.isolation import environments
from hpobench.running.cluster.connect import needs_ray
from hpobench.running.local.worker_processes import ForkServer, ForkServers
from hpobench.running.tracking.tracker import Together, tracking
from hpobench.store.remote.place import Place, inside, place_of
from hpobench.suites.run_options import MAX_SEEDS, RunOptions
from hpobench.verbs.progress import Display, Shown
from hpobench.verbs.reports import Report, write_page

# What takes long to import is imported where it is needed: workers start meanwhile.
if TYPE_CHECKING:
    from hpobench.analysis.inference.sequential import Decision, Rule
    from hpobench.running.plan.experiment import Progress, Summary
    from hpobench.suites.changes import Changes
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Choose, Source, Suite
    from hpobench.verbs.within import Within


@contextlib.contextmanager
def interruptible(kept: str, warn: Callable[[str], None]) -> Iterator[None]:
    """Let every signal that asks a process to end raise ``KeyboardInterrupt`` in the block.

    ``warn`` is then given ``kept``, which says what is kept and how to go on, and the exception
    goes on to the caller. The handlers from before come back at the end of the block and not
    earlier, because a second signal may arrive during clean-up. Only the main thread can have
    handlers; in another one this only passes the exception on.
    """
    # Python lets only the main thread set handlers; others would get a ValueError.
    main = threading.current_thread() is threading.main_thread()
    numbers = signals.ENDING_SIGNALS if main else ()
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        warn(f"interrupted; {kept}")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def workers(kept: str, warn: Callable[[str], None]) -> Iterator[Callable[[], ForkServer]]:
    """What starts processes for virtual cells in the block, which is interruptible."""
    with ForkServers(soon=not needs_ray("virtual", None)) as servers, interruptible(kept, warn):
        yield servers.start


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    summary: Summary
    report: Report | None
    """The report, if one was asked for and anything is stored."""
    unlogged: bool
    """Whether cells are stored that should have been logged to MLflow and are not."""

    @property
    def complete(self) -> bool:
        """Whether every cell of the plan is done, but for those that there was no time for."""
        counts = self.summary.counts
        return counts["done"] + self.summary.late * counts["missing"] == counts.total()


def read_suite(
    source: Source,
    options: RunOptions,
    changes: Changes | None = None,
    choose: Choose | None = None,
) -> Suite:
    """The suite ``source`` with the plugins, the seeds and the cells that ``options`` ask for."""
    from hpobench.suites.changes import Changes
    from hpobench.suites.suite import load_suite

    changes = changes or Changes()
    return load_suite(source, options.plugins, options.seeds, options.only, choose, changes)


def execute(
    source: Source,
    options: RunOptions,
    display: Display | None = None,
    changes: Changes | None = None,
) -> Ended:
    """Run what is missing of a suite, and write its report.

    ``display``: by default what ``options.progress`` asks for. A ``KeyboardInterrupt`` passes
    through after everything finished is stored.
    """
    if display is None:
        shown = sys.stdout.isatty() if options.progress is None else options.progress
        display = Shown() if shown else Display()
    results = place_of(options.results)
    if isinstance(results, Path) and results.is_file():
        raise UsageError(f"results: {results} is a file; name a folder")
    with ForkServers(soon=not needs_ray("virtual", options.address)) as servers:
        within = None
        if options.within is not None:
            from hpobench.verbs.within import Within

            within = Within(options)  # its time begins now
        choose = within.candidates if within else None
        suite, rule = with_rule(read_suite(source, options, changes, choose), options)
        place = Place(inside(results, suite.name + (options.share.suffix if options.share else "")))
        folder = place.fetch()
        # Where there are results, maybe nothing is left to run.
        if needs_ray(suite.stage, options.address) or (folder / "plan.json").exists():
            servers.discard()
        prepare(suite, display)
        with (
            interruptible(_kept(place.given), display.warn),
            tracking(options.mlflow, suite.name, folder, display.warn) as trackers,
        ):
            until = within.until if within else math.inf
            runner = Runner(options, place, servers.start, display, trackers, until)
            summary = _run_within(within, suite, runner) if within else _run(suite, rule, runner)
            stored = summary.counts["missing"] < summary.counts.total()
            # A shard alone would look like a result.
            shown = options.report and not options.share and stored
            report = write_page(folder, display, anew=False) if shown else None
            place.publish()
    ended = Ended(summary, report, any(tracker.unlogged for tracker in trackers))
    if not ended.complete:
        display.warn(f"`python -m hpobench status {place.given}` shows what failed")
    return ended


def _kept(where: object) -> str:
    return f"finished cells are in {where}, the same command goes on"


def prepare(suite: Suite, display: Display) -> None:
    """Build the environments of isolated searchers."""
    environments.prepare(suite.scripts(), display.warn)


@dataclass(frozen=True)
class Runner:
    """Runs what is missing of plans in a ``place``."""

    options: RunOptions
    place: Place
    start: Callable[[], ForkServer]
    display: Display
    trackers: Sequence[Progress] = ()
    until: float = math.inf
    """When cells must be over, by :func:`time.monotonic`."""

    def __call__(self, suite: Suite, plan: Plan) -> Summary:
        from hpobench.running.plan.experiment import run_plan

        with self.display.watching() as observers:
            return run_plan(
                suite,
                plan,
                self.place.folder,
                Together([*observers, *self.trackers]),
                start=self.start,
                options=self.options,
                publish=self.place.publish,
                until=self.until,
                warn=self.display.warn,
            )

    def at(self, folder: Path) -> Runner:
        """The same with results in ``folder``, which are not tracked."""
        return dataclasses.replace(self, place=Place(folder), trackers=())

    def measure(self, suite: Suite, plan: Plan) -> Mapping[str, float]:
        """The seconds of a full evaluation of each problem, by cells of ``plan`` that are not
        kept."""
        from hpobench.running.plan.timing import trial_seconds

        # In a folder of its own: cells under another budget are not the suite's.
        self.display.note("measuring what a trial of each problem takes")
        with tempfile.TemporaryDirectory() as folder:
            self.at(Path(folder))(suite, plan)
            return trial_seconds(plan, Path(folder))


@contextlib.contextmanager
def running(folder: Path, options: RunOptions, display: Display) -> Iterator[Runner]:
    """What runs virtual cells inside the block, with results in ``folder``."""
    with workers(_kept(folder), display.warn) as start:
        yield Runner(options, Place(folder), start, display)


def with_rule(suite: Suite, options: RunOptions) -> tuple[Suite, Rule | None]:
    """The suite with all seeds that may come to run, and the rule that ends the run.

    The rule is ``None`` without ``until_decided``, and where time decides on the looks. Raises
    :class:`UsageError` for more seeds than the cap and :class:`TooFewError` for a cap under which
    nothing could be decided.
    """
    if not options.until_decided or options.within is not None:
        return suite, None
    from hpobench.analysis.inference.sequential import Rule, looks
    from hpobench.running.plan.until_decided import grown

    cap = MAX_SEEDS if options.max_seeds is None else options.max_seeds
    return grown(suite, cap), Rule(looks(len(suite.seeds), cap), options.decides_by)


def _run(suite: Suite, rule: Rule | None, runner: Runner) -> Summary:
    """Run all cells, or those that it takes to decide by ``rule``."""
    from hpobench.suites.grid import build_plan

    plan = build_plan(suite)
    if rule is None:
        return noted(runner(suite, plan), runner.display)
    from hpobench.running.plan.until_decided import until_decided

    looks = until_decided(suite, plan, rule, runner.place.folder, runner)
    return _run_looks(looks, rule, runner.display)


def _run_within(within: Within, suite: Suite, runner: Runner) -> Summary:
    """Run what fits into the time: the first seed, by which seeds are counted, and then looks."""
    from hpobench.running.plan.until_decided import until_decided
    from hpobench.verbs.within import LEAST, fitted

    display, folder = runner.display, runner.place.folder
    found = fitted(suite, within, folder).measured(runner.measure).shortened()
    for line in found.lines():
        display.note(line)
    if not found.has_all(1):
        summary = noted(runner(*found.part(1)), display)
        if summary.late:
            return summary
    fitting = found.timing.fitting(found.left)
    rule = found.rule(fitting)
    if rule is None:
        seeds = max(fitting, LEAST)
        display.note(f"going on to {seeds} seeds, by what the first took; too few to decide")
        return noted(runner(*found.part(seeds)), display)
    looks = until_decided(found.suite, found.plan, rule, folder, runner, found.has_time)
    return _run_looks(looks, rule, display)


def _run_looks(
    looks: Iterator[tuple[Summary, Decision | None]], rule: Rule, display: Display
) -> Summary:
    """Say what each look found; returns the summary of the last."""
    from hpobench.analysis.inference.sequential import sentence

    for number, (summary, decision) in enumerate(looks, start=1):
        noted(summary, display)
        if decision is not None:
            display.note(f"look {number} of at most {len(rule.looks)}: {sentence(decision, rule)}")
    if decision is not None and not decision.decided and number < len(rule.looks):
        display.note(
            f"there is no time for the look at {rule.looks[number]} seeds; the same command goes "
            "on, with as much time again"
        )
    return summary


def noted(summary: Summary, display: Display) -> Summary:
    """Say how a run ended; returns ``summary``."""
    if summary.lost:
        # Cells whose files are gone or damaged run again by themselves, which users should know.
        display.warn(f"{summary.lost} stored cells were missing or damaged and ran again")
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.counts.items()))
    display.note(f"ran {summary.ran} cells in {duration(summary.seconds)}; in all {counts}")
    if summary.late:
        display.note("the time is over; the same command goes on, with as much time again")
    return summary
