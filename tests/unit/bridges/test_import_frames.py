"""CSV and parquet files: trials, inferred spaces, curves on equal steps."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.api import Categorical, Float, Int, Ordinal, Space, When
from hpobench.bridges.imports.importing import Imported, import_trials
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import StoreError, UsageError


def read(file: Path, text: str | None = None, **options: Any) -> Imported:
    if text is not None:
        file.write_text(text)
    names = ("space_file", "steps", "resource")
    more = {key: options.pop(key) for key in names if key in options}
    return import_trials(str(file), Asked(**{"mode": "min", "metric": "loss", **options}), **more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.csv"


def test_a_row_is_a_trial(file: Path) -> None:
    made = read(file, "lr,kind,loss,secs\n0.1,a,0.5,3\n0.2,b,0.4,5\n", cost="secs")
    assert made.space == Space([Float("lr", 0.1, 0.2), Categorical("kind", ("a", "b"))])
    assert made.table.configs == [{"lr": 0.1, "kind": "a"}, {"lr": 0.2, "kind": "b"}]
    assert made.table.curves["loss"].tolist() == [[0.5], [0.4]]
    assert made.table.curves["wall"].tolist() == [[3.0], [5.0]]
    assert (made.fidelity.name, made.fidelity.steps) == ("evaluation", 1)


def test_a_row_is_a_step(file: Path) -> None:
    rows = (
        "id,epoch,lr,acc,secs\n7,1,0.1,0.5,2\n7,2,0.1,0.6,3\n"
        "8,1,0.3,0.1,2\n9,2,0.2,0.9,1\n9,1,0.2,0.7,1\n"
    )
    options = {"metric": "acc", "mode": "max", "step": "epoch", "trial": "id", "cost": "secs"}
    made = read(file, rows, **options)
    assert made.table.configs == [{"lr": 0.1}, {"lr": 0.3}, {"lr": 0.2}]
    # 8 was stopped; it goes on with the median of 0.1 and 0.2.
    losses = [[-0.5, -0.6], [-0.1, -0.25], [-0.7, -0.9]]
    np.testing.assert_allclose(made.table.curves["loss"], losses)
    assert made.table.curves["wall"].tolist() == [[2.0, 3.0], [2.0, 2.0], [1.0, 1.0]]
    assert (made.fidelity.name, made.fidelity.steps) == ("epoch", 2)
    without = "\n".join(row.partition(",")[2] for row in rows.split("\n"))
    assert read(file, without, **{**options, "trial": None}).table.configs == made.table.configs


def test_parquet_and_prefixes(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"number": [0, 1], "value": [1.0, 2.0], "params_x": [1, 9], "params_on": [True, False]}
    )
    frame.to_parquet(tmp_path / "mine.parquet")
    made = read(tmp_path / "mine.parquet", metric="value")
    assert made.space == Space([Int("x", 1, 9), Categorical("on", (False, True))])
    assert made.table.configs == [{"x": 1, "on": True}, {"x": 9, "on": False}]


def test_the_inferred_space(file: Path) -> None:
    rng = Random(0)
    rows = [
        {
            "lr": 10 ** rng.uniform(-5, 0),
            "dropout": rng.random(),
            "batch": rng.choice([16, 32, 64, 128]),
            "units": rng.randint(10, 5000),
            "depth": rng.randint(1, 9),
            "kind": rng.choice(["a", "b", "c"]),
            "nesterov": rng.choice(["true", "false"]),
            "seed": 3,
            "run": f"run {i}",
            "loss": rng.random(),
        }
        for i in range(200)
    ]
    pd.DataFrame(rows).to_csv(file)
    made = read(file)
    assert {p.name: (p.kind, getattr(p, "log", None)) for p in made.space} == {
        "lr": ("float", True),
        "dropout": ("float", False),
        "batch": ("ordinal", None),
        "units": ("int", False),
        "depth": ("int", False),
        "kind": ("categorical", None),
        "nesterov": ("categorical", None),
    }
    assert made.space["batch"] == Ordinal("batch", (16, 32, 64, 128))
    assert made.inferred
    assert made.table.configs[0]["nesterov"] in (True, False)
    assert any("run is left out: 200 different words" in note for note in made.notes)
    assert any("seed is left out: it is '3'" in note for note in made.notes)


def test_conditions_and_a_given_space(file: Path, tmp_path: Path) -> None:
    rows = "kind,momentum,loss\nsgd,0.9,1\nadam,,2\nsgd,0.1,3\n"
    assert read(file, rows).space["momentum"].when == When("kind", ("sgd",))
    space = tmp_path / "space.yaml"
    space.write_text(
        "space:\n  kind: {choice: [sgd, adam, lion]}\n"
        "  momentum: {float: [0, 1], when: {kind: sgd}}\n"
    )
    made = read(file, space_file=space)
    assert made.space["kind"] == Categorical("kind", ("sgd", "adam", "lion"))
    assert made.table.configs == [
        {"kind": "sgd", "momentum": 0.9},
        {"kind": "adam"},
        {"kind": "sgd", "momentum": 0.1},
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lr: {flot: [0, 1]}", r"space\.yaml: space: 'lr' is .* not a parameter"),
        ("- lr", r"space\.yaml: a mapping of parameters"),
        ("lr: [", r"space\.yaml:1: not valid YAML"),
    ],
)
def test_a_bad_file_of_a_space(file: Path, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "space.yaml").write_text(text)
    with pytest.raises(UsageError, match=reason):
        read(file, "lr,loss\n1,1\n2,2\n", space_file=tmp_path / "space.yaml")


@pytest.mark.parametrize(
    ("epochs", "steps", "unit"),
    [
        ([0, 1, 2, 3], 4, 1.0),
        ([10, 20, 30], 3, 10.0),
        ([0, 50, 100], 3, 50.0),
        ([1, 3, 9], 9, 1.0),
        ([7], 1, 7.0),
        ([0], 1, 1.0),
        (list(range(1, 1001)), 100, 10.0),
    ],
)
def test_steps_are_equal(file: Path, epochs: list[int], steps: int, unit: float) -> None:
    rows = [f"{lr},{e},{lr * 100 - e}" for lr in (1, 2) for e in epochs]
    made = read(file, "\n".join(["lr,epoch,loss", *rows]), step="epoch")
    assert (made.fidelity.steps, made.fidelity.unit) == (steps, unit)
    losses = made.table.curves["loss"][0]
    assert losses[-1] == 100 - epochs[-1]
    assert (np.diff(losses) <= 0).all()


def test_steps_as_asked(file: Path) -> None:
    rows = [f"{lr},{e},{lr + 12 - e}" for lr in (1, 2) for e in range(1, 13)]
    made = read(file, "\n".join(["lr,epoch,loss", *rows]), step="epoch", steps=4, resource="pass")
    assert (made.fidelity.name, made.fidelity.steps, made.fidelity.unit) == ("pass", 4, 3.0)
    assert made.table.curves["loss"][0].tolist() == [10.0, 7.0, 4.0, 1.0]


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("", {}, "an empty file"),
        ("just words\n", {}, "a file of a kind that is not known"),
        ("lr,loss\n", {}, "has no rows"),
        ("lr,loss\n1,1\n2\n3,3\n", {}, "row 2 has 1 fields and the header 2"),
        ("lr,lr,loss\n1,2,3\n", {}, "two columns are called 'lr'"),
        ("lr,loss\n1,low\n2,2\n", {}, "row 1: loss is 'low', no number"),
        ("lr,loss\n1,1\n", {"metric": "los"}, r"no column 'los'; did you mean loss\?"),
        ("lr,loss\n1,1\n1,2\n", {}, "has no parameter that varies; lr is left out"),
        ("lr,loss\n1,\n2,\n", {}, "all 2 trials failed, the first with: no finite loss in step 1"),
        ("lr,e,loss\n1,1,1\n1,1,2\n", {"step": "e"}, "row 2 is another one of step 1.*--trial"),
        ("lr,e,loss\n1,a,1\n", {"step": "e"}, "row 1: e is 'a', no number"),
        ("lr,e,loss\n1,-1,1\n2,1,1\n", {"step": "e"}, "reports step -1"),
        ("lr,loss\n1,1\n2,2\n", {"cost": "-3"}, "a positive number of seconds"),
        ("lr,loss\n1,1\n2,2\n", {"mode": None}, "say --mode min or --mode max"),
    ],
)
def test_bad_files(file: Path, text: str, options: Any, reason: str) -> None:
    with pytest.raises((UsageError, StoreError), match=reason) as raised:
        read(file, text, **options)
    assert "mine.csv" in str(raised.value) or "--cost" in str(raised.value)


def test_columns_of_lists_are_words(tmp_path: Path) -> None:
    frame = pd.DataFrame({"layers": [[1, 2], [3], [1, 2]], "epoch": [1, 1, 2], "loss": [3, 2, 1]})
    frame.to_parquet(tmp_path / "mine.parquet")
    made = read(tmp_path / "mine.parquet", step="epoch")
    assert made.space == Space([Categorical("layers", ("[1, 2]", "[3]"))])
    np.testing.assert_array_equal(made.table.curves["loss"], [[3, 1], [2, 0]])


def test_a_last_row_that_was_cut_off(file: Path) -> None:
    made = read(file, "lr,loss\n1,1\n2,2\n3")
    assert made.table.configs == [{"lr": 1}, {"lr": 2}]
    assert "the last row was cut off and is left out" in made.notes


def test_files_that_are_no_text(tmp_path: Path) -> None:
    half = tmp_path / "half.parquet"
    pd.DataFrame({"x": [1, 2], "loss": [1.0, 2.0]}).to_parquet(half)
    half.write_bytes(half.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"half\.parquet: a damaged or half-written parquet file"):
        read(half)
    (tmp_path / "pickle").write_bytes(b"\x80\x04\x95\x00\x00")
    with pytest.raises(UsageError, match="pickle: a file of a kind that is not known"):
        read(tmp_path / "pickle")
