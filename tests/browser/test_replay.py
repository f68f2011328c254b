"""The replay of a run and the best configurations, in a real browser."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hpobench.analysis import exhibits
from hpobench.analysis.settings import Settings
from hpobench.reporting import html
from tests.support.results_factory import make_population


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page without other exhibits."""
    none: dict[str, Any] = {"FIGURES": {}, "TABLES": {}, "FILES": ()}
    none |= dict.fromkeys(("STANDINGS", "SETTING", "ORIGINS", "FAILURES"), ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "exhibits", SimpleNamespace(**vars(exhibits) | none))
        settings = Settings(repetitions=20, points=10)
        folder = tmp_path_factory.mktemp("replay")
        return html.write_report(make_population(), folder, settings=settings)


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    yield from _opened(browser, path)


@pytest.fixture
def still(browser: Browser, path: Path) -> Iterator[Page]:
    """For a reader who asked for less motion."""
    yield from _opened(browser, path, reduced_motion="reduce")


def _opened(browser: Browser, path: Path, **options: Any) -> Iterator[Page]:
    context = browser.new_context(**options)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(f"{path.as_uri()}#replay")  # which unfolds it
    opened.wait_for_selector("#replay[data-drawn]")
    yield opened
    context.close()
    assert faults == []


def _said(page: Page) -> str:
    return page.locator("#replay .readout").inner_text()


def _dots(page: Page) -> int:
    return page.locator("#replay .mark-symbol.role-mark path").count()


def test_the_slider_shows_the_run_up_to_its_moment(page: Page) -> None:
    slider = page.locator("#replay input[type=range]")
    assert "8 trials" in _said(page)
    assert "8 completed" in _said(page)
    at_end = _dots(page)
    slider.fill("0")
    assert _said(page).startswith("0 s:")
    assert _said(page).endswith("no result yet")
    expect(page.locator("#replay .mark-symbol.role-mark path")).to_have_count(0)
    slider.fill("500")
    expect(page.locator("#replay .mark-symbol.role-mark path")).not_to_have_count(0)
    assert "running" in _said(page)
    assert "best 0." in _said(page)
    assert slider.get_attribute("aria-valuetext") in {_said(page).split(":")[0]}
    assert 0 < _dots(page) <= at_end


def test_clones_branch_from_the_state_of_another_trial(page: Page) -> None:
    box = page.locator("#replay select[name=run]")
    box.select_option(label="random + pbt, seed 0")
    name = box.input_value()
    page.wait_for_selector(f"#replay[data-drawn=replay-{name}]")
    # One rule is the incumbent's; all others are clones.
    rules = page.locator("#replay .mark-rule.role-mark line")
    expect(rules).not_to_have_count(1)
    clones = rules.count() - 1
    page.locator("#replay input[type=range]").fill("0")
    expect(rules).to_have_count(1)
    assert clones > 0


def test_it_plays_by_itself_and_pauses(page: Page) -> None:
    page.locator("#replay select[name=speed]").select_option("slow")
    before = _said(page)
    page.get_by_role("button", name="Play").click()
    readout = page.locator("#replay .readout")
    expect(readout).not_to_have_text(before)
    expect(readout).to_have_attribute("aria-live", "off")
    page.get_by_role("button", name="Pause").click()
    expect(readout).to_have_attribute("aria-live", "polite")
    stopped = _said(page)
    page.wait_for_timeout(200)
    assert _said(page) == stopped


def test_a_run_that_is_over_stops_playing(page: Page) -> None:
    page.locator("#replay select[name=speed]").select_option("fast")
    page.locator("#replay input[type=range]").fill("950")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert "8 completed" in _said(page)


def test_with_less_motion_asked_for_the_slider_alone_moves_it(still: Page) -> None:
    assert "8 completed" in _said(still)
    assert still.get_by_role("button", name="Play").count() == 0
    still.locator("#replay input[type=range]").fill("500")
    assert "running" in _said(still)


def test_other_colours_keep_the_moment(page: Page) -> None:
    page.locator("#replay input[type=range]").fill("500")
    said, dots = _said(page), _dots(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(300)
    assert (_said(page), _dots(page)) == (said, dots)
    page.locator("#replay input[type=range]").fill("0")
    expect(page.locator("#replay .mark-symbol.role-mark path")).to_have_count(0)


def test_the_copied_configuration_is_python(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Configuration", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert set(ast.literal_eval(text.removeprefix("config = "))) == {"lr"}


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_text("Configuration", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
