"""The first page: who leads, at any budget, on all problems or those of one family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hpobench.site import render
from hpobench.site.ranking import main_view
from hpobench.site.source import Source


def pages(source: Source, suites: Sequence[Source]) -> Iterator[tuple[str, bytes]]:
    """``suites``: further sources of the site, which the page leads to."""
    means, places = source.means, source.places
    views = source.rankings.overall()
    workers = means.workers[means.main_workers]
    first = main_view(views, workers)["settings"][-1]["answer"] if views else ""
    yield render.page(
        source,
        "index.html",
        "leaderboard.html.j2",
        "Leaderboard",
        answer=first,
        suites=suites,
        facts={
            "runs": len(source.archive.runs),
            "searchers": len(places.searchers),
            "schedulers": len(places.schedulers),
            "problems": len(places.problems),
            "families": len(places.families),
        },
    )
    yield render.data(
        source,
        "ranking",
        {
            "budgets": means.budgets,
            "workers": workers,
            "pairs": [
                {
                    "searcher": pair.searcher,
                    "scheduler": pair.scheduler,
                    "page": places.searchers[pair.searcher],
                    "key": places.key(pair),
                }
                for pair in means.pairs
            ],
            "families": [[family, place] for family, place in places.families.items()],
            "views": views,
        },
    )
    for family, place in places.families.items():
        yield render.data(source, f"family-{place}", source.rankings.of_family(family))
