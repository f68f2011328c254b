"""A real browser, and a page about made-up runs that it has opened."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hpobench.analysis.settings import Settings
from hpobench.reporting.html import write_report
from tests.support.results_factory import make_results

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = own if own.is_file() else next(filter(None, map(shutil.which, NAMES)), None)
        if found is None:
            pytest.skip(
                "needs Chromium: Debian's package chromium, or `playwright install chromium`"
            )
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = make_results(searchers=("random", "tpe", "gp", "<b>odd</b>"))
    settings = Settings(repetitions=100)
    return write_report(results, tmp_path_factory.mktemp("report"), settings=settings)


class Opened:
    """A page with what it asked of the network and complained of."""

    def __init__(self, page: Page, path: Path, part: str) -> None:
        self.page = page
        self.asked: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(f"{path.as_uri()}#{part}")
        if part == "tab-curves":
            page.wait_for_selector("#explorer[data-drawn]")

    def unfold(self) -> None:
        """Open everything that is folded, on every part, and wait until all charts are drawn."""
        self.page.evaluate(
            """() => {
              for (const part of document.querySelectorAll('[data-panel]')) part.hidden = false;
              for (const part of document.querySelectorAll('details.exhibit')) part.open = true;
            }"""
        )
        for chart in self.page.locator("[data-chart]:visible").all():
            chart.scroll_into_view_if_needed()
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('[data-chart]')].every(
                 (chart) => chart.dataset.drawn || !chart.offsetParent)"""
        )


@pytest.fixture
def show(browser: Browser, report: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a part of the report; takes what :meth:`playwright.sync_api.Browser.new_context`
    does."""
    contexts = []

    def opened(part: str = "tab-answer", page: Path = report, **options: Any) -> Opened:
        contexts.append(browser.new_context(**options))
        return Opened(contexts[-1].new_page(), page, part)

    yield opened
    for context in contexts:
        context.close()
