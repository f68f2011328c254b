"""The files of exports: what is in them, byte by byte where it matters, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpobench.contract.errors import StoreError, UnknownNameError, UsageError
from hpobench.export import FORMATS, export, traces
from hpobench.export.layout import FIRST, OTHERS
from hpobench.export.traces import Trace, TraceRow, Traces
from hpobench.store.read.reader import Results, load_results
from tests.long.analysis.test_against_naive import naive_run, random_results
from tests.support.command_line import invoke
from tests.support.frames import tuples
from tests.support.results_factory import MadeProblem, hand_made, make_results

BOWL = MadeProblem("bowl", steps=1, optimum=0.5, clip=9.0, heldout=True)


def hand() -> Results:
    """One run whose held-out loss rises again, one that failed after three results."""
    runs = {("a", 0): [(1.0, math.inf), (2.0, 4.0), (3.0, 3.0), (4.0, 2.0), (5.0, 2.0)]}
    runs |= {("a", 1): [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]}
    heldout = {("a", 0): [1.0, 0.1 + 0.2, 1.25, 0.25, 9.0], ("a", 1): [1.0] * 3}
    return hand_made(runs, problem=BOWL, heldout=heldout, failed=[("a", 1)])


def test_the_lines_of_an_iohprofiler_file(tmp_path: Path) -> None:
    assert export(hand(), "iohprofiler", tmp_path / "out") == []
    data = tmp_path / "out" / "a" / "data_f5001_others" / "IOHprofiler_f5001_others_DIM3.dat"
    assert data.read_text() == (
        "evaluations raw_y loss\n"
        "1 nan nan\n2 -0.19999999999999996 0.30000000000000004\n"
        "3 -0.19999999999999996 1.25\n4 -0.25 0.25\n5 -0.25 0.25\n"
        "1 nan nan\n3 nan nan\n"
    )
    meta = json.loads((tmp_path / "out" / "a" / "IOHprofiler_f5001_others.json").read_text())
    (scenario,) = meta["scenarios"]
    assert scenario["runs"] == [
        {
            "instance": 1,
            "seed": 0,
            "status": "done",
            "evals": 5,
            "best": {"evals": 4, "y": -0.25, "x": []},
        },
        {
            "instance": 1,
            "seed": 1,
            "status": "failed",
            "evals": 3,
            "best": {"evals": 3, "y": None, "x": []},
        },
    ]
    assert (meta["function_name"], meta["maximization"]) == ("bowl", False)


def test_the_lines_of_coco_files(tmp_path: Path) -> None:
    assert export(hand(), "coco", tmp_path / "out") == []
    folder = tmp_path / "out" / OTHERS / "a"
    header = (
        "% f evaluations | g evaluations | best noise-free fitness - Fopt (0.5) | measured fitness "
        "| best measured fitness\n"
    )
    for kind in ("dat", "tdat"):
        assert (folder / "data_f5001" / f"bbobexp_f5001_DIM3.{kind}").read_text() == (
            f"{header}1 0 2e+21 2e+21 2e+21\n"
            "2 0 -0.19999999999999996 0.30000000000000004 0.30000000000000004\n"
            "3 0 -0.19999999999999996 1.25 0.30000000000000004\n"
            "4 0 -0.25 0.25 0.25\n5 0 -0.25 0.25 0.25\n"
            f"{header}1 0 2e+21 2e+21 2e+21\n3 0 2e+21 2e+21 2e+21\n"
        )
    head, comment, data = (folder / "bbobexp_f5001.info").read_text().splitlines()
    assert "funcId = 5001, DIM = 3, Precision = 1.000e-08, algId = 'a'" in head
    assert comment.startswith("% ")
    assert data == "data_f5001/bbobexp_f5001_DIM3.dat, 1:5|-0.25, 1:3|2e+21"


@pytest.mark.parametrize("number", range(8))
def test_traces_against_plain_loops(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties, gaps, losses that are not finite, failures; in batches of any size."""
    monkeypatch.setattr(traces, "BATCH", 10**number)
    found = Traces(random_results(number))
    cells = list(tuples(found.results.cells))
    problems = {row.problem: row for row in tuples(found.problems)}
    order = list(np.random.default_rng(number).permutation(len(cells)))
    for run, trace in zip(order, found.of(order), strict=True):
        problem = problems[cells[run].problem]
        eligible, end = naive_run(found.results, cells[run], "resource", "any")
        assert trace.end == max(round(end / problem.unit), 1)
        best, lowest, expected = math.inf, math.inf, {}
        for paid, visible, reported in eligible:
            if visible < best:
                best, lowest = visible, min(lowest, reported)
                expected[round(paid / problem.unit)] = lowest - problem.optimum, reported
        rows = zip(trace.regret.tolist(), trace.loss.tolist(), strict=True)
        assert dict(zip(trace.at.tolist(), rows, strict=True)) == expected


def test_rows_begin_with_the_first_evaluation_and_end_with_the_last() -> None:
    def rows(at: list[int], end: int) -> list[TraceRow]:
        values = np.arange(len(at), dtype=float)
        return list(Trace(np.array(at, dtype=int), values, -values, end, 0.0).rows(math.inf))

    nothing = (math.inf, math.inf)
    assert rows([1, 4], 4) == [(1, 0.0, 0.0), (4, -1.0, 1.0)]
    assert rows([3], 5) == [(1, *nothing), (3, 0.0, 0.0), (5, 0.0, 0.0)]
    assert rows([], 1) == [(1, *nothing)]
    assert rows([], 7) == [(1, *nothing), (7, *nothing)]


def test_functions_are_numbered(real: Path, tmp_path: Path) -> None:
    export(load_results(real), "coco", tmp_path / "out")
    index = pd.read_csv(tmp_path / "out" / "functions.csv", converters={"optimum": float})
    bbob = index[index["suite"] == "bbob"]
    for row in tuples(bbob):
        instance = f",instance={row.instance}" if row.instance != 1 else ""
        assert row.problem == f"bbob[function={row.function},dimension={row.dimension}{instance}]"
    assert len(bbob) == 8
    others = index[index["suite"] == OTHERS]
    assert others["function"].tolist() == [FIRST, FIRST + 1]
    expected = [["branin", 2, 1, 1], ["mf-hartmann[dimension=3,quality=good]", 3, 1, 27]]
    assert others[["name", "dimension", "instance", "steps"]].to_numpy().tolist() == expected
    stored = load_results(real).problems.set_index("problem")
    assert index["optimum"].tolist() == stored["optimum"].loc[index["problem"]].tolist()


def test_an_algorithm_on_several_numbers_of_workers_is_several(tmp_path: Path) -> None:
    results = make_results(["a", "A"], ["fifo"], seeds=2, failed=())
    results.cells["workers"] = results.cells["seed"].map({0: 1, 1: 8})
    export(results, "iohprofiler", tmp_path / "out")
    index = pd.read_csv(tmp_path / "out" / "algorithms.csv")
    assert index["algorithm"].tolist() == ["a on 1", "a on 8", "A on 1", "A on 8"]
    # Some file systems do not tell a and A apart.
    assert index["folder"].tolist() == ["a-on-1", "a-on-8", "A-on-1-2", "A-on-8-2"]
    for folder in index["folder"]:
        meta = json.loads(next((tmp_path / "out" / folder).glob("*.json")).read_text())
        assert [run["seed"] for run in meta["scenarios"][0]["runs"]] == [int("8" in folder)]


def test_problems_without_a_reference_are_told(tmp_path: Path) -> None:
    results = make_results(seeds=1, failed=())
    problems = results.problems
    problems["optimum"] = problems["optimum"].where(problems["problem"] != "branin", np.inf)
    for to in ("coco", "iohprofiler"):
        (note,) = export(results, to, tmp_path / to)
        assert note == "branin: no reference to measure from, so its 3 runs are left out"
        assert "branin" not in pd.read_csv(tmp_path / to / "functions.csv")["problem"].tolist()
        # The schedulers of what is left out still tell algorithms apart.
        names = pd.read_csv(tmp_path / to / "algorithms.csv")["algorithm"].tolist()
        assert names[0] == "random + fifo"
    results.problems["optimum"] = np.inf
    for to in FORMATS:
        with pytest.raises(StoreError, match=r"no problem has a ref|no run on a problem with ref"):
            export(results, to, tmp_path / f"none-{to}")


def test_parts_of_steps_are_refused(tmp_path: Path) -> None:
    results = hand()
    events = results.events.assign(resource=0.4)
    with pytest.raises(StoreError, match="a-0: the run paid for parts of steps"):
        export(dataclasses.replace(results, events=events), "coco", tmp_path / "out")


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    for to in FORMATS:
        for name in ("a", "b"):
            export(make_results(seeds=2), to, tmp_path / to / name)
        files = [path for path in (tmp_path / to / "a").rglob("*") if path.is_file()]
        assert len(files) > 3
        for path in files:
            twin = tmp_path / to / "b" / path.relative_to(tmp_path / to / "a")
            assert path.read_bytes() == twin.read_bytes(), path


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    results = hand()
    (tmp_path / "empty").mkdir()
    export(results, "coco", tmp_path / "empty")
    (tmp_path / "file").touch()
    for there in ("empty", "file"):
        with pytest.raises(UsageError, match="is there already and not an empty folder"):
            export(results, "coco", tmp_path / there)
    with pytest.raises(StoreError, match="cannot write the export to"):
        export(results, "coco", tmp_path / "file" / "below")
    with pytest.raises(UnknownNameError, match="did you mean coco"):
        export(results, "cocco", tmp_path / "out")
    empty = dataclasses.replace(results, cells=results.cells[:0])
    with pytest.raises(StoreError, match="no run has ended yet"):
        export(empty, "coco", tmp_path / "out")


@pytest.mark.parametrize("to", FORMATS)
def test_the_command(real: Path, tmp_path: Path, to: str) -> None:
    out = tmp_path / "out"
    assert invoke("export", real, "--to", to, out).endswith(f"{to}: {out}\n")
    assert any(out.iterdir())
    assert to in invoke("export", "--help")
