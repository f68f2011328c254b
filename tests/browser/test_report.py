"""The report in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def curves(page: Any) -> int:
    return int(page.locator("#explorer .curve").count())


def values(page: Any) -> dict[str, float]:
    """What the legend says of each algorithm at the cursor."""
    rows = page.locator("#explorer .algorithms label:not([hidden])").all()
    texts = {row.locator("span").inner_text(): row.locator("output").inner_text() for row in rows}
    return {name: float(text.split()[0]) for name, text in texts.items() if text}


def choose(page: Any, which: int, label: str) -> None:
    before = page.locator("#explorer").get_attribute("data-drawn")
    page.locator("#explorer select").nth(which).select_option(label=label)
    page.wait_for_function(
        "before => document.getElementById('explorer').dataset.drawn !== before", arg=before
    )


def test_the_page_asks_for_nothing_and_has_no_faults(show: Any, report: Path) -> None:
    opened = show()
    assert opened.asked == [report.as_uri()]
    assert opened.faults == []


@pytest.mark.parametrize("axis", ["time", "evaluations", "resource", "time + thinking"])
def test_every_axis_is_drawn(show: Any, axis: str) -> None:
    page = show().page
    if page.locator("#explorer select").nth(1).input_value() != axis.replace(" ", ""):
        choose(page, 1, axis)
    choose(page, 0, "counting-ones")
    assert curves(page) == 8
    label = page.locator("#explorer text.label").first.text_content()
    assert ("time" if "time" in axis else "resource") in label.lower()


def test_it_reads_what_the_figure_shows(show: Any, report: Path) -> None:
    """The numbers at the end of the report's own axis are those of F1's CSV file."""
    page = show().page
    choose(page, 0, "counting-ones")
    table = pd.read_csv(report.parent / "figures" / "anytime_regret-counting-ones.csv")
    last = table.drop_duplicates("algorithm", keep="last").set_index("algorithm")["estimate"]
    shown = values(page)
    assert set(shown) == set(last.index)
    for name, value in shown.items():
        assert value == pytest.approx(last[name], rel=6e-3)


def test_pointing_reads_the_curves_there(show: Any) -> None:
    page = show().page
    before = values(page)
    svg = page.locator("#explorer .explorer > svg")
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    there = values(page)
    assert there != before
    assert min(there.values()) >= min(before.values())
    best = min(there, key=there.__getitem__)
    assert best in page.locator("#explorer .readout").inner_text()
    assert best in svg.get_attribute("aria-label")


def test_keys_move_the_cursor(show: Any) -> None:
    page = show().page
    page.locator("#explorer .explorer > svg").focus()
    told = page.locator("#explorer .readout")
    at_end = told.inner_text()
    page.keyboard.press("PageUp")
    assert told.inner_text() != at_end
    page.keyboard.press("PageDown")
    assert told.inner_text() == at_end


def test_algorithms_can_be_hidden(show: Any) -> None:
    page = show().page
    n = curves(page)
    first = page.locator("#explorer .algorithms label").first
    first.locator("input").uncheck()
    page.wait_for_function(
        "n => document.querySelectorAll('#explorer .curve').length === n", arg=n - 1
    )
    assert first.locator("output").inner_text() == ""
    page.get_by_role("button", name="none").click()
    page.wait_for_function("document.querySelectorAll('#explorer .curve').length === 0")
    assert "Nothing is shown" in page.locator("#explorer .readout").inner_text()
    page.get_by_role("button", name="all", exact=True).click()
    page.wait_for_function("n => document.querySelectorAll('#explorer .curve').length === n", arg=n)


def test_scales_and_intervals(show: Any) -> None:
    page = show().page

    def first_curve() -> str:
        return str(page.locator("#explorer .curve").first.get_attribute("d"))

    for name in ("log x", "log y"):
        before = first_curve()
        page.get_by_label(name).uncheck()
        page.wait_for_function(
            "d => document.querySelector('#explorer .curve').getAttribute('d') !== d", arg=before
        )
    bands = page.locator("#explorer path:not(.curve)")
    assert bands.count() == 0
    page.get_by_label("intervals").check()
    page.wait_for_function("document.querySelectorAll('#explorer path:not(.curve)').length > 0")
    assert bands.count() == curves(page)


def test_tables_sort(show: Any) -> None:
    page = show().page
    table = page.locator("section#standings table").first
    column = table.locator("tbody tr td:nth-child(2)")

    def numbers() -> list[float]:
        return [float(re.split(r"\s", text)[0]) for text in column.all_inner_texts()]

    table.get_by_role("button", name="Mean nr").click()
    assert numbers() == sorted(numbers())
    table.get_by_role("button", name="Mean nr").click()
    assert numbers() == sorted(numbers(), reverse=True)


def test_a_phone_shows_all_of_it(show: Any) -> None:
    """Nothing but tables and the plot's own list scrolls sideways."""
    page = show(**PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(
        "#explorer svg text", "all => all.map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 11
    page.locator("#explorer .explorer > svg").tap()
    assert page.locator("#explorer .readout").inner_text().startswith("At ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_accessibility(show: Any, scheme: str, device: dict[str, object]) -> None:
    """axe-core finds nothing: names, roles, alternative texts, order of headings, contrast."""
    page = show(color_scheme=scheme, **device).page
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_without_scripts_the_figures_are_there(browser: Browser, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    assert not page.locator("#explorer").is_visible()
    assert page.locator("figure img").count() > 5
    page.close()
