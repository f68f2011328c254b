"""Running a suite: ``hpobench run`` and :func:`hpobench.run` both come here."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.wording import duration
from hpobench.suites.shard import Shard
from hpobench.verbs.interruption import interruptible
from hpobench.verbs.options import MAX_SEEDS, RunOptions
from hpobench.verbs.reports import Report, write_page

if TYPE_CHECKING:
    from hpobench.analysis.inference.sequential import Decision, Rule
    from hpobench.running.experiment import Progress, Summary
    from hpobench.running.local.processes import Template
    from hpobench.store.place import Place
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Choose, Suite
    from hpobench.verbs.progress import Display
    from hpobench.verbs.within import Within

RunCells = Callable[["Suite", "Plan"], "Summary"]
"""Runs what is missing of a plan."""


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


def execute(load: Callable[[Choose | None], Suite], options: RunOptions, display: Display) -> Ended:
    """Run what is missing of the suite that ``load`` returns, and write its report.

    ``load`` is given what chooses searchers for a suite without any, if the time is limited. A
    ``KeyboardInterrupt`` passes through after everything finished is stored.
    """
    from hpobench.running.cluster import needs_ray
    from hpobench.running.local.start import Templates
    from hpobench.store.place import Place, inside

    with Templates(soon=not needs_ray("virtual", options.address)) as templates:
        within = _within(options)
        suite, rule = with_rule(load(within.candidates if within else None), options)
        shard = Shard.of(options.shard) if options.shard else None
        name = suite.name + (shard.suffix if shard else "")
        place = Place(inside(options.results, name))
        folder = place.fetch()
        # Where there are results, maybe nothing is left to run.
        if needs_ray(suite.stage, options.address) or (folder / "plan.json").exists():
            templates.discard()
        from hpobench.running.tracking import tracking

        prepare(suite, display)
        kept = f"finished cells are in {place.given}, the same command goes on"
        with (
            interruptible(kept, display.warn),
            tracking(options.mlflow, suite.name, folder, display.warn) as trackers,
        ):
            runner = _Runner(options, shard, templates.start, display, within)
            run_cells = runner.at(place, trackers)
            if within is not None:
                summary = _run_within(within, suite, folder, runner, run_cells, display)
            else:
                summary = _run(suite, rule, folder, run_cells, display)
            stored = summary.counts["missing"] < summary.counts.total()
            # A part of the runs would look like a result.
            shown = options.report and not shard and stored
            report = write_page(folder, display, anew=False) if shown else None
            place.publish()
    ended = Ended(summary, report, any(tracker.unlogged for tracker in trackers))
    if not ended.complete:
        display.warn(f"`python -m hpobench status {place.given}` shows what failed")
    return ended


def _within(options: RunOptions) -> Within | None:
    """The limit of wall time, which begins now; ``None`` if there is none."""
    if options.within is None:
        return None
    from hpobench.verbs.within import Within

    return Within(options)


def prepare(suite: Suite, display: Display) -> None:
    """Build the environments of isolated searchers."""
    from hpobench.plugins.isolation import environments

    environments.prepare(suite.scripts(), display.warn)


@dataclass(frozen=True)
class _Runner:
    """Runs what is missing of plans."""

    options: RunOptions
    shard: Shard | None
    start: Callable[[], Template]
    display: Display
    within: Within | None

    def at(self, place: Place, trackers: Sequence[Progress] = ()) -> RunCells:
        """The same with results in ``place``."""
        from hpobench.running.experiment import run_plan
        from hpobench.running.tracking import Together

        options = self.options

        def run_cells(suite: Suite, plan: Plan) -> Summary:
            with self.display.watching() as observers:
                return run_plan(
                    suite,
                    plan,
                    place.folder,
                    Together([*observers, *trackers]),
                    publish=place.publish,
                    start=self.start,
                    address=options.address,
                    cpus=options.cpus,
                    shard=self.shard,
                    timeout=options.timeout,
                    retry_failed=options.retry_failed,
                    until=self.within.until if self.within else math.inf,
                    warn=self.display.warn,
                )

        return run_cells

    def measure(self, suite: Suite, plan: Plan) -> Mapping[str, float]:
        """The seconds of a full trial of each problem, by cells of ``plan`` that are not kept."""
        from hpobench.running.timing import trial_seconds
        from hpobench.store.place import Place

        self.display.note("measuring what a trial of each problem takes")
        with tempfile.TemporaryDirectory() as folder:
            self.at(Place(Path(folder)))(suite, plan)
            return trial_seconds(plan, Path(folder))


def with_rule(suite: Suite, options: RunOptions) -> tuple[Suite, Rule | None]:
    """The suite with all seeds that may come to run, and the rule that ends the run.

    The rule is ``None`` without ``until_decided``, and where time decides on the looks. Raises
    :class:`UsageError` for more seeds than the cap and :class:`TooFewError` for a cap under which
    nothing could be decided.
    """
    if not options.until_decided or options.within is not None:
        return suite, None
    from hpobench.analysis.inference.sequential import Rule, looks
    from hpobench.running.deciding import grown

    cap = MAX_SEEDS if options.max_seeds is None else options.max_seeds
    return grown(suite, cap), Rule(looks(len(suite.seeds), cap), options.decides_by)


def _run(
    suite: Suite, rule: Rule | None, folder: Path, run_cells: RunCells, display: Display
) -> Summary:
    """Run all cells, or those that it takes to decide by ``rule``."""
    from hpobench.suites.grid import build_plan

    plan = build_plan(suite)
    if rule is None:
        return noted(run_cells(suite, plan), display)
    from hpobench.running.deciding import until_decided

    return _run_looks(until_decided(suite, plan, rule, folder, run_cells), rule, display)


def _run_within(
    within: Within,
    suite: Suite,
    folder: Path,
    runner: _Runner,
    run_cells: RunCells,
    display: Display,
) -> Summary:
    """Run what fits into the time: the first seed, by which seeds are counted, and then looks."""
    from hpobench.running.deciding import until_decided
    from hpobench.verbs.within import LEAST, fitted

    found = fitted(suite, within, folder).measured(runner.measure).shortened()
    for line in found.lines():
        display.note(line)
    if not found.has_all(1):
        summary = noted(run_cells(*found.part(1)), display)
        if summary.late:
            return summary
    fitting = found.timing.fitting(found.left)
    rule = found.rule(fitting)
    if rule is None:
        seeds = max(fitting, LEAST)
        display.note(f"going on to {seeds} seeds, by what the first took; too few to decide")
        return noted(run_cells(*found.part(seeds)), display)
    looks = until_decided(found.suite, found.plan, rule, folder, run_cells, found.has_time)
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
    """``summary``, which is told."""
    if summary.lost:
        display.warn(f"{summary.lost} stored cells were missing or damaged and ran again")
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.counts.items()))
    display.note(f"ran {summary.ran} cells in {duration(summary.seconds)}; in all {counts}")
    if summary.late:
        display.note("the time is over; the same command goes on, with as much time again")
    return summary
