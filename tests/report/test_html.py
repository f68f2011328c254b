from __future__ import annotations

import base64
import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpobench.errors import StoreError
from hpobench.report.html import write_report
from hpobench.report.numbers import interval, number
from hpobench.stats.settings import Settings
from hpobench.store.reader import Results
from tests.results_factory import MadeProblem, hand_made, make_results

SETTINGS = Settings(repetitions=100, points=20)
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Parses strictly: every element is closed in order. Keeps what the tests look at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.links, self.images, self.ids, self.open = "", [], [], [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [v for k, v in attrs if k in ("href", "src", "srcset", "action", "data")]
        self.ids += [given["id"]] if "id" in given else []
        if tag == "img":
            self.images.append(given)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data + " "


def report(results: Results, folder: Path, **options: object) -> Page:
    page = write_report(results, folder, settings=SETTINGS, **options)  # type: ignore[arg-type]
    assert page == folder / "index.html"
    return Page(page)


def words(page: Page) -> str:
    return " ".join(page.text.split())


def test_the_page_stands_alone(tmp_path: Path) -> None:
    page = report(make_results(), tmp_path)
    assert len(page.images) == 8  # two comparisons with F2 and F3, F14, three problems
    for image in page.images:
        assert image["src"].startswith("data:image/png;base64,")
        assert len(image["alt"]) > 20
    for link in page.links:
        assert not re.match(r"[a-z]+:", link) or link.startswith("data:"), link
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith("data:"):
            assert (tmp_path / link).is_file()
    assert not re.search(r"url\(|@import|https?://", page.source)
    assert len(set(page.ids)) == len(page.ids)


def test_figures_and_tables_lie_beside_it(tmp_path: Path) -> None:
    page = report(make_results(), tmp_path)
    names = {p.name for p in (tmp_path / "figures").iterdir()}
    stems = ["mean_regret", "mean_regret-2", "rank", "rank-2", "heatmap"]
    stems += [f"anytime_regret-{p}" for p in ("branin", "counting-ones", "mlp-vehicle")]
    assert names == {f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf", "csv")}
    png = (tmp_path / "figures" / "mean_regret.png").read_bytes()
    assert page.images[0]["src"].endswith(base64.b64encode(png).decode())
    final = pd.read_csv(tmp_path / "tables" / "final_loss.csv")
    assert len(final) == 3 * 3 + 3 * 2
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == {
        *("final_loss", "cost", "setting", "problems", "standings", "standings-2", "failures")
    }


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(make_results(seeds=2), tmp_path / name, settings=SETTINGS)
    for path in sorted((tmp_path / "a").rglob("*.*")):
        other = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == other.read_bytes(), path.name


def test_the_verdict_is_computed(tmp_path: Path) -> None:
    runs = {("good", s): [(1.0, 0.1 + 0.01 * s)] for s in range(6)}
    runs |= {("poor", s): [(1.0, 0.3 - 0.01 * s)] for s in range(6)}
    text = words(report(hand_made(runs), tmp_path / "clear"))
    assert "Over 1 problem with up to 6 seeds each, good ends at the lowest" in text
    assert "0.125 [" in text
    assert "behind by 0.150 [" in text
    assert "the lead is clear on these problems" in text
    runs |= {("poor", s): [(1.0, 0.13 + 0.1 * (-1) ** s)] for s in range(6)}
    text = words(report(hand_made(runs), tmp_path / "open"))
    assert "the interval includes zero, so the lead is not clear" in text
    runs |= {("poor", s): [(1.0, 0.1 + 0.01 * s)] for s in range(6)}
    text = words(report(hand_made(runs), tmp_path / "tied"))
    assert "good , poor end at the same mean normalised regret" in text


def test_failures_are_told(tmp_path: Path) -> None:
    page = report(make_results(), tmp_path)
    text = words(page)
    assert "2 of 60 runs failed (1 invalid, 1 timed out)" in text
    assert "(1 failed)" in text
    assert "no answer within 60 s" in text


def test_names_and_errors_are_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    problem = MadeProblem("../../p<b>&", steps=1, optimum=0.0, clip=1.0, budget=10.0)
    runs = {(evil, s): [(1.0, 0.1)] for s in range(2)} | {("b", 0): [(1.0, 0.2)]}
    results = dataclasses.replace(
        hand_made(runs, problem=problem, failed=[("b", 0)]), name="<i>x</i>"
    )
    skipped = [{"searcher": evil, "scheduler": "<u>", "problem": "p", "reason": "a < b"}]
    page = report(results, tmp_path, skipped=skipped)
    assert page.source.count("<script") == 1
    assert "<i>" not in page.source
    assert "<u>" not in page.source
    assert evil in page.text
    assert "a < b" in page.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["figures", "index.html", "tables"]


def test_combinations_left_out_come_from_the_plan(tmp_path: Path) -> None:
    rows = [
        {"searcher": s, "scheduler": "asha", "problem": "branin", "reason": "needs several steps"}
        for s in ("random", "tpe")
    ]
    results = make_results(["random"], ["fifo"], seeds=2, failed=())
    planned = dataclasses.replace(results, plan={"skipped": rows, "cells": ["x"] * 9})
    text = words(report(planned, tmp_path))
    assert "random, tpe asha branin needs several steps" in text
    assert "Only 6 of 9 planned runs have ended" in text


def degenerate() -> dict[str, Results]:
    small = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    lost = small.cells.assign(status="failed", error="boom")
    unknown = small.problems.assign(optimum=np.nan, clip=np.nan)
    apart = small.cells[
        (small.cells["searcher"] == "a") == (small.cells["problem"] == "branin")
    ].reset_index(drop=True)
    kept = set(apart["cell"])
    return {
        "one algorithm": make_results(["a"], ["fifo"], seeds=2, failed=()),
        "one seed": make_results(["a", "b"], ["fifo"], seeds=1, failed=()),
        "one run": hand_made({("a", 0): [(1.0, 0.5)]}),
        "one result at the optimum": hand_made({("a", 0): [(1.0, 0.0)], ("b", 0): [(1.0, 0.0)]}),
        "no results": hand_made({("a", 0): [], ("b", 0): []}),
        "all failed": dataclasses.replace(small, cells=lost),
        "no references": dataclasses.replace(small, problems=unknown),
        "nothing in common": dataclasses.replace(
            small,
            cells=apart,
            events=small.events[small.events["cell"].isin(kept)],
            trials=small.trials[small.trials["cell"].isin(kept)],
        ),
        "no provenance": dataclasses.replace(
            small, cells=small.cells.assign(provenance=None, spec=None)
        ),
    }


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("one algorithm", "There is no other algorithm to compare it with."),
        ("one seed", "With a single seed on some problem nothing can be said about chance."),
        ("one run", "There is no other algorithm to compare it with."),
        ("one result at the optimum", "do not tell them apart"),
        ("no results", "do not tell them apart"),
        ("all failed", "Every run failed, so there is nothing to compare."),
        ("no references", "No problem has reference losses, so regrets cannot be computed."),
        ("nothing in common", "there is no fair average over problems"),
        ("no provenance", "ends at the lowest mean normalised regret"),
    ],
)
def test_degenerate_results(tmp_path: Path, case: str, says: str) -> None:
    assert says in words(report(degenerate()[case], tmp_path))


def test_nothing_to_report(tmp_path: Path) -> None:
    results = make_results(["a"], ["fifo"], seeds=1, failed=())
    empty = dataclasses.replace(results, cells=results.cells.iloc[:0])
    with pytest.raises(StoreError, match="no run has ended yet"):
        write_report(empty, tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write the report to"):
        write_report(make_results(seeds=1), tmp_path / "file")


def test_numbers() -> None:
    assert [number(x) for x in (0.0, 1.5, 0.012345, 123456.0, -3.14159, 1e-9, np.nan)] == [
        "0.000",
        "1.50",
        "0.0123",
        "123,456",
        "-3.14",
        "1.00e-09",
        "-",
    ]
    assert interval(1.0, np.nan) == ""
    assert interval(1.0, 2.0, " ") == " [1.00, 2.00]"
