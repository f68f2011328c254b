from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpobench.analysis.exhibits import rank
from hpobench.contract.errors import StoreError
from hpobench.contract.wording import number
from hpobench.reporting.html import write_report
from hpobench.store.read.reader import Results, load_results
from tests import ROOT
from tests.support.results_factory import (
    PROBLEMS,
    MadeProblem,
    hand_made,
    make_population,
    make_results,
)
from tests.unit.reporting.pages import OWN, SETTINGS, Page, joined, report, words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a report with all that there can be over several problems."""
    return write_report(make_results(), tmp_path_factory.mktemp("report"), settings=SETTINGS).parent


COMPARED = ("mean_regret", "rank", "ecdf", "profile", "aggregates", "win_matrix", "utilisation")
"""Of two comparisons; F6 takes more problems."""
WHOLE = ("heatmap", "interaction", "thinking", "timeline", "survival", "fidelity_correlation")
CURVES = tuple(f"anytime_regret-{p}" for p in ("branin", "counting-ones", "mlp-vehicle"))
FIGURES = {*COMPARED, *(f"{stem}-2" for stem in COMPARED), *WHOLE, *CURVES}
EXPLORED = {"mean_regret", "mean_regret-2", *CURVES}


def test_the_page_stands_alone(folder: Path) -> None:
    """All that it shows is inside of it."""
    page = Page(folder / "index.html")
    assert set(page.charts) == FIGURES - EXPLORED
    assert all(len(alt) > 20 for alt in page.charts.values())
    for link in page.links:
        assert link.startswith(("#", "data:")), link
        if link.startswith("#"):
            assert link[1:] in page.ids
    assert not re.search(r"url\((?!#)|@import|https?://", page.source)
    assert len(set(page.ids)) == len(page.ids)
    assert len(page.source) < 2_000_000


def test_tables_lie_beside_it(folder: Path) -> None:
    final = pd.read_csv(folder / "tables" / "final_loss.csv")
    assert len(final) == 3 * 3 + 3 * 2
    assert {p.stem for p in (folder / "tables").iterdir()} == FIGURES | {
        *("final_loss", "cost", "setting", "problems", "failures", "runs"),
        *("standings", "standings-2", "speedup", "anytime_score", "anytime_score-2", "speedup-2"),
    }
    assert not (folder / "figures").exists()


def test_figures_are_drawn_when_asked_for(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    page = report(make_results(), tmp_path, figures=True, drawing=lambda *n: told.append(n))
    names = {p.name for p in (tmp_path / "figures").iterdir()}
    kinds = ("png", "pdf", "caption.txt")
    assert names == {f"{stem}.{kind}" for stem in FIGURES for kind in kinds}
    assert told == [(n, len(FIGURES)) for n in range(len(FIGURES) + 1)]
    caption = (tmp_path / "figures" / "rank.caption.txt").read_text()
    assert "1 is best." in caption
    assert "percentile bootstrap intervals" in caption
    report(make_results(), tmp_path)
    assert not (tmp_path / "figures").exists()
    assert page.charts


def test_the_same_results_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_report(make_results(), tmp_path, settings=SETTINGS)
    for path in sorted(folder.rglob("*.*")):
        other = tmp_path / path.relative_to(folder)
        assert path.read_bytes() == other.read_bytes(), path.name


def test_a_second_report_removes_what_it_does_not_need(tmp_path: Path) -> None:
    theirs = [tmp_path / "notes.pdf", tmp_path / "figures" / "notes.txt"]
    early = tmp_path / "figures" / "mine.png"
    early.parent.mkdir()
    early.touch()
    report(make_results(seeds=1), tmp_path)
    assert early.exists()  # there was no report before, so it is not from one
    for path in theirs:
        path.touch()
    (tmp_path / "figures" / "folder.csv").mkdir()
    report(make_results(["tpe"], ["fifo"], problems=PROBLEMS[:1], seeds=1, failed=()), tmp_path)
    assert not early.exists()
    stems = {p.stem for p in (tmp_path / "tables").iterdir()}
    assert {"mean_regret", "ecdf", "profile", "aggregates", "heatmap", "thinking"} <= stems
    assert "rank" not in stems
    assert not (tmp_path / "tables" / "failures.csv").exists()
    assert (tmp_path / "tables" / "final_loss.csv").exists()
    assert all(path.exists() for path in (*theirs, tmp_path / "figures" / "folder.csv"))


def test_labels_that_the_font_lacks(tmp_path: Path) -> None:
    """Warnings are errors in tests: none may come from a label."""
    labels = {
        "random": "\u968f\u673a\u641c\u7d22",
        "tpe": "_$\\frac$ \U0001f680",
        "gp": "\ufffe\u202e",
    }
    results = make_results(seeds=1)
    searchers = results.cells["searcher"].map(labels)
    page = report(
        dataclasses.replace(results, cells=results.cells.assign(searcher=searchers)), tmp_path
    )
    assert labels["random"] in page.text


def test_names_and_errors_are_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    problem = MadeProblem("../../p<b>&", steps=1, optimum=0.0, clip=1.0, budget=10.0)
    runs = {(evil, s): [(1.0, 0.1)] for s in range(2)} | {("b", 0): [(1.0, 0.2)]}
    results = dataclasses.replace(
        hand_made(runs, problem=problem, failed=[("b", 0)]), name="<i>x</i>"
    )
    skipped = [{"searcher": evil, "scheduler": "<u>", "problem": "p", "reason": "a < b"}]
    page = report(results, tmp_path, skipped=skipped)
    # Ours: tables, charts, runs to replay, curves, Vega-Lite and what draws with it.
    assert page.source.count("<script") == 6
    assert "<i>" not in page.source
    assert "<u>" not in page.source
    assert evil in page.text
    assert "a < b" in page.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer.json", "index.html", "tables"]


def test_lineage_is_shown_where_trials_were_cloned(tmp_path: Path) -> None:
    page = report(make_population(6, seeds=2), tmp_path)
    text = words(page)
    assert [i for i in page.ids if "lineage" in i] == ["lineage-pbt-cnn"]
    assert "The run is that of random under pbt on cnn, seed 0, with 6 trials." in text
    drawn = pd.read_csv(tmp_path / "tables" / "lineage-pbt-cnn.csv")
    clones = int(drawn["parent"].notna().sum())
    assert clones > 2
    assert f"took over another's state, {clones} times in all" in text
    best = drawn[drawn["ancestor"]].iloc[-1]
    alt = page.charts["lineage-pbt-cnn"]
    assert f"Best: {number(best['value'])} at step {best['step']}, by way of trial" in alt
    assert alt.endswith(f" {best['trial']}.")


def test_figures_are_called_like_the_tables_that_they_show(tmp_path: Path) -> None:
    """Also those of single runs, and the page is the one without figures."""
    results = make_population(6, seeds=2)
    page = report(results, tmp_path / "with", figures=True)
    assert page.source == report(results, tmp_path / "without").source
    drawn = {path.stem for path in (tmp_path / "with" / "figures").glob("*.pdf")}
    assert "lineage-pbt-cnn" in drawn
    assert drawn <= {path.stem for path in (tmp_path / "with" / "tables").iterdir()}


def test_only_some_lineages_are_shown(tmp_path: Path) -> None:
    """Also on problems without references, and of metrics that are maximised."""
    base = MadeProblem("p", steps=9, optimum=-0.9, clip=-0.2, direction="maximize", budget=60.0)
    parts = [
        make_population(
            4,
            problem=dataclasses.replace(base, name=f"p{i}", referenced=i > 0),
            interval=3,
            seeds=1,
        )
        for i in range(7)
    ]
    page = report(joined(parts), tmp_path)
    assert [i for i in page.ids if "lineage" in i] == [f"lineage-pbt-p{i}" for i in range(6)]
    assert "6 such runs at most" in words(page)
    assert pd.read_csv(tmp_path / "tables" / "lineage-pbt-p0.csv")["value"].between(0, 1).all()


def degenerate() -> dict[str, Results]:
    small = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    lost = small.cells.assign(status="failed", error="boom")
    apart = (small.cells["searcher"] == "a") == (small.cells["problem"] == "branin")
    return {
        "one algorithm": make_results(["a"], ["fifo"], seeds=2, failed=()),
        "one seed": make_results(["a", "b"], ["fifo"], seeds=1, failed=()),
        "one run": hand_made({("a", 0): [(1.0, 0.5)]}),
        "one result at the optimum": hand_made({("a", 0): [(1.0, 0.0)], ("b", 0): [(1.0, 0.0)]}),
        "no results": hand_made({("a", 0): [], ("b", 0): []}),
        "all failed": dataclasses.replace(small, cells=lost),
        "no references": hand_made({("a", 0): [(1.0, 0.5)], ("b", 0): [(1.0, 0.5)]}, problem=OWN),
        "nothing in common": small.select(apart),
        "no provenance": dataclasses.replace(
            small, cells=small.cells.assign(provenance=None, spec=None)
        ),
    }


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("one algorithm", "there is nothing to compare; name two in the suite"),
        ("one seed", "a single seed is too few to say that it is better than the others"),
        ("one run", "there is nothing to compare; name two in the suite"),
        ("one result at the optimum", "2 b 0.000 equal"),
        ("no results", "2 b 1.00 equal"),
        ("all failed", "Every run failed, so there is nothing to compare."),
        ("no references", "No problem has reference losses, so regrets cannot be computed."),
        ("nothing in common", "there is no fair average over problems"),
        ("no provenance", "b has the lowest regret so far"),
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
    with pytest.raises(StoreError, match="is a file, where hpobench keeps a folder"):
        write_report(make_results(seeds=1), tmp_path / "file")


def test_a_process_that_draws_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raises is an error with what to do; the next report is whole."""
    figure = rank.figure
    with monkeypatch.context() as patch:
        deadly = Deadly("Average rank")
        patch.setattr(rank, "figure", lambda *_: dataclasses.replace(figure(*_), title=deadly))
        with pytest.raises(StoreError, match="a process that drew figures was killed"):
            report(make_results(seeds=1), tmp_path, figures=True)
    assert report(make_results(seeds=1), tmp_path, figures=True).charts


class Deadly(str):
    """The process that unpickles it dies."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return os.abort, ()


def test_a_reference_without_trials_has_a_report(tmp_path: Path) -> None:
    reference = load_results(ROOT / "results" / "reference" / "smoke")
    assert reference.trials.empty
    page = write_report(reference, tmp_path, settings=SETTINGS)
    assert 'class="answer"' in page.read_text(encoding="utf-8")
    assert not (tmp_path / "tables" / "survival.csv").exists()
