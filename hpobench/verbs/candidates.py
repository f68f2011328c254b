"""Which searchers run where a suite names none: those that the evidence knows to be good."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.contract.errors import UsageError
from hpobench.evidence.scores import Pair
from hpobench.suites.suite import Suite

if TYPE_CHECKING:
    from hpobench.evidence.advice import Ranked
    from hpobench.evidence.archive import Archive
    from hpobench.evidence.question import Question
    from hpobench.plugins.registry import Entry

MOST = 5
"""Pairs that are chosen, besides the baseline."""


class Candidates:
    """Chooses pairs of searcher and scheduler that the evidence does not tell apart from the best.

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
        from hpobench.evidence.archive import read_archive, shipped

        suite = suite_with({"searchers": [SEARCHER]})
        document, registry = suite.document, suite.registry
        if suite.only:
            raise document.error(
                ("only",), "picks among searchers that a suite names; name some, or leave it out"
            )
        archive = read_archive(shipped())
        here = {entry.name for entry in registry.entries("searcher") if _is_ready(entry)}
        named = "schedulers" in document.value
        schedulers = [ref.label for ref in suite.schedulers]
        if not named:
            schedulers = [SCHEDULER, *(entry.name for entry in registry.entries("scheduler"))]
        found = [
            _advised(archive, here, schedulers, label, question)
            for label, question in _questions(suite)
        ]
        self.thinking_s = {one.pair.searcher: one.thinking for some in found for one in some}
        best = [one.pair for one in _best(found)]
        baseline = Pair(SEARCHER, schedulers[0])
        self.why = _reason(archive, best, baseline)
        chosen = list(dict.fromkeys([*best, baseline]))
        keys: dict[str, Any] = {
            "searchers": list(dict.fromkeys(pair.searcher for pair in chosen)),
            "only": [f"{pair.searcher}/{pair.scheduler}/*" for pair in chosen],
        }
        if not named:
            keys["schedulers"] = list(dict.fromkeys(pair.scheduler for pair in chosen))
        return suite_with(keys)


def _is_ready(entry: Entry) -> bool:
    """Whether a searcher runs here as things are."""
    from hpobench.plugins.isolation.environments import Environment

    if entry.script is not None:
        return entry.unmet() is None and Environment(entry.script).built() is not None
    return entry.unmet() is None


def _questions(suite: Suite) -> list[tuple[str, Question]]:
    """What to ask about each problem, by its label."""
    from hpobench.evidence.features import features_of
    from hpobench.evidence.question import Question
    from hpobench.plugins.build import build_problem
    from hpobench.suites.estimate import Estimate

    found = []
    for ref in suite.problems:
        problem, workers = build_problem(ref), suite.workers[0]
        steps = problem.fidelity.steps
        results = Estimate.of(problem, suite.budgets[ref.label], workers).results
        features = features_of(problem.space, steps)
        found.append((ref.label, Question(features, max(1.0, results / steps), workers)))
    return found


def _advised(
    archive: Archive,
    here: Collection[str],
    schedulers: Collection[str],
    label: str,
    question: Question,
) -> list[Ranked]:
    """What the evidence says of the pairs of searchers that are ``here`` and of ``schedulers``, for
    the problem called ``label``, the best first."""
    from hpobench.evidence.advice import advise

    several = question.features.steps > 1
    alike = {n for n, facts in archive.problems.items() if (facts.features.steps > 1) == several}
    runs = zip(*(archive.runs[key].to_pylist() for key in ("problem", "searcher")), strict=True)
    if any(problem in alike and searcher in here for problem, searcher in runs):
        ranked = advise(archive, question, here).ranked
        if found := [one for one in ranked if one.pair.scheduler in schedulers]:
            return found
    raise UsageError(
        f"{label}: the evidence has no runs on such problems by searchers that are ready to run "
        "here; name `searchers` in the suite"
    )


def _best(found: Sequence[Sequence[Ranked]]) -> list[Ranked]:
    """The pairs not told apart from the first, and always the second, which the first may have to
    be compared with: those on the most problems, then those of the least expected regret."""
    near = [
        [one for n, one in enumerate(ranked) if n < 2 or not one.told_apart] for ranked in found
    ]
    pairs: dict[Pair, list[Ranked]] = {}
    for one in itertools.chain.from_iterable(near):
        pairs.setdefault(one.pair, []).append(one)
    order = sorted(pairs.values(), key=lambda some: (-len(some), fmean(one.regret for one in some)))
    return [some[0] for some in order[:MOST]]


def _reason(archive: Archive, best: Sequence[Pair], baseline: Pair) -> str:
    runs, problems = len(archive.runs), len(archive.problems)
    return (
        f"by {runs:,} runs on {problems} problems the best of those ready to run here: "
        f"{', '.join(map(str, best))}; and {baseline} as the baseline"
    )
