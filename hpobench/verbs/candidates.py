"""Which searchers run where a suite names none: those that the evidence knows to be good."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.contract.errors import UsageError
from hpobench.evidence.scores import Algorithm
from hpobench.suites.suite import Suite

if TYPE_CHECKING:
    from hpobench.evidence.advice import Expectation
    from hpobench.evidence.archive import Archive
    from hpobench.evidence.question import Question

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
        from hpobench.evidence.archive import read_archive, shipped
        from hpobench.evidence.question import Spending, of_suite
        from hpobench.evidence.recommendation import ready, suite_keys

        suite = suite_with({"searchers": [SEARCHER]})
        document, registry = suite.document, suite.registry
        if suite.only:
            raise document.error(
                ("only",), "picks among searchers that a suite names; name some, or leave it out"
            )
        archive = read_archive(shipped())
        here, schedulers = ready(archive, registry)
        limited = "schedulers" in document.value
        if limited:
            schedulers &= {ref.label for ref in suite.schedulers}
        found = [
            _advised(archive, here, schedulers, label, question)
            for label, question in of_suite(suite, Spending())
        ]
        self.thinking_s = {one.algorithm.searcher: one.thinking for some in found for one in some}
        best = [one.algorithm for one in _best(found)]
        baseline = Algorithm(SEARCHER, suite.schedulers[0].label if limited else SCHEDULER)
        self.why = _reason(archive, best, baseline)
        keys = suite_keys(archive, list(dict.fromkeys([*best, baseline])))
        if limited:
            del keys["schedulers"]
        return suite_with(keys)


def _advised(
    archive: Archive,
    searchers: Collection[str],
    schedulers: Collection[str],
    label: str,
    question: Question,
) -> tuple[Expectation, ...]:
    """What the evidence says of some searchers and schedulers for the problem called ``label``, the
    best first."""
    from hpobench.evidence.advice import advise

    try:
        return advise(archive, question, searchers, schedulers).ranked
    except UsageError as error:
        raise UsageError(f"{label}: {error}; name `searchers` in the suite") from None


def _best(found: Sequence[Sequence[Expectation]]) -> list[Expectation]:
    """The algorithms not told apart from the first, and always the second, which the first may have
    to be compared with: those on the most problems, then those of the least expected regret."""
    near = [
        [one for n, one in enumerate(ranked) if n < 2 or not one.told_apart] for ranked in found
    ]
    algorithms: dict[Algorithm, list[Expectation]] = {}
    for one in itertools.chain.from_iterable(near):
        algorithms.setdefault(one.algorithm, []).append(one)
    order = sorted(
        algorithms.values(), key=lambda some: (-len(some), fmean(one.regret for one in some))
    )
    return [some[0] for some in order[:MOST]]


def _reason(archive: Archive, best: Sequence[Algorithm], baseline: Algorithm) -> str:
    runs, problems = len(archive.runs), len(archive.problems)
    return (
        f"by {runs:,} runs on {problems} problems the best of those ready to run here: "
        f"{', '.join(map(str, best))}; and {baseline} as the baseline"
    )
