"""What the pages of a site say, and that nothing in them runs or leads astray."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from hpobench.evidence.advice import advise
from hpobench.evidence.advice_text import answer
from hpobench.evidence.archive import Archive, ProblemFacts, joined, read_archive
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question
from hpobench.reporting.site.builder import build_site
from tests import ROOT
from tests.support.evidence_factory import PROBLEMS, facts, make_archive
from tests.unit.evidence.archives import FLAT, of_levels

ODD = ("<script>alert(1)</script>", "$x_1$ \\input{a}", "=1+1", "../../outside", "</title>\"'&")


class Read(HTMLParser):
    """A page: its texts, addresses, ids, and the attributes of its elements."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.addresses += [found[key] or "" for key in ("href", "src") if key in found]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read_data(path: Path) -> Any:
    """What a script of data puts."""
    match = re.fullmatch(r'hpobench\.put\("([a-z0-9_-]+)",(.*)\);\n', path.read_text("utf-8"))
    assert match is not None
    assert match[1] == path.stem
    return json.loads(match[2])


def built(folder: Path, archive: Archive, *results: Path) -> Path:
    archive.write(folder / "evidence.parquet")
    return build_site(folder / "site", folder / "evidence.parquet", results).page.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make_archive(
        ("random", "sobol", "optuna-tpe", *ODD),
        {**PROBLEMS, **{label: facts(label) for label in ODD}},
        failed=[("random", "branin", 1)],
    )
    smoke = ROOT / "results" / "reference" / "smoke"
    return built(tmp_path_factory.mktemp("site"), archive, smoke)


def pages(site: Path) -> Iterator[tuple[Path, Read]]:
    for path in sorted(site.rglob("*.html")):
        yield path, Read(path)


def test_every_link_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    read = dict(pages(site))
    assert len(read) > 40
    for path, page in read.items():
        for address in page.addresses:
            place, _, fragment = address.partition("#")
            if place.startswith("data:"):
                continue
            target = (path.parent / unquote(place)).resolve() if place else path
            assert target.is_relative_to(site)
            assert target.is_file(), f"{path} leads to {address}"
            if fragment and "=" not in fragment:
                assert fragment in read[target].ids, f"{path} leads to {address}"


def test_labels_are_text_whatever_they_hold(site: Path) -> None:
    seen = set()
    for path, page in pages(site):
        assert all(tag != "script" or attrs.keys() <= {"src", "defer"} for tag, attrs in page.tags)
        assert all(not any(key.startswith("on") for key in attrs) for _, attrs in page.tags)
        assert "style" not in {key for _, attrs in page.tags for key in attrs}
        seen |= {label for label in ODD if any(label in text for text in page.texts)}
        assert re.fullmatch(r"[a-z0-9_.-]+", path.name)
    assert seen == set(ODD)
    assert len([*site.glob("searchers/*.html")]) == 3 + len(ODD)


def test_nothing_is_asked_of_a_network(site: Path) -> None:
    closed = re.compile(
        r"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self'"
    )
    for path in site.rglob("*"):
        assert path.suffix != ".html" or closed.search(path.read_text(encoding="utf-8")), path
        # The charting library could load data; pages forbid it, as the browser's test sees.
        if path.suffix in (".html", ".css", ".js") and path.name != "vega.js":
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"(src|href)=[\"']?https?:|@import|fetch\(|url\(", text), path


def test_rankings_are_those_of_the_advice(site: Path) -> None:
    archive = read_archive(site.parent / "evidence.parquet")
    ranking = read_data(site / "data" / "ranking.js")
    algorithms = [
        (algorithm["searcher"], algorithm["scheduler"]) for algorithm in ranking["algorithms"]
    ]
    kinds = {(v["workers"], v["several"], v["conditional"]) for v in ranking["views"]}
    assert kinds >= {(1, False, False), (4, False, True), (4, True, False)}
    for view in ranking["views"]:
        features = Features(1, 0, 0, 0, view["conditional"], steps=2 if view["several"] else 1)
        for setting in view["settings"][::4]:
            budget = ranking["budgets"][setting["budget"]]
            advice = advise(archive, Question(features, budget, view["workers"]))
            assert [algorithms[row[0]] for row in setting["rows"]] == [
                r.algorithm for r in advice.ranked
            ]
            regrets = [row[1] for row in setting["rows"]]
            assert regrets == pytest.approx([r.regret for r in advice.ranked], abs=1e-4)
            assert setting["answer"] == list(answer(advice))
            assert [bool(row[6]) for row in setting["rows"]] == [
                one.told_apart for one in advice.ranked
            ]


def test_the_first_page_says_who_leads_without_a_script(site: Path) -> None:
    text = " ".join(Read(site / "index.html").texts)
    assert "optuna-tpe + fifo leads at 100 full evaluations with 4 workers." in text
    assert "Expect a normalised regret of" in text


def test_the_budgets_are_those_people_ask_for(site: Path) -> None:
    budgets = read_data(site / "data" / "ranking.js")["budgets"]
    assert {5, 10, 20, 40, 50, 100} <= set(budgets)
    asked = next(
        tag for _, tag in Read(site / "advice.html").tags if tag.get("id") == "evaluations"
    )
    assert float(asked["value"] or 0) in budgets


def test_algorithms_that_end_earlier_are_ranked_only_as_far_as_they_ran(site: Path) -> None:
    ranking = read_data(site / "data" / "ranking.js")
    view = next(v for v in ranking["views"] if v["several"] and v["workers"] == 4)
    schedulers = [
        {ranking["algorithms"][row[0]]["scheduler"] for row in setting["rows"]}
        for setting in view["settings"]
    ]
    ends = [ranking["budgets"][s["budget"]] for s in view["settings"]].index(50)
    assert schedulers == [{"fifo", "asha"}] * (ends + 1) + [{"fifo"}] * 2


def test_every_run_is_listed_with_the_command_that_makes_it_again(site: Path) -> None:
    archive = read_archive(site.parent / "evidence.parquet")
    rows = [row for path in site.glob("data/cells-*.js") for row in read_data(path)["rows"]]
    assert sorted(row[3] for row in rows) == sorted(
        c.hex() for c in archive.runs["cell"].to_pylist()
    )
    cells = read_data(site / "data" / "cells-hartmann-dimension-3.js")
    ranking = read_data(site / "data" / "ranking.js")
    names = [(algorithm["searcher"], algorithm["scheduler"]) for algorithm in ranking["algorithms"]]
    number = names.index(("optuna-tpe", "fifo"))
    only = "'optuna-tpe/fifo/hartmann[dimension=3]'"
    assert cells["commands"][f"{number}/4"] == f"hpobench run evidence --only {only}"
    # Nobody but its contributor has the plugin of this one.
    assert cells["commands"][f"{names.index((ODD[0], 'fifo'))}/4"] == ""
    smoke = read_data(site / "suites" / "smoke" / "data" / "cells-branin.js")
    assert "hpobench run smoke --only optuna-tpe/asha/branin" not in smoke["commands"].values()
    assert "hpobench run smoke --only optuna-tpe/fifo/branin" in smoke["commands"].values()


def test_cards_say_what_failed_and_what_is_not_known(site: Path) -> None:
    random = " ".join(Read(site / "searchers" / "random.html").texts)
    assert "2 runs" in random  # with one worker and with four
    assert "hpobench run evidence --only random/fifo/branin" in random
    foreign = " ".join(Read(site / "searchers" / "1-1.html").texts)
    assert "No searcher of this name is installed here" in foreign
    asha = " ".join(Read(site / "schedulers" / "asha.html").texts)
    assert "less regret than the same searcher under fifo" in asha


def table_rows(page: Path) -> dict[str, str]:
    """The text of each row of the first table, by its first word."""
    body = page.read_text("utf-8").partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in body.split("</tr>")]
    return {row.partition(" ")[0]: row for row in rows if row}


def test_each_scheduler_says_what_it_is_held_against(site: Path) -> None:
    rows = table_rows(site / "schedulers.html")
    assert "than the same searcher under fifo" not in (site / "schedulers.html").read_text("utf-8")
    assert " the same searcher under fifo " in rows["asha"]
    assert " the same searcher under other schedulers (their median) " in rows["fifo"]


def test_a_share_of_few_comparisons_does_not_lead(tmp_path: Path) -> None:
    """Two wins of two are less sure than thirty of thirty."""
    levels = {"few": 0.1, "many": 0.15, "random": 0.5, "sobol": 0.6}
    names = [f"p{n}" for n in range(30)]
    problems = {name: ProblemFacts(name, FLAT, False, 1, "branin", {}) for name in names}
    parts = [
        of_levels(
            {searcher: level}, {p: problems[p] for p in names[: 2 if searcher == "few" else 30]}
        )
        for searcher, level in levels.items()
    ]
    rows = table_rows(built(tmp_path, joined(parts)) / "searchers.html")
    assert [*rows][:2] == ["many", "few"]
    assert " 30 of 30 0.89 to 1.00 " in rows["many"]
    assert " 2 of 2 0.34 to 1.00 " in rows["few"]


def test_the_card_of_a_problem_has_its_space_and_its_reference(site: Path) -> None:
    branin = " ".join(Read(site / "problems" / "branin.html").texts)
    assert "-5 to 10" in branin
    assert "0.397887" in branin
    unknown = " ".join(Read(site / "problems" / "1-1.html").texts)
    assert "The parameters are not known here" in unknown


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    archive = make_archive(("random", "sobol"))
    for name in "ab":
        (tmp_path / name).mkdir()
    first, second = (built(tmp_path / name, archive) for name in "ab")
    names = {str(path.relative_to(first)) for path in first.rglob("*") if path.is_file()}
    assert names == {str(path.relative_to(second)) for path in second.rglob("*") if path.is_file()}
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
