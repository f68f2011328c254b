from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import signal
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
from tests.results_factory import (
    PROBLEMS,
    MadeProblem,
    hand_made,
    make_population,
    make_results,
    on_workers,
)

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
    # Two comparisons with F2 to F8 but for F6 (too few problems) and with F10; a timeline, F9, F14,
    # F15 and both of F12; three problems.
    assert len(page.images) == 2 * 7 + 6 + 3
    for image in page.images:
        assert image["src"].startswith("data:image/png;base64,")
        assert len(image["alt"]) > 20
    for link in page.links:
        assert not re.match(r"[a-z]+:", link) or link.startswith("data:"), link
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith("data:"):
            assert (tmp_path / link).is_file()
    assert not re.search(r"url\((?!#)|@import|https?://", page.source)
    assert len(set(page.ids)) == len(page.ids)


def test_figures_and_tables_lie_beside_it(tmp_path: Path) -> None:
    page = report(make_results(), tmp_path)
    names = {p.name for p in (tmp_path / "figures").iterdir()}
    compared = ["mean_regret", "rank", "ecdf", "profile", "aggregates", "win_matrix"]
    compared += ["utilisation"]
    stems = [*compared, *(f"{stem}-2" for stem in compared), "heatmap", "interaction", "thinking"]
    stems += ["timeline", "survival", "fidelity_correlation"]
    stems += [f"anytime_regret-{p}" for p in ("branin", "counting-ones", "mlp-vehicle")]
    kinds = ("png", "pdf", "csv", "caption.txt")
    assert names == {f"{stem}.{kind}" for stem in stems for kind in kinds}
    caption = (tmp_path / "figures" / "mean_regret.caption.txt").read_text()
    assert caption.strip() in page.text
    png = (tmp_path / "figures" / "mean_regret.png").read_bytes()
    assert page.images[0]["src"].endswith(base64.b64encode(png).decode())
    final = pd.read_csv(tmp_path / "tables" / "final_loss.csv")
    assert len(final) == 3 * 3 + 3 * 2
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == {
        *("final_loss", "cost", "setting", "problems", "failures", "runs"),
        *("standings", "standings-2", "speedup", "anytime_score", "anytime_score-2", "speedup-2"),
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


def died(results: Results, *problems: str) -> Results:
    """``results`` had every run on ``problems`` died before the problem could be built."""
    gone = results.cells["problem"].isin(problems)
    lost = set(results.cells.loc[gone, "cell"])
    cells = results.cells.assign(
        status=results.cells["status"].mask(gone, "failed"),
        error=results.cells["error"].mask(gone, "the process died (a crash in native code)"),
        clock=results.cells["clock"].mask(gone, 0.0),
    )
    return dataclasses.replace(
        results,
        cells=cells,
        events=results.events[~results.events["cell"].isin(lost)],
        trials=results.trials[~results.trials["cell"].isin(lost)],
        problems=results.problems[~results.problems["problem"].isin(problems)],
    )


def test_problems_that_never_came_to_be_are_left_out_and_told(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=(("a", "timeout"),))
    page = report(died(results, "mlp-vehicle"), tmp_path / "some")
    text = words(page)
    assert "No result and no reference for mlp-vehicle: its 4 runs are not in the averages." in text
    assert "5 of 12 runs failed (4 lost, 1 timed out); 1 on problems with a reference" in text
    assert "Over 2 problems with up to 2 seeds each" in text
    assert page.text.count("the process died") == 4
    drawn = pd.read_csv(tmp_path / "some" / "figures" / "heatmap.csv")
    assert set(drawn["problem"]) == {"branin", "counting-ones"}
    alone = make_results(
        ["a", "b"], ["fifo"], problems=PROBLEMS[:2], seeds=2, failed=(("a", "timeout"),)
    )
    report(alone, tmp_path / "alone")
    for name in ("figures/mean_regret.csv", "tables/standings.csv", "tables/final_loss.csv"):
        some, without = (tmp_path / folder / name for folder in ("some", "alone"))
        assert some.read_text() == without.read_text(), name


def test_algorithms_whose_every_problem_is_missing_have_no_curves(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    away = (results.cells["searcher"] == "b") & (results.cells["problem"] != "branin")
    cells = results.cells[~away].reset_index(drop=True)
    some = dataclasses.replace(
        results,
        cells=cells,
        events=results.events[results.events["cell"].isin(cells["cell"])],
        trials=results.trials[results.trials["cell"].isin(cells["cell"])],
    )
    text = words(report(died(some, "branin"), tmp_path))
    assert "There is no other algorithm to compare it with." in text
    assert "4 of 8 runs failed (4 lost)." in text


def test_no_problem_came_to_be(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=1, failed=())
    page = report(died(results, *results.problems["problem"]), tmp_path)
    text = words(page)
    assert "Every run failed, so there is nothing to compare." in text
    assert "no reference for branin, counting-ones, mlp-vehicle: their 6 runs are not in" in text
    assert "6 of 6 runs failed (6 lost)." in text
    assert not page.images
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == {
        *("cost", "setting", "failures", "runs")
    }


@pytest.mark.parametrize(
    ("optimum", "clip"), [(np.nan, 1.0), (0.0, np.inf), (-np.inf, np.inf), (1.0, 1.0), (2.0, 1.0)]
)
def test_references_that_cannot_be_divided_by_are_left_out(
    tmp_path: Path, optimum: float, clip: float
) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    problems = results.problems.copy()
    problems.loc[0, ["optimum", "clip"]] = optimum, clip
    text = words(report(dataclasses.replace(results, problems=problems), tmp_path))
    assert "No reference to measure from for branin: its 4 runs are not in the averages." in text
    assert "Over 2 problems" in text


def test_critical_differences_take_five_problems(tmp_path: Path) -> None:
    few = report(make_results(schedulers=["fifo"]), tmp_path / "few")
    told = "All algorithms on all problems: there is no figure F6, for testing whether algorithms"
    assert f"{told} differ takes 5 problems or more; here are 3." in words(few)
    problems = [MadeProblem(f"p{i}") for i in range(5)]
    report(make_results(problems=problems, schedulers=["fifo"]), tmp_path / "enough")
    assert (tmp_path / "enough" / "figures" / "critical_difference.png").exists()
    pairs = pd.read_csv(tmp_path / "enough" / "tables" / "critical_pairs.csv")
    assert set(pairs["share"]) == {0.1, 0.25, 0.5, 1.0}


def test_speed_ups_are_shown_with_what_bounds_them(tmp_path: Path) -> None:
    runs = {("random", s): [(1.0, 0.3), (9.0, 0.05)] for s in range(3)}
    runs |= {("quick", s): [(1.0, 0.05)] for s in range(3)}
    runs |= {("never", s): [(1.0, 0.3), (9.0, 0.3)] for s in range(3)}
    text = words(report(hand_made(runs), tmp_path))
    assert "T2 Speed-up: all algorithms on all problems" in text
    assert "quick 9.00 [9.00, 9.00]" in text
    assert re.search(r"never [\d.]+ \[[\d., ]+\] <= [\d.]+ \[", text)
    report(hand_made({("quick", 0): [(1.0, 0.1)]}), tmp_path)
    assert not (tmp_path / "tables" / "speedup.csv").exists()


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
    stems = {p.stem for p in (tmp_path / "figures").iterdir() if p.suffix in (".png", ".pdf")}
    assert stems == {
        *("mean_regret", "ecdf", "profile", "aggregates", "heatmap", "thinking", "utilisation"),
        "anytime_regret-branin",
    }
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


def test_the_axis_follows_the_budgets(tmp_path: Path) -> None:
    results = make_results(["a"], seeds=1, failed=())
    report(results, tmp_path / "time")
    spec = json.dumps({"budget": {"evaluations": 25.0, "time": None}})
    paid = dataclasses.replace(results, cells=results.cells.assign(spec=spec))
    page = Page(write_report(paid, tmp_path / "paid"))
    assert "over resource paid for, in full evaluations" in words(page)
    assert "over time" not in words(page)
    table = pd.read_csv(tmp_path / "paid" / "figures" / "anytime_regret-counting-ones.csv")
    full = results.cells.loc[results.cells["problem"] == "counting-ones", "resource"] / 9
    assert table["at"].max() == pytest.approx(full.max())


def test_names_and_errors_are_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    problem = MadeProblem("../../p<b>&", steps=1, optimum=0.0, clip=1.0, budget=10.0)
    runs = {(evil, s): [(1.0, 0.1)] for s in range(2)} | {("b", 0): [(1.0, 0.2)]}
    results = dataclasses.replace(
        hand_made(runs, problem=problem, failed=[("b", 0)]), name="<i>x</i>"
    )
    skipped = [{"searcher": evil, "scheduler": "<u>", "problem": "p", "reason": "a < b"}]
    page = report(results, tmp_path, skipped=skipped)
    assert page.source.count("<script") == 3  # ours: the curves, and what draws and sorts
    assert "<i>" not in page.source
    assert "<u>" not in page.source
    assert evil in page.text
    assert "a < b" in page.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["figures", "index.html", "tables"]


def test_several_numbers_of_workers(tmp_path: Path) -> None:
    """Averages are of the most workers alone; F11, T4 and the runs are about all."""
    parts = {
        n: make_results(["random"], ["fifo"], PROBLEMS[:2], seeds=n + 1, failed=()) for n in (1, 2)
    }
    text = words(report(on_workers(parts), tmp_path))
    assert "There are runs with 1 and 2 workers. Figures and averages are of those with 2" in text
    assert "Over 2 problems with up to 3 seeds each" in text
    assert (tmp_path / "figures" / "efficiency.csv").is_file()
    assert pd.read_csv(tmp_path / "tables" / "cost.csv")["runs"].tolist() == [2 * 2 + 2 * 3]
    assert len(pd.read_csv(tmp_path / "tables" / "runs.csv")) == 10


def test_what_was_decided_is_told(tmp_path: Path) -> None:
    assert "a < b, said the rule" in words(
        report(make_results(seeds=1), tmp_path, decision="a < b, said the rule")
    )


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


def test_lineage_is_shown_where_trials_were_cloned(tmp_path: Path) -> None:
    page = report(make_population(6, seeds=2), tmp_path)
    text = words(page)
    assert [i for i in page.ids if "lineage" in i] == ["lineage-pbt-cnn"]
    assert "Visible loss after each step of the 6 trials of one run: random under pbt" in text
    drawn = pd.read_csv(tmp_path / "figures" / "lineage-pbt-cnn.csv")
    clones = int(drawn["parent"].notna().sum())
    assert clones > 2
    assert f"({clones} times in all)" in text
    best = drawn[drawn["ancestor"]].iloc[-1]
    (alt,) = (i["alt"] for i in page.images if "Learning curves" in i["alt"])
    assert f"Best: {number(best['value'])} at step {best['step']}, by way of trial" in alt
    assert alt.endswith(f" {best['trial']}.")


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
    assert pd.read_csv(tmp_path / "figures" / "lineage-pbt-p0.csv")["value"].between(0, 1).all()


def joined(parts: list[Results]) -> Results:
    """``parts`` on different problems as one."""

    def frame(kind: str, i: int, part: Results) -> pd.DataFrame:
        own: pd.DataFrame = getattr(part, kind)
        return own if kind == "problems" else own.assign(cell=own["cell"].astype(str) + f"-{i}")

    kinds = ("cells", "events", "trials", "problems")
    frames = {k: [frame(k, i, part) for i, part in enumerate(parts)] for k in kinds}
    return Results(
        "joined", {}, **{k: pd.concat(found, ignore_index=True) for k, found in frames.items()}
    )


OWN = MadeProblem("own", steps=1, budget=10.0, referenced=False)


def test_references_are_measured_where_nobody_knows_any(tmp_path: Path) -> None:
    """On one problem of two; regrets on the other stay as they are."""
    known = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, budget=10.0)
    runs = {(a, s): [(1.0, 0.5 + i), (2.0, 0.2 + i)] for i, a in enumerate("ab") for s in range(2)}
    parts = [hand_made(runs, problem=problem) for problem in (OWN, known)]
    results = joined(parts)
    text = words(report(results, tmp_path))
    assert "Over 2 problems with up to 2 seeds each, a ends at the lowest" in text
    assert "Nobody knows reference losses for own. Regrets there are measured from these" in text
    assert "Both move when results are added" in text
    table = pd.read_csv(tmp_path / "tables" / "problems.csv").set_index("problem")
    assert table.loc["own", ["optimum", "clip"]].tolist() == [0.2, 0.85]
    assert not table.loc["own", "known"]
    assert "best on record; not frozen but measured in these results" in text
    assert table.loc["p", ["optimum", "clip", "source"]].tolist() == [0.0, 1.0, "made up"]
    final = pd.read_csv(tmp_path / "figures" / "heatmap.csv").set_index(["problem", "algorithm"])
    assert final["nr"].to_dict() == pytest.approx(
        {("own", "a"): 0.0, ("own", "b"): 1.0, ("p", "a"): 0.2, ("p", "b"): 1.0}
    )


def test_all_references_known_is_not_worth_a_note(tmp_path: Path) -> None:
    assert "Nobody knows" not in words(report(make_results(seeds=1), tmp_path))


def degenerate() -> dict[str, Results]:
    small = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    lost = small.cells.assign(status="failed", error="boom")
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
        "no references": hand_made({("a", 0): [(1.0, 0.5)], ("b", 0): [(1.0, 0.5)]}, problem=OWN),
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


def test_a_process_that_draws_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raises is an error with what to do; the next report is whole."""
    with monkeypatch.context() as patch:
        patch.setattr("hpobench.figures.mean_regret.draw", Killed())
        with pytest.raises(StoreError, match="a process that drew figures was killed"):
            report(make_results(seeds=1), tmp_path)
    assert report(make_results(seeds=1), tmp_path).images


class Killed:
    def __call__(self, *_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


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
