"""The page that asks for a problem and says which searcher and scheduler to use."""

from __future__ import annotations

from collections.abc import Iterator

from hpobench.evidence.archive import BUDGETS
from hpobench.reporting.site import render
from hpobench.reporting.site.source import SiteSource


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    yield render.page(
        source, "advice.html", "advice.html.j2", "Advice", last_budget=int(BUDGETS[-1])
    )
