"""The searcher of a search that leaves it to the evidence."""

from __future__ import annotations

from hpobench.bridges.search_cv.candidate import CandidateProblem
from hpobench.bridges.search_cv.search import Algorithm, Named
from hpobench.evidence.advice import advise
from hpobench.evidence.archive import read_archive, shipped
from hpobench.evidence.asking import Means, of_space
from hpobench.evidence.entries import ready
from hpobench.evidence.recommendation import Recommendation
from hpobench.plugins.registry import Registry


def advised_searcher(problem: CandidateProblem, chosen: Algorithm, workers: int) -> Named:
    """The searcher that is best by the evidence for ``problem`` under the scheduler of ``chosen``,
    among those whose libraries are at hand. A scheduler without evidence does not count.

    Raises :class:`UsageError` for a space that is beyond the evidence.
    """
    archive = read_archive(shipped())
    scheduler = chosen.scheduler.label
    means = Means(float(chosen.trials), workers=workers, steps=problem.fidelity.steps)
    advice = advise(
        archive,
        of_space(problem.space, means),
        ready(archive, Registry())[0],
        {scheduler} if scheduler in archive.schedulers else None,
    )
    return Recommendation(advice, archive).searcher
