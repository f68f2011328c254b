"""Replaying recorded trainings: exact where they were recorded, else the nearest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space, When
from hpobench.contract.errors import SpaceError, StoreError, SuiteError, UsageError
from hpobench.problems.recorded._nearest import Nearest, places
from hpobench.problems.recorded.recorded import Recorded
from hpobench.recording.record import grid_space
from hpobench.recording.table import KEY, Table, read_table, write_table
from hpobench.running.cells.run_cell import run_cell
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

SPACE = Space(
    [
        Float("lr", 1e-4, 1.0, log=True),
        Int("depth", 1, 9),
        Ordinal("size", (8, 16, 32, 64)),
        Categorical("kind", ("a", "b", 3, True)),
        Float("momentum", 0.0, 0.9, when=When("kind", ("a",))),
        Categorical("nesterov", ("on", "off"), when=When("kind", ("a",))),
    ]
)
STEPS = 4


def recording(
    configs: Any,
    *,
    grid: Any = None,
    failed: Sequence[int] = (),
    heldout: bool = True,
    seed: int = 0,
) -> Table:
    rng = np.random.default_rng(seed)
    shape = len(configs), STEPS
    names = ["loss", "heldout", "cpu", "wall"] if heldout else ["loss", "cpu", "wall"]
    curves = {name: rng.uniform(1, 2, shape) for name in names}
    for curve in curves.values():
        curve[list(failed), 2:] = np.nan
    about = {
        "version": 1,
        "problem": "made up",
        "space": (SPACE if grid is None else grid_space(SPACE, configs)).to_json(),
        "trained": SPACE.to_json(),
        "grid": grid,
        "fidelity": {"name": "epoch", "steps": STEPS, "unit": 3.0},
        "objective": {"metric": "accuracy", "direction": "maximize"},
        "mutable": ["lr", "depth"],
        "seed": 5,
        "heldout": heldout,
        "trials": len(configs),
        "failed": len(failed),
    }
    errors = ["no" if row in failed else None for row in range(len(configs))]
    return Table(about, configs, curves, errors)


def sample(n: int, seed: int = 0) -> list[Config]:
    rng = Random(seed)
    return [SPACE.sample(rng) for _ in range(n)]


@pytest.fixture
def replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> Callable[..., Recorded]:
    """Makes the problem of a table."""
    monkeypatch.chdir(tmp_path)

    def make(table: Table, **options: Any) -> Recorded:
        write_table(tmp_path / "made.parquet", table)
        return Recorded(table="made.parquet", **options)

    return make


# -- the table -----------------------------------------------------------------------------


@pytest.mark.parametrize("heldout", [True, False])
def test_a_table_comes_back_bit_by_bit(tmp_path: Path, heldout: bool) -> None:
    table = recording(sample(50), failed=[3, 7], heldout=heldout)
    write_table(tmp_path / "a.parquet", table)
    again = read_table(tmp_path / "a.parquet")
    assert (again.about, again.errors) == (table.about, table.errors)
    found, due = ([list(map(repr, c.items())) for c in t.configs] for t in (again, table))
    assert found == due
    assert again.curves.keys() == table.curves.keys()
    for name, curve in table.curves.items():
        np.testing.assert_array_equal(again.curves[name], curve)
    write_table(tmp_path / "b.parquet", again)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


# -- answers -------------------------------------------------------------------------------


def test_recorded_configurations_are_answered_exactly(replayed: Any) -> None:
    table = recording(sample(60), failed=[4])
    problem = replayed(table)
    for row in [0, 17, 59]:
        curve = problem.curve(dict(table.configs[row]), seed=row)
        assert curve.losses == table.curves["loss"][row].tolist()
        assert curve.heldout == table.curves["heldout"][row].tolist()
        assert curve.costs == table.curves["cpu"][row].tolist()
    wall = replayed(table, cost="wall").curve(table.configs[9], 0)
    assert wall.costs == table.curves["wall"][9].tolist()
    assert replayed(recording(sample(5), heldout=False)).curve(sample(1)[0], 0).heldout is None


def test_what_equals_in_python_alone_is_not_the_same(replayed: Any) -> None:
    space = Space([Categorical("kind", (1, True, "a"))])
    configs = list(space.grid(1))
    table = recording(configs)
    about = table.about | {"space": space.to_json(), "trained": space.to_json()}
    problem = replayed(Table(about, configs, table.curves, table.errors))
    for row, config in enumerate(configs):
        assert problem.curve(config, 0).losses == table.curves["loss"][row].tolist()


def test_costs_that_were_left_out_are_told(replayed: Any) -> None:
    table = recording(sample(3))
    curves = {name: curve for name, curve in table.curves.items() if name != "wall"}
    problem = replayed(Table(table.about, table.configs, curves, table.errors), cost="wall")
    with pytest.raises(UsageError, match=r"made\.parquet has no wall seconds; it has cpu"):
        problem.estimate()


def test_what_was_recorded_twice_is_answered_by_the_first(replayed: Any) -> None:
    table = recording(sample(3) + sample(3))
    problem = replayed(table)
    for row in range(3):
        assert problem.curve(table.configs[row], 0).losses == table.curves["loss"][row].tolist()


def test_failed_trials_fail_again_at_the_same_step(replayed: Any) -> None:
    table = recording(sample(6), failed=[2])
    curve = replayed(table).curve(table.configs[2], 0)
    assert [math.isnan(loss) for loss in curve.losses] == [False, False, True, True]
    assert all(math.isfinite(cost) and cost > 0 for cost in curve.costs)


def test_the_problem_is_the_recorded_one(replayed: Any) -> None:
    problem = replayed(recording(sample(40), failed=[0]))
    assert problem.space == SPACE
    assert (problem.fidelity.name, problem.fidelity.steps, problem.fidelity.unit) == ("epoch", 4, 3)
    assert (problem.objective.direction, problem.mutable) == ("maximize", ("lr", "depth"))
    assert problem.heldout


def test_references_and_the_estimate_are_of_whole_trials(replayed: Any) -> None:
    table = recording(sample(41), failed=[0, 5])
    problem = replayed(table)
    whole = np.delete(np.arange(41), [0, 5])
    final = table.curves["heldout"][whole, -1]
    reference = problem.reference()
    assert (reference.optimum, reference.clip) == (final.min(), np.median(final))
    assert reference.known
    assert "41 recorded trials of made up" in reference.source
    assert problem.estimate() == np.median(table.curves["cpu"][whole].sum(axis=1))
    final = table.curves["loss"][whole, -1]
    visible = recording(table.configs, failed=[0, 5], heldout=False)
    assert replayed(visible).reference().optimum == visible.curves["loss"][whole, -1].min()


def test_where_all_are_as_good_there_is_no_reference(replayed: Any) -> None:
    assert replayed(recording(sample(1))).reference() is None


def test_everything_is_known_of_a_grid_without_conditions(replayed: Any) -> None:
    table = recording(list(SPACE.grid(3)), grid=3)
    assert replayed(table).everything() is None  # it has conditions
    flat = Space([p for p in SPACE if p.when is None][:3])
    configs = list(flat.grid(3))
    table = recording(configs, grid=3, failed=[2])
    about = table.about | {"space": grid_space(flat, configs).to_json(), "trained": flat.to_json()}
    whole = replayed(Table(about, configs, table.curves, table.errors))
    finals = np.stack([table.curves[name][:, -1] for name in ("loss", "heldout")], axis=1)
    np.testing.assert_array_equal(whole.everything(), finals)
    assert whole.optimum()[0] == np.nanmin(finals[:, 1])
    curves = {name: curve[1:] for name, curve in table.curves.items()}
    assert replayed(Table(about, configs[1:], curves, table.errors[1:])).everything() is None
    doubled = [configs[1], *configs[1:]]
    assert replayed(Table(about, doubled, table.curves, table.errors)).everything() is None
    assert replayed(recording(sample(20))).everything() is None


def test_random_search_agrees_with_an_independent_one(replayed: Any) -> None:
    """The mean best of ten, each draw answered by the words of the docstring."""
    table, n = recording(sample(60)), 2000
    problem, rng = replayed(table), Random(8)
    ours = [problem.curve(SPACE.sample(rng), 0).losses[-1] for _ in range(n)]
    theirs = []
    for config in sample(n, seed=9):
        row = min(range(60), key=lambda row: distance(config, table.configs[row]))
        theirs.append(table.curves["loss"][row, -1])
    best = [np.reshape(losses, (-1, 10)).min(axis=1) for losses in (ours, theirs)]
    error = math.sqrt(sum(b.var(ddof=1) / len(b) for b in best))
    assert 0 < error < 0.01
    assert abs(best[0].mean() - best[1].mean()) < 4 * error


# -- the nearest ---------------------------------------------------------------------------


def distance(one: Any, other: Any) -> float:
    """By the words of the docstring."""
    total = 0.0
    for p in SPACE:
        x, y = one.get(p.name), other.get(p.name)
        if x is None and y is None:
            continue
        if x is None or y is None:
            total += 1
        elif p.kind == "categorical":
            total += not (type(x) is type(y) and x == y)
        else:
            total += (p.to_unit(x) - p.to_unit(y)) ** 2
    return total


def test_distances_are_those_of_the_words() -> None:
    configs, asked = sample(80), sample(80, seed=1)
    nearest = Nearest(SPACE, places(SPACE, configs))
    for config in asked:
        expected = [distance(config, other) for other in configs]
        np.testing.assert_allclose(nearest.distances(config), expected, rtol=1e-12, atol=1e-15)
        assert nearest.row(config) == min(range(80), key=lambda row: nearest.distances(config)[row])


def test_others_are_answered_by_the_nearest(replayed: Any) -> None:
    table = recording(sample(80))
    problem = replayed(table)
    rows = set()
    for config in sample(60, seed=1):
        row = min(range(80), key=lambda row: distance(config, table.configs[row]))
        rows.add(row)
        assert problem.curve(config, 0).losses == table.curves["loss"][row].tolist()
    assert len(rows) > 20


def test_of_several_as_near_the_first_is_taken() -> None:
    space = Space([Int("n", 1, 9), Categorical("c", ("u", "v", "w"))])
    configs: list[Config] = [
        {"n": 7, "c": "v"},
        {"n": 3, "c": "u"},
        {"n": 7, "c": "u"},
        {"n": 3, "c": "u"},
    ]
    nearest = Nearest(space, places(space, configs))
    assert nearest.row({"n": 5, "c": "u"}) == 1
    assert nearest.row({"n": 5, "c": "w"}) == 0


# -- grids ---------------------------------------------------------------------------------


def test_a_grid_is_met_exactly(replayed: Any) -> None:
    table = recording(list(SPACE.grid(3)), grid=3)
    problem = replayed(table)
    assert [p.kind for p in problem.space][:2] == ["ordinal", "ordinal"]
    recorded = {repr(config): row for row, config in enumerate(table.configs)}
    rng = Random(2)
    for config in [problem.space.sample(rng) for _ in range(100)]:
        row = recorded[repr(config)]
        assert problem.curve(config, 0).losses == table.curves["loss"][row].tolist()
    with pytest.raises(SpaceError, match=r"lr = 0.5 is not in"):
        problem.curve(table.configs[0] | {"lr": 0.5}, 0)


# -- suites --------------------------------------------------------------------------------

SUITE = """
{{name: replayed, searchers: [random], problems: [{problem}], seeds: [5], budget: {{trials: 20}}}}
"""


def planned(folder: Path, problem: str) -> Any:
    (folder / "suite.yaml").write_text(SUITE.format(problem=problem))
    return build_plan(load_suite(folder / "suite.yaml")).cells


def test_a_table_lies_in_the_suites_folder(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    (suite / "tables").mkdir(parents=True)
    write_table(suite / "tables" / "a.parquet", recording(sample(30), failed=[1]))
    (cell,) = planned(suite, "{recorded: {table: tables/a.parquet}}")
    outcome = run_cell(cell, None)
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    assert outcome.cell["trials"] == 20
    write_table(tmp_path / "b.parquet", recording(sample(3)))
    for path in ("../b.parquet", tmp_path / "b.parquet"):
        with pytest.raises(SuiteError, match=r"suite.yaml:2: .*leaves the suite's folder"):
            planned(suite, f"{{recorded: {{table: {path}}}}}")
    with pytest.raises(SuiteError, match=r"suite.yaml:2: .*recorded: table: no file .*c.parquet"):
        planned(suite, "{recorded: {table: c.parquet}}")


def test_or_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "suite").mkdir()
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "a.parquet", recording(sample(30)))
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path / "data"))
    (cell,) = planned(tmp_path / "suite", "{recorded: {table: a.parquet}}")
    assert run_cell(cell, None).cell["status"] == "done"
    with pytest.raises(SuiteError, match=r"no file .*suite/b.parquet and no .*data/b.parquet"):
        planned(tmp_path / "suite", "{recorded: {table: b.parquet}}")


def test_cells_are_kept_when_all_moves_and_not_when_the_table_changes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        write_table(folder / "a.parquet", recording(sample(30)))
    ids = [planned(folder, "{recorded: {table: a.parquet}}")[0].id for folder in (first, second)]
    assert ids[0] == ids[1]
    write_table(second / "a.parquet", recording(sample(30), seed=1))
    assert planned(second, "{recorded: {table: a.parquet}}")[0].id != ids[0]


# -- damaged and foreign files ---------------------------------------------------------------


def test_foreign_or_torn_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1]}).to_parquet("foreign.parquet")
    (tmp_path / "notes.parquet").write_text("not a table")
    write_table(tmp_path / "torn.parquet", recording(sample(30)))
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "torn.parquet").read_bytes()[:-20])
    with pytest.raises(StoreError, match="but no recorded problem; `hpobench problems record`"):
        Recorded(table="foreign.parquet")
    for name in ("notes.parquet", "torn.parquet"):
        with pytest.raises(StoreError, match=f"{name}: damaged, or no recorded table"):
            Recorded(table=name)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="no file"):
        Recorded(table="folder")


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = recording(sample(3))
    table.about["version"] = 2
    write_table(tmp_path / "new.parquet", table)
    with pytest.raises(StoreError, match="version 2 of the format, this hpobench reads 1"):
        Recorded(table="new.parquet")
    made = pq.read_table("new.parquet").replace_schema_metadata({KEY: b"[]"})
    pq.write_table(made, "odd.parquet")
    with pytest.raises(StoreError, match="damaged"):
        Recorded(table="odd.parquet")


def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path: Path) -> None:
    table = recording(sample(200))
    write_table(tmp_path / "a.parquet", table)
    whole = (tmp_path / "a.parquet").read_bytes()
    found, positions = 0, range(4, len(whole) - 6000, 101)  # the data; the metadata come last
    for at in positions:
        changed = bytearray(whole)
        changed[at] ^= 4
        (tmp_path / "a.parquet").write_bytes(changed)
        try:
            again = read_table(tmp_path / "a.parquet")
        except StoreError:
            found += 1
        else:  # in what a page says of itself
            assert (again.configs, again.errors) == (table.configs, table.errors)
            for name, curve in table.curves.items():
                np.testing.assert_array_equal(again.curves[name], curve)
    assert found > 0.8 * len(positions)
