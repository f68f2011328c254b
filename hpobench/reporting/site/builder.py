"""The whole site, and its pages about all algorithms: who leads, advice, two side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpobench.analysis.charting.scripted_charts import expected
from hpobench.analysis.text.csv_files import Names, slug
from hpobench.reporting.site import cards, problem_cards, render
from hpobench.reporting.site.folder import check_folder, write_site
from hpobench.reporting.site.ranking import main_view
from hpobench.reporting.site.site_source import SiteSource, evidence, stored


@dataclass(frozen=True)
class BuiltSite:
    """What was written."""

    page: Path
    """The one to open first."""
    files: int
    size: int
    """Bytes."""


def build_site(out: Path, archive: Path, folders: Sequence[Path] = ()) -> BuiltSite:
    """Write the pages about the archive of evidence, and about the results in ``folders``.

    The same input gives the same bytes. Raises :class:`UsageError` for an input that cannot be
    read, and for an ``out`` that is neither empty nor an earlier site; nothing is written then.
    """
    check_folder(out)  # before the minute or two that the rankings take
    names = Names()
    sources = [evidence(archive)]
    for folder in folders:
        place = names.free(slug(folder.resolve().name).lower())
        sources.append(stored(folder, f"suites/{place}/"))
    files = dict(render.assets())
    for source in sources:
        files.update(_leaderboard(source, sources))
        if not source.folder:  # `hpobench recommend` knows the archive, and not single suites
            files.update([render.page(source, "advice.html", "advice.html.j2", "Advice")])
        files.update(_side_by_side(source))
        files.update(cards.pages(source))
        files.update(problem_cards.pages(source))
    write_site(out, files)
    return BuiltSite(out / "index.html", len(files), sum(map(len, files.values())))


def _leaderboard(source: SiteSource, sources: Sequence[SiteSource]) -> Iterator[tuple[str, bytes]]:
    """Who leads, at any budget, on all problems or one family's, with links to ``sources``."""
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
            "searchers": len(places["searcher"]),
            "schedulers": len(places["scheduler"]),
            "problems": len(places["problem"]),
            "families": len(places["family"]),
        },
    )
    ranking = {
        "budgets": means.budgets,
        "opening": opening,
        "chart": expected(),
        "algorithms": [
            {
                **algorithm._asdict(),
                "page": places["searcher"][algorithm.searcher],
                "key": source.key(algorithm),
            }
            for algorithm in means.algorithms
        ],
        "families": list(places["family"].items()),
        "views": views,
    }
    yield render.data(source, "ranking", ranking)
    for family, place in places["family"].items():
        yield render.data(source, f"family-{place}", source.rankings.of_family(family))


def _side_by_side(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    yield render.page(source, "compare.html", "compare.html.j2", "Side by side")
    means, places = source.means, source.places["problem"]
    for n, workers in enumerate(means.workers):
        own = means.regret[n]
        known = np.isfinite(own)
        problems = np.flatnonzero(known.any(axis=(1, 2)))
        algorithms = np.flatnonzero(known.any(axis=(0, 2)))
        content = {
            "algorithms": algorithms.tolist(),
            "problems": [places[means.problems[p]] for p in problems],
            # Problem by problem, algorithm by algorithm, budget by budget.
            "regret": render.whole(own[np.ix_(problems, algorithms)]),
        }
        yield render.data(source, f"means-{workers}", content)
