"""The plan of ``run --within 1h``: which seeds, and if need be which budgets, fit into the time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from hpobench.analysis.inference.sequential import Rule
from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.contract.cell import Budget
from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.wording import duration
from hpobench.evidence import archive as evidence
from hpobench.evidence.advice import Expectation, advise
from hpobench.evidence.question import Spending, of_suite
from hpobench.evidence.recommendation import ready, suite_keys
from hpobench.evidence.scores import Algorithm
from hpobench.plugins.building import build_problem
from hpobench.running.cluster.connect import cpus_here, needs_ray
from hpobench.running.plan.timing import Timing, one_round, shortened
from hpobench.running.plan.until_decided import grown, looks_within, rule_of
from hpobench.store.format.index import PLAN
from hpobench.store.read.reader import load_plan
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.run_options import MAX_SEEDS, RunOptions
from hpobench.suites.suite import Suite

LEAST = 2
"""Seeds that a plan makes room for: one tells nothing about chance."""
_REPORT_S, _REPORT_SHARE = 30.0, 0.2
"""The report gets this share of the time, and at most so many seconds. It may take longer."""
_SHARE = 0.95
"""Of the time two seeds under shortened budgets may take, because estimates are estimates."""
_START_S, _RAY_S = 2.0, 8.0
"""About what workers take to start and to end, without Ray and with it."""
MOST = 5
"""Algorithms that are chosen, besides the baseline."""


class Candidates:
    """Chooses algorithms that the evidence does not tell apart from the best.

    The schedulers that a suite names limit the choice. Searchers that lack a package or an
    environment here are left out, because nothing is installed. The baseline is always among them.
    """

    def __init__(self) -> None:
        self.why = ""
        """Which they are and why, in words; empty if the suite names them."""
        self.thinking_s: dict[str, float] = {}
        """Seconds for each trial, by the searcher."""

    def __call__(self, suite_with: Callable[[Mapping[str, Any]], Suite]) -> Suite:
        """The suite with the candidates; raises :class:`UsageError` if the evidence has none."""
        suite = suite_with({"searchers": [SEARCHER]})
        document, registry = suite.document, suite.registry
        if suite.only:
            raise document.error(
                ("only",), "picks among searchers that a suite names; name some, or leave it out"
            )
        archive = evidence.read_archive(evidence.shipped())
        here, schedulers = ready(archive, registry)
        limited = "schedulers" in document.value
        if limited:
            schedulers &= {ref.label for ref in suite.schedulers}
        # Those not told apart from the first of a problem, and always the second, which the first
        # may have to be compared with.
        near: dict[Algorithm, list[Expectation]] = {}
        for label, question in of_suite(suite, Spending()):
            try:
                ranked = advise(archive, question, here, schedulers).ranked
            except UsageError as error:
                raise UsageError(f"{label}: {error}; name `searchers` in the suite") from None
            self.thinking_s |= {one.algorithm.searcher: one.thinking for one in ranked}
            for place, one in enumerate(ranked):
                if place < 2 or not one.told_apart:
                    near.setdefault(one.algorithm, []).append(one)

        def order(algorithm: Algorithm) -> tuple[int, float]:
            some = near[algorithm]
            return -len(some), fmean(one.regret for one in some)

        best = sorted(near, key=order)[:MOST]
        baseline = Algorithm(SEARCHER, suite.schedulers[0].label if limited else SCHEDULER)
        self.why = (
            f"by {len(archive.runs):,} runs on {len(archive.problems)} problems the best of those "
            f"ready to run here: {', '.join(map(str, best))}; and {baseline} as the baseline"
        )
        keys = suite_keys(archive, list(dict.fromkeys([*best, baseline])))
        if limited:
            del keys["schedulers"]
        return suite_with(keys)


class Within:
    """A limit of wall time that begins now, and what chooses searchers for suites without any."""

    def __init__(self, options: RunOptions) -> None:
        report = min(_REPORT_S, _REPORT_SHARE * options.seconds) if options.report else 0.0
        self.options, self.candidates = options, Candidates()
        self.until = time.monotonic() + options.seconds - report
        """When cells must be over, by :func:`time.monotonic`."""


@dataclass(frozen=True)
class Fitted:
    """A suite as far as it fits into the time that is left; cells are stored in ``folder``.

    Budgets are shortened only where nothing of the suite is stored yet, and stay as they are from
    then on, because a cell under another budget is another cell.
    """

    within: Within
    folder: Path
    first: int
    """The number of seeds that the suite itself has."""
    suite: Suite
    """With every seed that may come to run."""
    plan: Plan
    trial_s: Mapping[str, float] = field(default_factory=dict)
    """Measured seconds of a full evaluation, by the label of its problem."""

    @property
    def timing(self) -> Timing:
        """By what is stored now."""
        thinking_s = self.within.candidates.thinking_s
        return Timing(self.plan, self.folder, self._cpus, self.trial_s, thinking_s)

    @property
    def left(self) -> float:
        """The seconds that cells may take."""
        ray = needs_ray(self.suite.stage, self.within.options.address)
        return self.within.until - time.monotonic() - (_RAY_S if ray else _START_S)

    @property
    def _cpus(self) -> int:
        return self.within.options.cpus or cpus_here()

    def part(self, seeds: int) -> tuple[Suite, Plan]:
        """The suite and the plan with the first ``seeds`` seeds alone."""
        some = self.suite.seeds[:seeds]
        cells = self.plan.cells.with_seeds(some)
        return self.suite.with_seeds(some), dataclasses.replace(self.plan, cells=cells)

    def has_all(self, seeds: int) -> bool:
        """Whether all cells of the first ``seeds`` seeds are stored."""
        return self.timing.stored.issuperset(self.part(seeds)[1].cells.ids())

    def has_time(self, seeds: int) -> bool:
        """Whether what is missing of so many seeds can be run."""
        return self.timing.first(seeds) <= self.left

    def rule(self, fitting: int) -> Rule | None:
        """When to look, if time allows about ``fitting`` seeds; ``None`` if that is too few.

        It is the rule of earlier runs if they looked at these results.
        """
        cap = len(self.suite.seeds)
        before = rule_of(self.folder, self.suite, self.plan)
        options = self.within.options
        if before is not None and options.max_seeds in (None, before.looks[-1]):
            looks = before.looks
        else:
            looks = looks_within(self.first, fitting, cap)
        return Rule(looks, options.decides_by) if looks else None

    def measured(self, measure: Callable[[Suite, Plan], Mapping[str, float]]) -> Fitted:
        """By what a trial takes, as ``measure`` finds it, if nothing is stored that tells. Only
        the live stage needs it, where a problem's own estimate may be far off."""
        if self.suite.stage != "live" or self.plan.whole or self.timing.stored:
            return self
        suite, plan = self.part(1)
        found = measure(suite, one_round(plan, SCHEDULER, self._cpus))
        return dataclasses.replace(self, trial_s=found)

    def shortened(self) -> Fitted:
        """With shorter budgets, if nothing is stored and there is no time for two seeds."""
        timing = self.timing
        needed = timing.first(LEAST)
        if self.plan.whole or timing.stored or needed <= self.left:
            return self
        share = _SHARE * max(self.left, 0.0) / needed
        budgets = {
            ref.label: shortened(self.suite.budgets[ref.label], share, build_problem(ref).fidelity)
            for ref in self.plan.problems
        }
        return self._under({**self.suite.budgets, **budgets})

    def _under(self, budgets: Mapping[str, Budget]) -> Fitted:
        """The same under ``budgets``, which it remembers to be shorter than the suite's."""
        if budgets == self.suite.budgets:
            return self
        suite = dataclasses.replace(self.suite, budgets=budgets)
        plan = dataclasses.replace(build_plan(suite), whole=self.suite.budgets)
        return dataclasses.replace(self, suite=suite, plan=plan)

    def remembered(self) -> Fitted:
        """Under the shorter budgets that an earlier run made of the same ones, if there was one."""
        if not (self.folder / PLAN).exists():
            return self
        stored = load_plan(self.folder)
        ours = {label: budget.to_json() for label, budget in self.suite.budgets.items()}
        if stored.get("whole_budgets") != ours:
            return self
        try:
            budgets = {row["as"]: Budget(**row["budget"]) for row in stored["suite"]["problems"]}
            return self._under({label: budgets[label] for label in ours})
        except (LookupError, TypeError, ValueError) as error:
            raise StoreError(f"{self.folder / PLAN}: its budgets are odd ({error})") from error

    def lines(self) -> Iterator[str]:
        """The plan in words."""
        combinations = self.plan.cells.combinations
        algorithms = dict.fromkeys(
            f"{c.searcher.label} + {c.scheduler.label}" for c in combinations
        )
        why = self.within.candidates.why or f"named by the suite: {', '.join(algorithms)}"
        yield f"candidates, {why}"
        yield f"budget of a run: {'; '.join(self._budgets())}"
        timing = self.timing
        fitting = timing.fitting(self.left)
        rough = "" if timing.stored else ", by a rough estimate that the first seed corrects"
        text = (
            f"seeds: about {fitting} fit into {duration(self.within.options.seconds)}, of "
            f"{len(combinations)} runs and {timing.seed_s:.2g} s each{rough}"
        )
        rule = self.rule(fitting)
        if rule is None:
            yield f"{text}; so few can decide nothing"
        else:
            looks = ", ".join(map(str, rule.looks))
            yield f"{text}; looks after {looks} seeds, and ends once decided or out of time"

    def _budgets(self) -> Iterator[str]:
        for ref in self.plan.problems:
            budget, whole = self.suite.budgets[ref.label], self.plan.whole.get(ref.label)
            text = f"{ref.label} {budget}"
            yield text if whole is None else f"{text}, shortened from {whole} to fit two seeds"


def fitted(suite: Suite, within: Within, folder: Path) -> Fitted:
    """``suite`` as earlier runs left it; raises :class:`UsageError` if it compares nothing.

    The plan is derived from the suite, the evidence, the time and what is stored in ``folder``,
    which remembers shortened budgets (``plan.json``) and looks (``decision.json``).
    """
    whole = grown(suite, within.options.max_seeds or max(MAX_SEEDS, len(suite.seeds)))
    plan = build_plan(whole)
    algorithms = {(c.searcher.label, c.scheduler.label) for c in plan.cells.combinations}
    if len(algorithms) < 2:
        names = " + ".join(next(iter(algorithms)))
        raise UsageError(f"--within compares algorithms, and only one can run: {names}")
    return Fitted(within, folder, len(suite.seeds), whole, plan).remembered()
