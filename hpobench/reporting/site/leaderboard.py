"""The first page: who leads, at any budget, on all problems or those of one family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hpobench.analysis.charting.scripted_charts import expected
from hpobench.reporting.site import render
from hpobench.reporting.site.ranking import main_view
from hpobench.reporting.site.source import SiteSource


def pages(source: SiteSource, sources: Sequence[SiteSource]) -> Iterator[tuple[str, bytes]]:
    """``sources``: all of the site, to which the page leads."""
    means, places = source.means, source.places
    views = source.rankings.overall()
    opening = main_view(views, means.workers[means.main_workers])
    last = views[opening]["settings"][-1]
    yield render.page(
        source,
        "index.html",
        "leaderboard.html.j2",
        "Leaderboard",
        answer=[last["lead"], *last["answer"][1:]],
        sources=sources,
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
            "opening": opening,
            "chart": expected(),
            "algorithms": [
                {
                    "searcher": algorithm.searcher,
                    "scheduler": algorithm.scheduler,
                    "page": places.searchers[algorithm.searcher],
                    "key": places.key(algorithm),
                }
                for algorithm in means.algorithms
            ],
            "families": [[family, place] for family, place in places.families.items()],
            "views": views,
        },
    )
    for family, place in places.families.items():
        yield render.data(source, f"family-{place}", source.rankings.of_family(family))
