"""What the tests of reports look at."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.exhibits import speedup
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study
from hpobench.reporting.html import write_report
from hpobench.store.read.reader import Results
from tests.support.curves_factory import curves_of, study_of
from tests.support.results_factory import PROBLEMS, MadeProblem, make_results

SETTINGS = Settings(repetitions=100, points=20)
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Parses strictly: every element is closed in order. Keeps what the tests look at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = ""
        self.links: list[Any] = []
        self.charts: dict[str, str] = {}
        """What each says to those who cannot see it, by its id."""
        self.ids: list[Any] = []
        self.open: list[str] = []
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
        if chart := given.get("data-chart"):
            self.charts[chart] = str(given["aria-label"])

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


def joined(parts: list[Results]) -> Results:
    """``parts`` on different problems as one."""

    def frame(kind: str, i: int, part: Results) -> pd.DataFrame:
        own: pd.DataFrame = getattr(part, kind)
        return own if kind == "problems" else own.assign(cell=own["cell"].astype(str) + f"-{i}")

    kinds = ("cells", "events", "trials", "problems")
    frames = {k: [frame(k, i, part) for i, part in enumerate(parts)] for k in kinds}
    whole: Any = {k: pd.concat(found, ignore_index=True) for k, found in frames.items()}
    return Results("joined", {}, **whole)


def of_regrets(nr: FloatArray, algorithms: Sequence[Algorithm]) -> Study:
    """A study of ``algorithms`` with the regrets ``nr``, without runs to time."""
    study = study_of(curves_of(nr, algorithms), SETTINGS)
    vars(study)["every"] = make_results(["random"], ["fifo"], PROBLEMS[:1], seeds=1, failed=())
    for one in study.comparisons:
        vars(study)["_kept"][speedup.table, one] = pd.DataFrame(columns=speedup.COLUMNS)
    return study


OWN = MadeProblem("own", steps=1, budget=10.0, referenced=False)
