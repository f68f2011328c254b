"""Two algorithms side by side, problem by problem."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpobench.reporting.site import render
from hpobench.reporting.site.source import SiteSource


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    yield render.page(source, "compare.html", "compare.html.j2", "Side by side")
    means, places = source.means, source.places
    for n, workers in enumerate(means.workers):
        own = means.regret[n]
        known = np.isfinite(own)
        problems = np.flatnonzero(known.any(axis=(1, 2)))
        algorithms = np.flatnonzero(known.any(axis=(0, 2)))
        yield render.data(
            source,
            f"means-{workers}",
            {
                "algorithms": algorithms.tolist(),
                "problems": [places.problems[means.problems[p]] for p in problems],
                # Problem by problem, algorithm by algorithm, budget by budget.
                "regret": render.whole(own[np.ix_(problems, algorithms)]),
            },
        )
