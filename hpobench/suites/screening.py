"""Whether a searcher, a scheduler and a problem can run together here, and if not, why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Kind, PluginRef
from hpobench.contract.errors import HpobenchError, NotAvailableError, PluginError, UsageError
from hpobench.contract.parameters import Float
from hpobench.contract.problem import Problem
from hpobench.contract.space import Space
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.building import build_problem, build_scheduler, construct_searcher
from hpobench.plugins.compatibility import compatibility, space_objection, trait
from hpobench.plugins.foreign import calling, described, shown, text_or_none
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.releases import RELEASE, script_of
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import is_ray
from hpobench.plugins.shape import check_problem, check_scheduler
from hpobench.plugins.starting.prepare import check_given, given_objections
from hpobench.suites.estimate import Estimate, certain_excess
from hpobench.suites.suite import Suite

T = TypeVar("T")

_SIMPLE = Space([Float("x", 0.0, 1.0)])
"""A searcher that refuses a problem is built on this space too: if that fails as well, its options
are at fault and not the problem's space."""
_BUILT = "cannot be built with these options"


class Screening:
    """The plugins of a suite; each is built once and asked once whether it can run here.

    Raises :class:`SuiteError` for a plugin that refuses its options or fails when it is asked.
    """

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._reasons: dict[tuple[Kind, str], str | None] = {}
        self._problems: dict[str, Problem] = {}
        self._schedulers: dict[str, Scheduler] = {}
        self._shapes: dict[str, str] = {}
        """Space and fidelity of a problem, by its label."""
        self._refusals: dict[tuple[str, str], str | None] = {}
        """By the label of a searcher and the shape of a problem."""
        self.estimates: dict[tuple[str, int], Estimate] = {}
        self.fingerprints: dict[str, str] = {}
        self.given: dict[tuple[str, str], str] = {}
        """Hashes of what searchers are given, by its ``repr`` and the label of the problem."""
        for ref in (*suite.searchers, *suite.schedulers, *suite.problems):
            self._reasons[ref.kind, ref.label] = self._missing(ref)

    def why_not(self, searcher: PluginRef, scheduler: PluginRef, problem: PluginRef) -> str | None:
        """The reason why the combination is skipped, or ``None`` if it runs."""
        for ref in (searcher, scheduler, problem):
            if (reason := self._reasons[ref.kind, ref.label]) is not None:
                return f"{ref.kind} {ref.name}: {reason}"
        built = self._problems[problem.label]
        for reason in self._mismatches(searcher, scheduler, built):
            return reason
        key = (searcher.label, self._shapes[problem.label])
        if key not in self._refusals:
            self._refusals[key] = self._refusal(searcher, built)
        return self._refusals[key] or self._ungiven(searcher, problem)

    def _ungiven(self, searcher: PluginRef, problem: PluginRef) -> str | None:
        """The reason why the searcher cannot be given on this problem what the suite gives it.

        What it is given is the same for all searchers, so it is looked up once for each problem.
        """
        key = (repr(searcher.given), problem.label)
        if key not in self.given:
            built, budget = self._problems[problem.label], self._suite.budgets[problem.label]
            try:
                self.given[key] = self._asked(
                    searcher, "start", lambda: check_given(searcher, problem, built, budget)
                )
            except NotAvailableError as error:
                return str(error)
        return None

    def _mismatches(
        self, searcher: PluginRef, scheduler: PluginRef, problem: Problem
    ) -> Iterator[str]:
        search, schedule = (load_class(ref.file, ref.cls) for ref in (searcher, scheduler))
        if (objection := space_objection(search, problem.space)) is not None:
            yield objection
        yield from given_objections(search, searcher.given)
        if trait(schedule, "needs_fidelity") and problem.fidelity.steps == 1:
            yield "the scheduler decides between steps, and the problem has only one"
        judged = compatibility(search, schedule)
        if judged.level == "refused":
            yield judged.text
        yield from self._asked(
            scheduler, "check() failed", lambda: self._objections(scheduler, problem)
        )

    def _objections(self, scheduler: PluginRef, problem: Problem) -> tuple[str, ...]:
        try:
            self._schedulers[scheduler.label].check(problem)
        except UsageError as error:
            return (str(error),)
        return ()

    def _missing(self, ref: PluginRef) -> str | None:
        """The reason why the plugin cannot run here, whatever it is combined with."""
        if RELEASE in ref.given:
            return self._release_missing(ref)
        reason = self._suite.registry.find(ref.kind, ref.name).missing()
        if reason is not None or ref.kind == "searcher":
            return reason
        try:
            if ref.kind == "scheduler":
                scheduler = self._asked(ref, _BUILT, lambda: build_scheduler(ref))
                self._asked(ref, _BUILT, lambda: check_scheduler(scheduler, ref.file))
                self._schedulers[ref.label] = scheduler
                return None
            return self._problem_missing(ref)
        except NotAvailableError as error:
            return str(error)

    def _release_missing(self, ref: PluginRef) -> str | None:
        try:
            script = script_of(ref)
        except PluginError as error:  # without its file there is no release of it
            return self._suite.registry.find(ref.kind, ref.name).missing() or str(error)
        return None if script is None else Environment(script).missing()

    def _problem_missing(self, ref: PluginRef) -> str | None:
        """Builds the problem and keeps its estimates and its fingerprint."""
        problem = self._asked(ref, _BUILT, lambda: build_problem(ref))
        self._asked(ref, _BUILT, lambda: check_problem(problem, ref.file))
        self._problems[ref.label] = problem
        self._shapes[ref.label] = self._asked(
            ref, "its space has no repr()", lambda: f"{problem.space!r} {problem.fidelity!r}"
        )
        estimates = self._asked(
            ref, "estimate() failed", lambda: self._estimates(ref.label, problem)
        )
        self.estimates.update(estimates)
        self.fingerprints[ref.label] = self._asked(
            ref, "fingerprint() failed", lambda: _fingerprint(ref, problem)
        )
        return self._out_of_reach(ref, problem)

    def _estimates(self, label: str, problem: Problem) -> dict[tuple[str, int], Estimate]:
        budget = self._suite.budgets[label]
        return {(label, n): Estimate.of(problem, budget, n) for n in self._suite.workers}

    def certain_excess(self, scheduler: PluginRef, problem: PluginRef) -> str | None:
        """What a cell is sure to have beyond what it can hold; ``None`` if it may fit."""
        in_full = not trait(load_class(scheduler.file, scheduler.cls), "needs_fidelity")
        fidelity = self._problems[problem.label].fidelity
        return certain_excess(self._suite.budgets[problem.label], fidelity, in_full=in_full)

    def _out_of_reach(self, ref: PluginRef, problem: Problem) -> str | None:
        """The reason why the suite's stage or budget rules the problem out."""
        if isinstance(problem, TrainedProblem) and self._suite.stage == "virtual":
            return "it trains for real, which needs 'stage: live'"
        limit = self._suite.budgets[ref.label].resource_limit(problem.fidelity)
        if limit < problem.fidelity.unit:
            return (
                f"the budget of {limit:g} {problem.fidelity.name}s does not pay for one step "
                f"of {problem.fidelity.unit:g}"
            )
        return None

    def _refusal(self, searcher: PluginRef, problem: Problem) -> str | None:
        """The reason why the searcher cannot be built for the problem.

        Raises :class:`SuiteError` if it cannot be built for the simplest space either.
        """
        cls: Any = load_class(searcher.file, searcher.cls)
        if is_ray(cls):
            return None
        if Searcher in cls.__mro__:
            reason = self._asked(
                searcher,
                "unsupported_reason() failed",
                lambda: text_or_none(
                    searcher.file,
                    "unsupported_reason()",
                    cls.unsupported_reason(problem.space, problem.fidelity, searcher.options),
                ),
            )
            if reason is not None:
                return f"searcher {searcher.name}: {reason}"
        if script_of(searcher) is not None:
            return None
        # Constructed, not begun: a plan does not start the programs that a suite names.
        make = functools.partial(construct_searcher, searcher, seed=0, fidelity=problem.fidelity)
        try:
            with calling(searcher.file, _BUILT):
                make(problem.space).close()
        except NotAvailableError as error:
            return f"searcher {searcher.name}: {error}"
        except HpobenchError as error:
            self._asked(searcher, _BUILT, lambda: make(_SIMPLE).close())
            cause = error.__cause__ if isinstance(error, PluginError) else None
            reason = str(error) if cause is None else described(cause)
            return f"the searcher does not take the problem: {reason}"
        return None

    def _asked(self, ref: PluginRef, failed: str, call: Callable[[], T]) -> T:
        """The result of ``call``; its errors are raised as faults of the suite at ``ref``."""
        try:
            with calling(ref.file, failed):
                return call()
        except NotAvailableError:
            raise
        except HpobenchError as error:
            raise self._suite.fault(ref, str(error)) from error


def _fingerprint(ref: PluginRef, problem: Problem) -> str:
    data: object = problem.fingerprint()
    if not isinstance(data, str):
        raise PluginError(f"{ref.file}: fingerprint() gives {shown(data)}; it must be a text")
    return data
