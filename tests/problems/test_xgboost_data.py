import hashlib
import json
from typing import get_args

import numpy as np
import pytest

from hpobench.problems.xgboost import _data
from hpobench.problems.xgboost._problem import DATA, REGRESSION, Dataset

FILES = json.loads((DATA / "datasets.json").read_text("utf-8"))
ROWS = {"breast_cancer": 569, "diabetes": 442, "digits": 1797, "wine": 178}
"""Of scikit-learn's."""
SPLITS = {
    "wine": [[135, 170, 172, 130], [66, 1, 37, 161], [64, 36, 60, 39]],
    "diabetes": [[255, 181, 393, 341], [386, 27, 183, 395], [362, 249, 271, 435]],
}
"""The first rows of each part."""


def test_every_file_is_described_and_used():
    assert {file.stem for file in DATA.glob("*.parquet")} == FILES.keys()
    assert FILES.keys() | ROWS.keys() == set(get_args(Dataset))
    readme = (DATA / "README.md").read_text("utf-8")
    for name, row in FILES.items():
        target = f"{row['classes']} classes" if row["classes"] else "price in US dollars"
        line = f"| `{name}.parquet` | {row['rows']:,} | {row['features']} | {target} |"
        assert f"{line} {row['licence']} |" in readme
        assert row["licence"] in ("CC BY 4.0", "MIT")
        assert row["source"].startswith("https://")
        assert row["citation"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_its_description_says(name):
    row = FILES[name]
    file = DATA / f"{name}.parquet"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
    features, target, classes = _data.table(name)
    assert features.shape == (row["rows"], row["features"])
    assert classes == row["classes"]
    assert np.isfinite(features).all()
    assert np.isfinite(target).all()
    assert (features.min(axis=0) < features.max(axis=0)).all()


@pytest.mark.parametrize("name", get_args(Dataset))
def test_the_split_takes_every_row_once(name):
    _, target, classes = _data.table(name)
    assert (classes is None) == (name in REGRESSION)
    parts = _data.split(target, stratify=classes is not None)
    rows = FILES[name]["rows"] if name in FILES else ROWS[name]
    assert sorted(np.concatenate(parts)) == list(range(rows))
    assert [len(part) / rows for part in parts] == pytest.approx([0.6, 0.2, 0.2], abs=0.01)
    if classes is not None:
        whole = np.bincount(target) / rows
        for part in parts:
            off = np.abs(np.bincount(target[part], minlength=classes) - whole * len(part))
            assert off.max() < 2
    else:
        means = [target[part].mean() for part in parts]
        assert means == pytest.approx([target.mean()] * 3, rel=0.15)


def test_the_split_is_always_the_same():
    """It does not depend on the seed of a trial; a library that shuffles otherwise must not
    pass unnoticed."""
    heads = {name: _first_rows(name) for name in SPLITS}
    assert heads == SPLITS


def _first_rows(name):
    target = _data.table(name).target
    parts = _data.split(target, stratify=name not in REGRESSION)
    return [part[:4].tolist() for part in parts]
