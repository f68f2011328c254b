"""Whether a searcher, a scheduler and a problem can run together here, and if not, why."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

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
        if (reason := self._refusals[key]) is not None:
            return reason
        # What searchers are given is the same for all, so it is looked up once for each problem.
        given = (repr(searcher.given), problem.label)
        if given not in self.given:
            budget = self._suite.budgets[problem.label]
            try:
                with self._asking(searcher, "start"):
                    self.given[given] = check_given(searcher, problem, built, budget)
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
        reason = None
        with self._asking(scheduler, "check() failed"):
            try:
                self._schedulers[scheduler.label].check(problem)
            except UsageError as error:
                reason = str(error)
        if reason is not None:
            yield reason

    def _missing(self, ref: PluginRef) -> str | None:
        """The reason why the plugin cannot run here, whatever it is combined with."""
        entry = self._suite.registry.find(ref.kind, ref.name)
        if RELEASE in ref.given:
            try:
                script = script_of(ref)
            except PluginError as error:  # without its file there is no release of it
                return entry.missing() or str(error)
            return None if script is None else Environment(script).missing()
        reason = entry.missing()
        if reason is not None or ref.kind == "searcher":
            return reason
        try:
            if ref.kind == "problem":
                return self._problem_missing(ref)
            with self._asking(ref, _BUILT):
                scheduler = build_scheduler(ref)
                check_scheduler(scheduler, ref.file)
        except NotAvailableError as error:
            return str(error)
        self._schedulers[ref.label] = scheduler
        return None

    def _problem_missing(self, ref: PluginRef) -> str | None:
        """Builds the problem and keeps its estimates and its fingerprint."""
        label, budget = ref.label, self._suite.budgets[ref.label]
        with self._asking(ref, _BUILT):
            problem = build_problem(ref)
            check_problem(problem, ref.file)
        self._problems[label] = problem
        with self._asking(ref, "its space has no repr()"):
            self._shapes[label] = f"{problem.space!r} {problem.fidelity!r}"
        with self._asking(ref, "estimate() failed"):
            for workers in self._suite.workers:
                self.estimates[label, workers] = Estimate.of(problem, budget, workers)
        with self._asking(ref, "fingerprint() failed"):
            data: object = problem.fingerprint()
            if not isinstance(data, str):
                what = f"fingerprint() gives {shown(data)}; it must be a text"
                raise PluginError(f"{ref.file}: {what}")
            self.fingerprints[label] = data
        if isinstance(problem, TrainedProblem) and self._suite.stage == "virtual":
            return "it trains for real, which needs 'stage: live'"
        limit, unit = budget.resource_limit(problem.fidelity), problem.fidelity.unit
        if limit >= unit:
            return None
        name = problem.fidelity.name
        return f"the budget of {limit:g} {name}s does not pay for one step of {unit:g}"

    def certain_excess(self, scheduler: PluginRef, problem: PluginRef) -> str | None:
        """What a cell is sure to have beyond what it can hold; ``None`` if it may fit."""
        in_full = not trait(load_class(scheduler.file, scheduler.cls), "needs_fidelity")
        fidelity = self._problems[problem.label].fidelity
        return certain_excess(self._suite.budgets[problem.label], fidelity, in_full=in_full)

    def _refusal(self, searcher: PluginRef, problem: Problem) -> str | None:
        """The reason why the searcher cannot be built for the problem.

        Raises :class:`SuiteError` if it cannot be built for the simplest space either.
        """
        cls: Any = load_class(searcher.file, searcher.cls)
        if is_ray(cls):
            return None
        if Searcher in cls.__mro__:
            with self._asking(searcher, "unsupported_reason() failed"):
                answer = cls.unsupported_reason(problem.space, problem.fidelity, searcher.options)
                reason = text_or_none(searcher.file, "unsupported_reason()", answer)
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
            with self._asking(searcher, _BUILT):
                make(_SIMPLE).close()
            cause = error.__cause__ if isinstance(error, PluginError) else None
            reason = str(error) if cause is None else described(cause)
            return f"the searcher does not take the problem: {reason}"
        return None

    @contextlib.contextmanager
    def _asking(self, ref: PluginRef, failed: str) -> Iterator[None]:
        """Raise errors of the block as faults of the suite at ``ref``."""
        try:
            with calling(ref.file, failed):
                yield
        except NotAvailableError:
            raise
        except HpobenchError as error:
            raise self._suite.fault(ref, str(error)) from error
