"""Running a suite: ``hpobench run`` and :func:`hpobench.run` both come here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.errors import UsageError
from hpobench.suites.shard import Shard
from hpobench.verbs.interruption import interruptible
from hpobench.verbs.tally import duration

if TYPE_CHECKING:
    from hpobench.analysis.inference.sequential import Rule
    from hpobench.running.experiment import Progress, Summary
    from hpobench.running.local.processes import Template
    from hpobench.store.place import Place
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Suite
    from hpobench.verbs.progress import Display

MAX_SEEDS, MARGIN = 100, 0.01
"""What ``until_decided`` takes by default."""


@dataclass(frozen=True)
class RunOptions:
    """How a suite is run; :func:`hpobench.run` says what each option means."""

    results: str | Path = Path("results")
    address: str | None = None
    cpus: int | None = None
    timeout: float = 3600.0
    retry_failed: bool = False
    mlflow: str | None = None
    until_decided: bool = False
    max_seeds: int | None = None
    margin: float | None = None
    shard: str | None = None
    report: bool = True

    def __post_init__(self) -> None:
        """Raises :class:`UsageError` for a number out of its range."""
        for name, fits, due in (
            ("cpus", self.cpus is None or self.cpus >= 1, "at least 1"),
            ("timeout", self.timeout > 0, "positive"),
            ("max_seeds", self.max_seeds is None or self.max_seeds >= 1, "at least 1"),
            ("margin", self.margin is None or 0 <= self.margin <= 1, "from 0 to 1"),
        ):
            if not fits:
                raise UsageError(f"{name} must be {due}, not {getattr(self, name)!r}")
        if self.shard is not None:
            Shard.of(self.shard)
            if self.until_decided:
                raise UsageError("--until-decided looks at all cells; run it without --shard")


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    summary: Summary
    page: Path | None
    """The page of the report, if one was asked for."""
    unlogged: bool
    """Whether cells are stored that should have been logged to MLflow and are not."""

    @property
    def complete(self) -> bool:
        """Whether every cell of the plan is done."""
        return self.summary.counts["done"] == self.summary.counts.total()


def execute(load: Callable[[], Suite], options: RunOptions, display: Display) -> Ended:
    """Run what is missing of the suite that ``load`` returns, and write its report.

    A ``KeyboardInterrupt`` passes through after everything finished is stored.
    """
    from hpobench.running.cluster import needs_ray
    from hpobench.running.local.start import Templates
    from hpobench.store.place import Place, inside

    with Templates(soon=not needs_ray("virtual", options.address)) as templates:
        suite, rule = with_rule(load(), options)
        shard = Shard.of(options.shard) if options.shard else None
        name = suite.name + (shard.suffix if shard else "")
        place = Place(inside(options.results, name))
        folder = place.fetch()
        # Where there are results, maybe nothing is left to run.
        if needs_ray(suite.stage, options.address) or (folder / "plan.json").exists():
            templates.discard()
        from hpobench.running.tracking import tracking

        plan = prepared(suite, display)
        kept = f"finished cells are in {place.given}, the same command goes on"
        with (
            interruptible(kept, display.warn),
            tracking(options.mlflow, suite.name, folder, display.warn) as trackers,
        ):
            run_cells = _runner(place, options, shard, templates.start, trackers, display)
            if rule is None:
                summary = run_cells(suite, plan)
                note(summary, display)
            else:
                summary = _run_looks(suite, plan, rule, folder, run_cells, display)
            # A part of the runs would look like a result.
            page = write_page(folder, display) if options.report and not shard else None
            place.publish()
    ended = Ended(summary, page, any(tracker.unlogged for tracker in trackers))
    if not ended.complete:
        display.warn(f"`python -m hpobench status {place.given}` shows what failed")
    return ended


def prepared(suite: Suite, display: Display) -> Plan:
    """The plan of ``suite``, whose isolated searchers have their environments then."""
    from hpobench.plugins.isolation.environments import prepare
    from hpobench.suites.grid import build_plan

    prepare(suite.scripts(), display.warn)
    return build_plan(suite)


def _runner(
    place: Place,
    options: RunOptions,
    shard: Shard | None,
    start: Callable[[], Template],
    trackers: Sequence[Progress],
    display: Display,
) -> Callable[[Suite, Plan], Summary]:
    """Runs what is missing of a plan in ``place``."""
    from hpobench.running.experiment import run_plan
    from hpobench.running.tracking import Together

    def run_cells(suite: Suite, plan: Plan) -> Summary:
        with display.watching() as observers:
            return run_plan(
                suite,
                plan,
                place.folder,
                Together([*observers, *trackers]),
                publish=place.publish,
                start=start,
                address=options.address,
                cpus=options.cpus,
                shard=shard,
                timeout=options.timeout,
                retry_failed=options.retry_failed,
                warn=display.warn,
            )

    return run_cells


def write_page(folder: Path, display: Display) -> Path:
    """Write the report of the results in ``folder``; returns its page."""
    from hpobench.reporting.watching import report_of

    page, _ = report_of(folder)
    display.note(f"report: {page}")
    return page


def with_rule(suite: Suite, options: RunOptions) -> tuple[Suite, Rule | None]:
    """The suite with all seeds that may come to run, and the rule that ends the run.

    The rule is ``None`` without ``until_decided``. Raises :class:`UsageError` for options that do
    not go together and :class:`TooFewError` for a cap under which nothing could be decided.
    """
    if not options.until_decided:
        if options.max_seeds is not None or options.margin is not None:
            raise UsageError("--max-seeds and --margin are for --until-decided")
        return suite, None
    if options.retry_failed:
        raise UsageError(
            "--retry-failed would change looks after they were taken; run the suite with it alone "
            "(and --seeds as far as they are stored), then with --until-decided again"
        )
    from hpobench.analysis.inference.sequential import Rule, looks
    from hpobench.running.deciding import grown

    cap = MAX_SEEDS if options.max_seeds is None else options.max_seeds
    margin = MARGIN if options.margin is None else options.margin
    return grown(suite, cap), Rule(looks(len(suite.seeds), cap), margin)


def _run_looks(
    suite: Suite,
    plan: Plan,
    rule: Rule,
    folder: Path,
    run: Callable[[Suite, Plan], Summary],
    display: Display,
) -> Summary:
    """Run until decided and say what each look found; returns the summary of the last."""
    from hpobench.analysis.inference.sequential import sentence
    from hpobench.running.deciding import until_decided

    for number, (summary, decision) in enumerate(
        until_decided(suite, plan, rule, folder, run), start=1
    ):
        note(summary, display)
        display.note(f"look {number} of at most {len(rule.looks)}: {sentence(decision, rule)}")
    return summary


def note(summary: Summary, display: Display) -> None:
    """Say on ``display`` how a run ended."""
    if summary.lost:
        display.warn(f"{summary.lost} stored cells were missing or damaged and ran again")
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.counts.items()))
    display.note(f"ran {summary.ran} cells in {duration(summary.seconds)}; in all {counts}")
