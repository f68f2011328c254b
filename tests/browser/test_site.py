"""The site in a real browser, opened from the disk."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hpobench.__main__ import _code
from hpobench.evidence.advice import advise
from hpobench.evidence.advice_text import answer
from hpobench.evidence.archive import Archive, read_archive
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question
from hpobench.reporting.site.builder import build_site
from tests.support.evidence_factory import PROBLEMS, facts, make_archive
from tests.support.night import night

ODD = "<b>odd</b>"
PAGES = (
    "index.html",
    "advice.html",
    "compare.html",
    "searchers.html",
    "searchers/random.html",
    "schedulers.html",
    "schedulers/asha.html",
    "problems.html",
    "problems/branin.html#cells=random.fifo&workers=4",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    made = make_archive(
        ("random", "sobol", "optuna-tpe", ODD),
        {**PROBLEMS, ODD: facts(ODD)},
        failed=[("random", "branin", 1)],
    )
    made.write(folder / "evidence.parquet")
    return build_site(folder / "site", folder / "evidence.parquet").page.parent


@pytest.fixture(scope="module")
def archive(site: Path) -> Archive:
    return read_archive(site.parent / "evidence.parquet")


Show = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Path) -> Iterator[Show]:
    """Opens a page of the site. In the end nothing outside the site was asked for, and no script
    complained."""
    contexts, asked, faults = [], [], []

    def opened(path: str, **options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{site.as_uri()}/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    assert all(url.startswith((site.as_uri(), "data:")) for url in asked)


def ranked(page: Page) -> list[str]:
    """The algorithms in the order in which the page shows them."""
    return page.locator("#ranking tbody th").all_inner_texts()


def texts(page: Page, column: int) -> list[str]:
    return page.locator(f"#ranking tbody tr > :nth-child({column})").all_inner_texts()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "light"),
        pytest.param(1400, "dark", marks=night),
        pytest.param(390, "dark", marks=night),
        pytest.param(1400, "light", marks=night),
    ],
)
def test_accessibility(visit: Show, scheme: str, width: int) -> None:
    """axe-core finds nothing on any kind of page, and nothing but tables scrolls sideways."""
    for path in PAGES:
        page = visit(path, color_scheme=scheme, viewport={"width": width, "height": 800})
        page.wait_for_selector("tbody tr")
        # axe would fetch the style sheet anew, which neither the page nor a disk allows.
        found = Axe().run(page, options={"preload": False})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_slider_ranks_again(visit: Show, archive: Archive) -> None:
    page = visit("index.html")
    for key, budget in (("End", 100.0), ("Home", 1.0)):
        page.locator("#budget").press(key)
        advice = advise(archive, Question(Features(1, 0, 0, 0, False, 1), budget, 4))
        assert ranked(page) == [str(one.algorithm) for one in advice.ranked]
        assert texts(page, 3) == [f"{one.regret:.3f}" for one in advice.ranked]
        assert (
            page.locator("#answer")
            .inner_text()
            .startswith(f"{advice.ranked[0].algorithm} leads at {budget:g} full evaluations")
        )
    assert page.locator("#budget-shown").inner_text() == "1 full evaluation"


def test_filters_rank_again_and_the_address_keeps_them(visit: Show) -> None:
    page = visit("index.html")
    page.locator("#steps").select_option("several")
    page.locator("#budget").press("Home")
    assert "random + asha" in ranked(page)
    page.locator("#workers").select_option("1")
    assert "random + asha" not in ranked(page)
    page.locator("#family").select_option(label="hartmann")
    page.wait_for_function("document.getElementById('caption').textContent.includes('1 family')")
    assert page.locator("#steps").input_value() == "one"
    again = visit(f"index.html#{page.url.partition('#')[2]}")
    again.wait_for_function("document.getElementById('caption').textContent.includes('1 family')")
    assert ranked(again) == ranked(page)
    assert again.locator("#answer").inner_text() == page.locator("#answer").inner_text()


def test_tables_sort_by_keyboard_and_stay_sorted(visit: Show) -> None:
    page = visit("index.html")
    page.get_by_role("button", name="Thinking").focus()
    page.keyboard.press("Enter")
    column = page.get_by_role("columnheader", name="Thinking")
    assert column.get_attribute("aria-sort") == "ascending"
    assert ranked(page)[0] == "random + fifo"
    page.keyboard.press("Space")
    assert column.get_attribute("aria-sort") == "descending"
    assert ranked(page)[-1] == "random + fifo"
    page.locator("#budget").press("Home")
    assert ranked(page)[-1] == "random + fifo"


def test_the_skip_link_comes_first(visit: Show) -> None:
    page = visit("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("steps", [1, 27])
@pytest.mark.parametrize("conditional", [False, True])
def test_the_form_answers_as_recommend_does(
    visit: Show,
    site: Path,
    archive: Archive,
    steps: int,
    conditional: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = visit("advice.html")
    asked = {"floats": 2, "ints": 1, "categories": 1, "logs": 2, "steps": steps, "workers": 3}
    for name, value in {**asked, "evaluations": 100}.items():
        page.locator(f"#{name}").fill(str(value))
    page.locator("#conditional").set_checked(conditional)
    page.locator("#noisy").check()
    features = Features(2, 1, 1, 2, conditional, steps)
    advice = advise(archive, Question(features, 100.0, 4, noisy=True))
    assert page.locator("#use").inner_text() == " ".join(answer(advice))
    assert ranked(page) == [str(one.algorithm) for one in advice.ranked[:10]]
    assert page.locator("#near a").all_inner_texts() == [one.problem for one in advice.near]
    command = shlex.split(page.locator("#command").inner_text())
    assert command[:4] == ["hpobench", "recommend", "--floats", "2"]
    assert ("--conditional" in command) == conditional
    assert _code([*command[1:], "--evidence", str(site.parent / "evidence.parquet")]) == 0
    assert str(advice.choice.algorithm) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("logs", "9", "9 of 6 numbers cannot be logarithmic."),
        ("categories", "9", "The space is larger than any of the evidence"),
        ("evaluations", "0", "Budget in full evaluations: "),
        ("floats", "-1", "Real parameters: "),
        ("workers", "", "Workers at a time: "),
    ],
)
def test_the_form_says_what_is_wrong(visit: Show, name: str, value: str, message: str) -> None:
    page = visit("advice.html")
    page.locator(f"#{name}").fill(value)
    assert page.locator("#use").inner_text().startswith(message)
    assert not page.locator("#ranking").is_visible()


def test_a_number_leads_to_its_runs(visit: Show) -> None:
    page = visit("index.html")
    page.locator("#ranking tbody tr", has_text="random + fifo").get_by_role("link").last.click()
    page.wait_for_selector("#differences tbody tr")
    assert "random + fifo leaves less regret" in page.locator("#answer").inner_text()
    row = page.locator("#differences tbody tr", has_text="branin")
    shown = row.locator("td:nth-child(3)").inner_text()
    row.locator("td:nth-child(3) a").click()
    page.wait_for_selector("#runs tbody tr")
    assert page.locator("#cells-title").inner_text() == "Runs of random + fifo"
    assert (
        page.locator("#command").inner_text() == "hpobench run evidence --only random/fifo/branin"
    )
    cells = page.locator("#runs tbody tr")
    assert cells.locator("td:nth-child(3)").all_inner_texts() == ["well", "failed"]
    regrets = [float(text) for text in cells.locator("td:nth-child(2)").all_inner_texts()]
    assert sum(regrets) / 2 == pytest.approx(float(shown), abs=1e-3)


def test_labels_are_text(visit: Show) -> None:
    page = visit("index.html")
    assert f"{ODD} + fifo" in ranked(page)
    page = visit("compare.html")
    assert ODD in page.locator("#differences tbody th").all_inner_texts()
    assert page.locator("b").count() == 0


def test_the_first_page_is_small_and_fast(visit: Show, site: Path) -> None:
    page = visit("index.html")
    page.wait_for_selector("#ranking tbody tr")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < 1500
