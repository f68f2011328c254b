import json
import shutil
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from hpobench.contract.errors import NotAvailableError
from hpobench.problems.cnn import cnn
from hpobench.problems.data import _index, _tables
from hpobench.problems.data._index import FOLDER, entries, short_hash
from hpobench.problems.data._tables import split, table
from hpobench.problems.xgboost import _problem

DATASETS = entries()
SHIPPED = [name for name, entry in DATASETS.items() if entry.sha256]
TRAINED_ON = {
    _problem.XGBoostProblem: set(get_args(_problem.Dataset)),
    cnn.CNN: set(get_args(cnn.Dataset)),
}
GENERATED = {"mnist1d"}
TARGETS = {
    "abalone": "rings",
    "ames": "price in US dollars",
    "bikeshare": "bicycles hired",
    "diamonds": "price in US dollars",
}
LARGE = 5000
CONSTANT = {"optdigits": 2}
"""Pixels that are never inked."""
HEADS = {
    "wine": [[135, 170, 172, 130], [66, 1, 37, 161], [64, 36, 60, 39]],
    "diabetes": [[255, 181, 393, 341], [386, 27, 183, 395], [362, 249, 271, 435]],
}
"""The first rows of each part."""


# -- descriptions --------------------------------------------------------------------------


def test_every_file_is_described_and_every_description_used() -> None:
    assert {file.stem for file in FOLDER.glob("*.parquet")} == set(SHIPPED)
    assert set.union(*TRAINED_ON.values()) - GENERATED == DATASETS.keys()


@pytest.mark.parametrize("name", DATASETS)
def test_a_description_is_complete(name: Any) -> None:
    entry = DATASETS[name]
    assert entry.licence in ("Apache-2.0", "BSD-3-Clause", "CC-BY-4.0", "MIT")
    assert entry.source.startswith("https://")
    for text in (entry.description, entry.citation, entry.changes, entry.package):
        assert text.strip()
    assert bool(entry.members) == bool(entry.sha256) == (entry.package != "scikit-learn")


def test_the_readme_lists_the_files() -> None:
    readme = (FOLDER / "README.md").read_text()
    assert [line for line in readme.splitlines() if line.startswith("| `")] == [
        f"| `{name}.parquet` | {entry.rows:,} | {entry.features} "
        f"| {TARGETS.get(name) or f'{entry.classes} classes'} | {entry.licence} |"
        for name, entry in DATASETS.items()
        if entry.sha256
    ]
    named = readme.partition("## Notice for")[2].partition("\n")[0]
    assert [name for name in SHIPPED if DATASETS[name].licence == "MIT"] == [
        word.removesuffix(".parquet") for word in named.replace(",", " ").split() if word != "and"
    ]


@pytest.mark.parametrize("family", TRAINED_ON, ids=lambda family: family.__name__)
def test_a_family_names_the_licences_of_its_data(family: Any) -> None:
    licences = {DATASETS[name].licence for name in TRAINED_ON[family] - GENERATED}
    if GENERATED & TRAINED_ON[family]:
        licences.add("Apache-2.0")  # the package mnist1d
    assert family.licence == " AND ".join(sorted(licences))


def test_there_are_enough_tables_of_every_kind() -> None:
    tables = [DATASETS[name] for name in TRAINED_ON[_problem.XGBoostProblem]]
    assert sum(entry.classes is not None for entry in tables) >= 10
    assert sum(entry.classes is None for entry in tables) >= 2
    assert sum(entry.rows > LARGE for entry in tables) >= 6


# -- contents ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_a_table_is_what_its_description_says(name: Any) -> None:
    entry = DATASETS[name]
    features, target, classes = table(name)
    assert features.shape == (entry.rows, entry.features)
    assert features.dtype == np.float32
    assert not np.isinf(features).any()
    assert np.isnan(features).sum() == entry.missing
    assert target.shape == (entry.rows,)
    assert classes == entry.classes
    if classes is None:
        assert np.isfinite(target).all()
        assert (target >= 0).all()
        assert len(np.unique(target)) > 20
    else:
        assert np.unique(target).tolist() == list(range(classes))
        assert np.bincount(target).min() >= 10


@pytest.mark.parametrize("name", SHIPPED)
def test_features_vary_and_none_tells_the_target(name: Any) -> None:
    features, target, _ = table(name)
    varying = np.nanmin(features, axis=0) < np.nanmax(features, axis=0)
    assert (~varying).sum() == CONSTANT.get(name, 0)
    for column in np.nan_to_num(features[:, varying]).T.astype(np.float64):
        assert abs(np.corrcoef(column, target)[0, 1]) < 0.95


# -- splits --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_the_split_takes_every_row_once(name: Any) -> None:
    _, target, classes = table(name)
    rows = DATASETS[name].rows
    parts = split(target, stratify=classes is not None)
    assert sorted(np.concatenate(parts)) == list(range(rows))
    assert [len(part) / rows for part in parts] == pytest.approx([0.6, 0.2, 0.2], abs=0.01)
    assert len(parts[0]) == DATASETS[name].training_rows
    if classes is not None:
        whole = np.bincount(target) / rows
        for part in parts:
            off = np.abs(np.bincount(target[part], minlength=classes) - whole * len(part))
            assert off.max() < 2
    else:
        means = [target[part].mean() for part in parts]
        assert means == pytest.approx([target.mean()] * 3, rel=0.15)


def test_the_split_is_always_the_same() -> None:
    """It does not depend on the seed of a trial; a library that shuffles otherwise must not
    pass unnoticed."""
    assert {name: _first_rows(name) for name in HEADS} == HEADS


def _first_rows(name: str) -> list[Any]:
    _, target, classes = table(name)
    return [part[:4].tolist() for part in split(target, stratify=classes is not None)]


# -- damage --------------------------------------------------------------------------------


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def _without_a_column(file: Path) -> None:
    frame = pd.read_parquet(file)
    frame.drop(columns=frame.columns[0]).to_parquet(file)


def _with_a_nan(file: Path) -> None:
    frame = pd.read_parquet(file).astype("float64")
    frame.iloc[3, 1] = np.nan
    frame.to_parquet(file)


@pytest.mark.parametrize("damage", [_truncated, _without_a_column, _with_a_nan])
def test_damage_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: Any) -> None:
    file = tmp_path / "segment.parquet"
    shutil.copy(FOLDER / file.name, file)
    monkeypatch.setattr(_tables, "FOLDER", tmp_path)
    assert table("segment").classes == 7
    damage(file)
    with pytest.raises(NotAvailableError) as caught:
        table("segment")
    assert str(caught.value).startswith(f"{file}: damaged or another version: its sha256 is ")
    assert str(caught.value).endswith(
        f"{DATASETS['segment'].sha256}; install hpobench anew, or redo the file in a checkout: "
        "python problems/data/make_data.py"
    )


def test_an_absent_file_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_tables, "FOLDER", tmp_path)
    told = r"segment\.parquet: cannot be read: No such file or directory; install hpobench anew"
    with pytest.raises(NotAvailableError, match=told):
        table("segment")


@pytest.mark.parametrize("licence", [{}, {"licence": ""}])
def test_a_table_without_a_licence_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, licence: dict[str, Any]
) -> None:
    file = tmp_path / "datasets.json"
    row = json.loads(_index.DESCRIPTIONS.read_text())["segment"]
    del row["licence"]
    file.write_text(json.dumps({"segment": row | licence}))
    monkeypatch.setattr(_index, "DESCRIPTIONS", file)
    with pytest.raises(NotAvailableError) as caught:
        entries.__wrapped__()
    assert str(caught.value) == f"{file}: segment has no licence"


def test_the_short_hash_is_of_the_file() -> None:
    stored = json.loads((FOLDER / "datasets.json").read_text())
    assert short_hash("segment") == stored["segment"]["sha256"][:8]
    assert short_hash("wine") == short_hash("mnist1d") == ""
