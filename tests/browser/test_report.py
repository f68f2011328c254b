"""The report in a real browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.night import night

PHONE = {"viewport": {"width": 390, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1400, "height": 900}}
PARTS = ("tab-answer", "tab-curves", "tab-problems", "tab-tests", "tab-setup")
RAW = re.compile(r"\$\\|mathdefault|\bNaN\b|\bundefined\b|\bnull\b|\[object|Infinity")
"""What code shows when it says something that it was not written for."""


def test_the_page_asks_for_nothing_and_has_no_faults(show: Any, report: Path) -> None:
    """With every chart drawn."""
    (opened := show("tab-curves")).unfold()
    assert set(opened.asked) == {f"{report.as_uri()}#tab-curves"} or opened.asked == [
        report.as_uri()
    ]
    assert opened.faults == []


# The first screen


def ranked(page: Any) -> list[tuple[str, float]]:
    return [
        (row.locator("th").inner_text(), float(row.locator(".regret").inner_text().split()[0]))
        for row in page.locator(".opening:visible tbody tr:visible").all()
    ]


def test_the_first_screen_has_the_answer(show: Any, report: Path) -> None:
    page = show(**DESK).page
    (answer,) = page.locator(".answer:visible").all()
    assert answer.inner_text().startswith(("Use ", "Nothing did", "gp"))
    assert answer.bounding_box()["y"] < 400
    table = pd.read_csv(report.parent / "tables" / "standings-2.csv")
    found = ranked(page)
    assert [name for name, _ in found] == table["algorithm"].tolist()
    assert [regret for _, regret in found] == pytest.approx(table["nr"].tolist(), rel=6e-3)


def test_places_on_the_axis_are_the_regrets(show: Any, report: Path) -> None:
    page = show(**DESK).page
    table = pd.read_csv(report.parent / "tables" / "standings-2.csv")
    end = float(page.locator(".opening:visible").get_attribute("data-end"))
    for row, (_, numbers) in zip(
        page.locator(".opening:visible tbody tr").all(), table.iterrows(), strict=True
    ):
        bar, dot, line = (row.locator(part).bounding_box() for part in (".bar", ".dot", ".line"))
        middle = dot["x"] + dot["width"] / 2
        assert (middle - bar["x"]) / bar["width"] == pytest.approx(numbers["nr"] / end, abs=0.02)
        low, high = (numbers[f"nr_{side}"] / end for side in ("low", "high"))
        assert (line["x"] - bar["x"]) / bar["width"] == pytest.approx(low, abs=0.02)
        assert line["width"] / bar["width"] == pytest.approx(high - low, abs=0.03)


def test_the_budget_ranks_anew(show: Any, report: Path) -> None:
    """Each place of the slider shows the curve's values there, the lowest first."""
    page = show(**DESK).page
    at_end = ranked(page)
    slider = page.locator(".opening:visible input[type=range]")
    slider.fill("40")
    page.wait_for_selector(".opening.early")
    early = ranked(page)
    assert early != at_end
    assert [regret for _, regret in early] == sorted(regret for _, regret in early)
    curves = pd.read_csv(report.parent / "tables" / "mean_regret-2.csv")
    times = sorted(curves["at"].unique())
    there = curves[curves["at"] == times[round(0.4 * (len(times) - 1))]]
    value = dict(zip(there["algorithm"], there["estimate"], strict=True))
    assert dict(early) == pytest.approx(value, rel=6e-3)
    slider.fill("100")
    page.wait_for_selector(".opening:visible:not(.early)")
    assert ranked(page) == at_end


def test_one_of_two_comparisons_is_shown_everywhere(show: Any) -> None:
    page = show(**DESK).page
    assert page.locator(".opening:visible").count() == 1
    assert "two fair comparisons" in page.locator(".why:visible").inner_text()
    (first, other) = page.locator("[name=comparison]").all()
    assert first.is_checked()
    names = {name for name, _ in ranked(page)}
    other.check()
    assert {name for name, _ in ranked(page)} < names
    page.evaluate("location.hash = 'tab-curves'")
    page.wait_for_selector("#explorer[data-drawn^='All 3 problems']")
    titles = page.locator("#tab-curves .exhibit:visible h3").all_inner_texts()
    assert titles
    assert all("all 3 problems" in title for title in titles)


def test_parts_and_links(show: Any) -> None:
    """A link opens the part and what is folded there; going back works."""
    page = show(**DESK).page
    for part in PARTS:
        page.locator(f"nav [data-tab={part}]").click()
        page.wait_for_selector(f"#{part}")  # browsers say a moment later that the address changed
        assert page.locator("[data-panel]:visible").get_attribute("id") == part
    page.evaluate("location.hash = 'cost'")
    page.wait_for_selector("#cost[open]")
    page.locator("#cost tbody th a").first.click()
    page.wait_for_selector("#runs[open]")
    assert page.locator(":target").is_visible()
    page.go_back()
    assert page.locator("#cost").is_visible()


def test_words_are_explained(show: Any) -> None:
    word = show(**DESK).page.locator("abbr:visible").first
    word.hover()
    shown = word.evaluate("word => getComputedStyle(word, '::after').content")
    assert word.get_attribute("data-meaning")[:30] in shown


# Curves to explore


def curves(page: Any) -> int:
    """How many of them are seen."""
    return int(page.locator("#explorer .plot .mark-line path[stroke-width='2']").count())


def values(page: Any) -> dict[str, float]:
    """What the list says of each algorithm at the cursor."""
    rows = page.locator("#explorer .algorithms label:not([hidden])").all()
    texts = {row.locator("span").inner_text(): row.locator("output").inner_text() for row in rows}
    return {name: float(text.split()[0]) for name, text in texts.items() if text}


def drawn_anew(page: Any, act: Any) -> None:
    before = page.locator("#explorer").get_attribute("data-drawn")
    act()
    page.wait_for_function(
        "before => document.getElementById('explorer').dataset.drawn !== before", arg=before
    )


def choose(page: Any, which: int, label: str) -> None:
    box = page.locator("#explorer select").nth(which)
    drawn_anew(page, lambda: box.select_option(label=label))


@pytest.mark.parametrize("axis", ["time", "evaluations", "resource", "time + thinking"])
def test_every_axis_is_drawn(show: Any, axis: str) -> None:
    page = show("tab-curves", **DESK).page
    if page.locator("#explorer select").nth(1).input_value() != axis.replace(" ", ""):
        choose(page, 1, axis)
    choose(page, 0, "counting-ones")
    assert curves(page) == 8
    title = page.locator("#explorer .plot .role-axis-title").first.text_content()
    assert ("time" if "time" in axis else "resource") in title.lower()
    assert "Resource as a share" not in title


def test_it_reads_what_the_table_has(show: Any, report: Path) -> None:
    """The numbers at the end of the report's own axis are those of the CSV file."""
    page = show("tab-curves", **DESK).page
    choose(page, 0, "counting-ones")
    table = pd.read_csv(report.parent / "tables" / "anytime_regret-counting-ones.csv")
    last = table.drop_duplicates("algorithm", keep="last").set_index("algorithm")["estimate"]
    shown = values(page)
    assert set(shown) == set(last.index)
    assert list(shown.values()) == sorted(shown.values())
    for name, value in shown.items():
        assert value == pytest.approx(last[name], rel=6e-3)


def test_pointing_reads_the_curves_there(show: Any) -> None:
    page = show("tab-curves", **DESK).page
    before = values(page)
    plot = page.locator("#explorer .plot")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_function(
        "() => !document.querySelector('#explorer .readout').textContent.startsWith('At 100 %')"
    )
    there = values(page)
    assert min(there.values()) >= min(before.values())
    best = min(there, key=there.__getitem__)
    assert best in page.locator("#explorer .readout").inner_text()
    assert best in plot.get_attribute("aria-label")


def test_keys_move_the_cursor(show: Any) -> None:
    page = show("tab-curves", **DESK).page
    page.locator("#explorer .plot").focus()
    told = page.locator("#explorer .readout")
    at_end = told.inner_text()
    page.keyboard.press("PageUp")
    assert told.inner_text() != at_end
    page.keyboard.press("PageDown")
    assert told.inner_text() == at_end


def test_algorithms_can_be_hidden(show: Any) -> None:
    page = show("tab-curves", **DESK).page
    n = curves(page)
    first = page.locator("#explorer .algorithms label").first
    name = first.locator("span").inner_text()
    drawn_anew(page, lambda: first.locator("input").uncheck())
    assert curves(page) == n - 1
    assert name not in values(page)
    drawn_anew(page, lambda: page.get_by_role("button", name="none").click())
    assert curves(page) == 0
    assert "Nothing is shown" in page.locator("#explorer .readout").inner_text()
    drawn_anew(page, lambda: page.get_by_role("button", name="all", exact=True).click())
    assert curves(page) == n


def test_scales(show: Any) -> None:
    page = show("tab-curves", **DESK).page

    def ticks() -> list[str]:
        return list(page.locator("#explorer .plot .role-axis-label text").all_text_contents())

    for name in ("log x", "log y"):
        before = ticks()
        drawn_anew(page, page.get_by_label(name).uncheck)
        assert ticks() != before


# Charts and tables


def test_charts_show_their_numbers_to_who_points_at_them(show: Any) -> None:
    (opened := show("tab-curves", **DESK)).unfold()
    page = opened.page
    chart = page.locator("#rank-2 .chart")
    chart.scroll_into_view_if_needed()
    x, y = chart.locator(".mark-line path[stroke-width='12']").first.evaluate(
        # Vega tells of a line only near one of its points, not along a jump between two.
        """(path) => {
          const points = path.__data__.mark.items;
          const { x, y } = points[Math.floor(points.length / 2)];
          const { a, d, e, f } = path.getScreenCTM();
          return [a * x + e, d * y + f];
        }"""
    )
    page.mouse.move(x, y, steps=3)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "Algorithm" in tip.inner_text()


def test_a_legend_picks(show: Any) -> None:
    (opened := show("tab-curves", **DESK)).unfold()
    page = opened.page
    chart = page.locator("#rank-2 .chart")
    faint = chart.locator(
        ".mark-line path[stroke-width='2'][stroke-opacity='0.12'], "
        ".mark-line path[stroke-width='2'][opacity='0.12']"
    )
    assert faint.count() == 0
    chart.locator(".role-legend-symbol path").first.click()
    page.wait_for_function(
        "() => document.querySelectorAll(\"#rank-2 .mark-line [opacity='0.12']\").length > 0"
    )


def test_tables_are_saved_as_the_file_beside_it(show: Any, report: Path, tmp_path: Path) -> None:
    page = show("tab-setup", **DESK).page
    page.locator("#cost summary").first.click()
    with page.expect_download() as saved:
        page.locator("#cost [data-save]").click()
    saved.value.save_as(tmp_path / "cost.csv")
    assert saved.value.suggested_filename == "cost.csv"
    ours, theirs = (
        list(csv.reader(path.read_text().splitlines()))
        for path in (tmp_path / "cost.csv", report.parent / "tables" / "cost.csv")
    )
    assert ours[0] == theirs[0]
    shown, table = (pd.read_csv(x / "cost.csv") for x in (tmp_path, report.parent / "tables"))
    pd.testing.assert_frame_equal(shown, table, rtol=1e-5, check_dtype=False)


def test_tables_sort(show: Any) -> None:
    page = show("tab-tests", **DESK).page
    page.evaluate("location.hash = 'standings-2'")
    table = page.locator("#standings-2 table")
    column = table.locator("tbody tr td:nth-child(2)")

    def numbers() -> list[float]:
        return [float(re.split(r"\s", text)[0]) for text in column.all_inner_texts()]

    table.get_by_role("button", name="Mean nr").click()
    assert numbers() == sorted(numbers())
    table.get_by_role("button", name="Mean nr").click()
    assert numbers() == sorted(numbers(), reverse=True)


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_broken_at_any_width(show: Any, device: dict[str, Any]) -> None:
    """No part is wider than the screen, no head of a table is set letter by letter, and no text
    is too small or is code's own."""
    (opened := show("tab-curves", **device)).unfold()
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
    assert max(page.eval_on_selector_all("thead", "all => all.map(t => t.offsetHeight)")) <= 120
    texts = page.eval_on_selector_all(
        ".chart svg text, .plot svg text",
        "all => all.map(t => [parseFloat(getComputedStyle(t).fontSize), t.textContent])",
    )
    assert len(texts) > 100
    assert {text for size, text in texts if size < 10} == set()
    said = page.locator("main").inner_text().replace("loss is NaN", "")  # an error of a run
    assert RAW.findall(said) == []
    assert [text for _, text in texts if RAW.search(text)] == []


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_charts_are_whole(show: Any, device: dict[str, Any]) -> None:
    """Every letter of a chart lies inside of it, and a chart wider than its place can be
    scrolled."""
    (opened := show("tab-curves", **device)).unfold()
    cut = opened.page.evaluate(
        """() => [...document.querySelectorAll('.chart svg')].flatMap((svg) => {
          const box = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('text')].filter((text) => {
            const own = text.getBoundingClientRect();
            return own.width && (own.left < box.left - 2 || own.right > box.right + 2
              || own.top < box.top - 2 || own.bottom > box.bottom + 2);
          }).map((text) => svg.closest('[data-chart]').dataset.chart + ': ' + text.textContent);
        })"""
    )
    assert cut == []


@pytest.mark.parametrize(
    ("device", "scheme"),
    [
        pytest.param(DESK, "light", id="desk-light", marks=night),
        pytest.param(PHONE, "dark", id="phone-dark"),
        pytest.param(DESK, "dark", id="desk-dark", marks=night),
        pytest.param(PHONE, "light", id="phone-light", marks=night),
    ],
)
def test_accessibility(show: Any, scheme: str, device: dict[str, object]) -> None:
    """axe-core finds nothing: names, roles, alternative texts, order of headings, contrast."""
    opened = show("tab-curves", color_scheme=scheme, **device)
    for part in PARTS:
        opened.page.evaluate(f"location.hash = '{part}'")
        found = Axe().run(opened.page)
        assert found.violations_count == 0, found.generate_report()
    opened.unfold()
    found = Axe().run(opened.page)
    assert found.violations_count == 0, found.generate_report()


def test_without_scripts_the_answer_is_there(browser: Browser, report: Path) -> None:
    (page := browser.new_page(java_script_enabled=False)).goto(report.as_uri())
    assert page.locator(".answer").first.is_visible()
    assert page.locator(".ranked tbody tr").first.is_visible()
    assert page.locator("#tab-setup").is_visible()
    page.close()
