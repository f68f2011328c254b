"""OpenML's data sets, by way of a server on this machine that answers as OpenML does.

What it answers is what scikit-learn's own tests have kept of OpenML, as they ship with it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.datasets import _openml as theirs
from sklearn.tree import DecisionTreeClassifier

from hpobench import data
from hpobench.contract.errors import NotAvailableError, UsageError
from hpobench.data import local, openml
from hpobench.problems.general import _openml
from hpobench.problems.general.sklearn_estimator import SklearnEstimator, load_data
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.data_server import serving

KEPT = Path(sklearn.datasets.__file__).parent / "tests" / "data" / "openml"
IRIS, ZOO, ANNEAL, SPARSE, CPU, MULTI, TITANIC, PENGUINS = (
    61, 62, 2, 292, 561, 40589, 40945, 42585,
)  # fmt: skip
TREE: dict[str, Any] = {
    "estimator": "sklearn.tree.DecisionTreeClassifier",
    "dataset": "openml:61",
    "space": {"max_depth": {"int": [1, 8]}},
}
API = {"jd": "/api/{}", "jdf": "/api/features/{}", "jdq": "/api/qualities/{}"}


def pages(base: str) -> dict[str, bytes]:
    """What OpenML answers about the sets that are kept, the data at ``base``."""
    found = {}
    for number in (IRIS, ZOO, ANNEAL, SPARSE, CPU, MULTI, TITANIC, PENGUINS):
        folder = KEPT / f"id_{number}"
        for key, path in API.items():
            for kept in folder.glob(f"api-v1-{key}-{number}.json.gz"):
                found[path.format(number)] = gzip.decompress(kept.read_bytes())
        (arff,) = folder.glob("data-v1-dl-*.gz")
        told = json.loads(found[f"/api/{number}"])
        told["data_set_description"]["url"] = f"{base}/{number}.arff"
        found[f"/api/{number}"] = json.dumps(told).encode()
        found[f"/{number}.arff"] = gzip.decompress(arff.read_bytes())
    return found


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if not KEPT.is_dir():
        pytest.skip("waits for the answers of OpenML that scikit-learn's tests have kept")
    with serving({}) as running:
        running.pages = pages(running.url)
        monkeypatch.setattr(openml, "API", f"{running.url}/api")
        for name, key in (("INFO", "jd"), ("FEATURES", "jdf"), ("QUALITIES", "jdq")):
            monkeypatch.setattr(theirs, f"_DATA_{name}", running.url + API[key])
        yield running


@pytest.fixture(autouse=True)
def _fresh() -> None:
    load_data.cache_clear()


def fetched(root: Path, number: int) -> str:
    name = f"openml:{number}"
    openml.fetch(openml.described(name, root), root)
    return name


# -- fetching ------------------------------------------------------------------------------


def test_the_command_brings_a_table_and_its_origin(server: Any, root: Path, says: Any) -> None:
    out, err = says("data", "fetch", "openml:42585")
    assert err == ""
    assert out == (
        "openml:42585: penguins, version 1, of OpenML\n"
        "  licence  CC0\n"
        "  cite     https://doi.org/10.1371/journal.pone.0090081; "
        "https://www.openml.org/d/42585\n"
        "  from     https://www.openml.org/d/42585\n"
        f"  into     {root}/openml/42585\n"
        "  fetched  table.parquet\n"
    )
    folder = data.find("openml:42585")
    assert sorted(path.name for path in folder.iterdir()) == ["record.json", "table.parquet"]
    record = json.loads((folder / "record.json").read_text())
    assert record["licence"] == "CC0"
    assert record["files"]["table.parquet"]["sha256"] == local.sha256(folder / "table.parquet")

    server.asked.clear()
    assert "all of it was there" in says("data", "fetch", "openml:42585").out
    assert server.asked == []
    listed = says("data", "list").out
    assert ["openml:42585", "0.0", "CC0", "here"] in [
        line.split()[:4] for line in listed.splitlines()
    ]
    assert str(folder) in listed
    assert "openml:42585: good" in says("data", "verify").out


def test_a_bad_table_is_told(server: Any, root: Path, says: Any) -> None:
    file = data.find(fetched(root, IRIS)) / "table.parquet"
    before = file.read_bytes()
    file.write_bytes(before[:-1] + b"?")
    out = says("data", "verify", code=1).out
    assert f"{file} has the sha256 " in out
    assert "`hpobench data fetch openml:61` brings it" in out
    says("data", "fetch", "openml:61")
    assert file.read_bytes() == before


def test_a_bad_record_is_told(server: Any, root: Path, says: Any) -> None:
    (data.find(fetched(root, IRIS)) / "record.json").write_text("{")
    assert "`hpobench data fetch openml:61`" in (data.missing("openml:61") or "")
    says("data", "fetch", "openml:61")
    assert data.missing("openml:61") is None


def test_the_table_is_what_fetch_openml_gives(server: Any, root: Path) -> None:
    frame = pd.read_parquet(data.find(fetched(root, PENGUINS)) / "table.parquet")
    theirs = sklearn.datasets.fetch_openml(data_id=PENGUINS, as_frame=True, data_home=root)
    assert list(frame.columns) == [*theirs.data.columns, "species"]
    pd.testing.assert_frame_equal(frame[theirs.data.columns], theirs.data)
    pd.testing.assert_series_equal(frame["species"], theirs.target)


def test_texts_are_left_out_and_that_is_told(server: Any, root: Path) -> None:
    name = fetched(root, TITANIC)
    frame = pd.read_parquet(data.find(name) / "table.parquet")
    assert "sex" in frame
    assert "name" not in frame
    assert ", without name, ticket, " in local.dataset(name).title


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (7, "OpenML has no data set 7"),
        (MULTI, "openml:40589 has 6 targets; hpobench takes those with one"),
        (SPARSE, "Sparse ARFF datasets cannot be loaded"),
    ],
)
def test_what_cannot_be_had(server: Any, root: Path, number: Any, told: str) -> None:
    with pytest.raises(NotAvailableError, match=told):
        fetched(root, number)
    assert data.missing(f"openml:{number}")


def test_data_that_is_not_what_openml_says(server: Any, root: Path) -> None:
    server.pages["/61.arff"] = server.pages["/61.arff"].replace(b"5.1", b"1.5")
    told = r"openml\.org/d/61: The md5 checksum .* nothing of"
    with pytest.raises(NotAvailableError, match=told):
        fetched(root, IRIS)
    assert data.missing("openml:61")


def test_no_network(server: Any, root: Path, says: Any) -> None:
    server.shutdown()
    server.server_close()
    out, err = says("data", "fetch", "openml:61", code=1)
    assert out == ""
    assert "/api/61 could not be fetched: " in err
    assert "Connection refused" in err


def test_no_licence_is_said(server: Any, root: Path) -> None:
    told = json.loads(server.pages["/api/61"])
    del told["data_set_description"]["licence"]
    told["data_set_description"]["status"] = "deactivated"
    server.pages["/api/61"] = json.dumps(told).encode()
    dataset = openml.described("openml:61", root)
    assert dataset.licence.startswith("none stated")
    assert "(deactivated: something is wrong with it)" in dataset.title


# -- the problem ---------------------------------------------------------------------------


def test_absent_data_leaves_the_problem_out_of_a_plan(root: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match="`hpobench data fetch openml:61` brings it from"):
        SklearnEstimator(**TREE)
    (file := tmp_path / "suite.yaml").write_text(
        "name: mine\nsearchers: [random]\nseeds: 1\nbudget: {trials: 3}\nstage: live\nproblems:\n"
        "  - sklearn:\n"
        "      estimator: sklearn.tree.DecisionTreeClassifier\n"
        "      dataset: [wine, openml:61]\n"
        "      space: {max_depth: {int: [1, 8]}}\n"
    )
    plan = build_plan(load_suite(file))
    assert len(plan.cells) == 1
    assert "`hpobench data fetch openml:61`" in plan.skipped[0].reason


def test_the_same_data_gives_the_same_losses(server: Any, root: Path) -> None:
    fetched(root, IRIS)
    x, y = sklearn.datasets.load_iris(return_X_y=True)
    found = _openml.table("openml:61")
    assert found.nominal == ()
    # OpenML's iris is UCI's, of which two rows differ from Fisher's.
    assert np.count_nonzero((found.x != x).any(axis=1)) <= 3
    assert np.array_equal(found.y, y)
    ours, bundled = (SklearnEstimator(**TREE | {"dataset": d}) for d in ("openml:61", "iris"))
    losses = [p.start({"max_depth": 3}, 0).step()["loss"] for p in (ours, bundled)]
    assert losses[0] == pytest.approx(losses[1], abs=0.05)
    assert isinstance(ours.model({"max_depth": 3}, 0), DecisionTreeClassifier)


def test_categories_and_gaps_are_prepared_for_those_who_need_it(server: Any, root: Path) -> None:
    name = fetched(root, PENGUINS)
    table = _openml.table(name)
    assert table.nominal == (0, 5)
    assert np.isnan(table.x).any()
    assert set(table.y) == {0, 1, 2}
    svm = SklearnEstimator(
        estimator="sklearn.svm.SVC",
        dataset=name,
        space={"C": {"float": [0.1, 10.0], "log": True}},
        scale=True,
    )
    prepared = svm.model({"C": 1.0}, 0)[0].fit_transform(table.x)
    assert not np.isnan(prepared).any()
    assert prepared.shape == (344, 4 + 3 + 4)  # three islands; two sexes, "_" and unknown
    steps = [svm.start({"C": 1.0}, 0).step() for _ in range(2)]
    assert steps[0] == steps[1]
    assert steps[0]["loss"] < -0.95
    unseen = np.where(np.isnan(table.x), 0.0, table.x)
    unseen[0, 1] = np.nan  # the only gap may be among the rows kept aside
    assert not np.isnan(svm.model({"C": 1.0}, 0)[0].fit(table.x).transform(unseen)).any()
    tree = SklearnEstimator(**TREE | {"dataset": name})
    assert np.isnan(tree.model({"max_depth": 3}, 0)[0].fit_transform(table.x)).any()
    assert tree.start({"max_depth": 3}, 0).step()["loss"] < -0.9


def test_regression(server: Any, root: Path) -> None:
    problem = SklearnEstimator(
        estimator="sklearn.linear_model.Ridge",
        dataset=fetched(root, CPU),
        space={"alpha": {"float": [0.01, 10.0], "log": True}},
    )
    assert problem.objective.metric == "r2"
    for config in (problem.space.sample(Random(i)) for i in range(3)):
        assert problem.start(config, 0).step()["loss"] < 0
    with pytest.raises(UsageError, match="is a regressor, which openml:42585 is not for"):
        SklearnEstimator(
            estimator="sklearn.linear_model.Ridge",
            dataset=fetched(root, PENGUINS),
            space={"alpha": {"float": [0.01, 10.0]}},
        )


def test_the_fingerprint_has_the_data(server: Any, root: Path) -> None:
    fetched(root, IRIS)
    first = SklearnEstimator(**TREE).fingerprint()
    assert SklearnEstimator(**TREE).fingerprint() == first
    folder = data.find("openml:61")
    frame = pd.read_parquet(folder / "table.parquet")
    first_column = frame.columns[0]
    frame[first_column] = frame[first_column] + (frame.index == 0)
    frame.to_parquet(folder / "table.parquet", compression="zstd", index=False)
    record = json.loads((folder / "record.json").read_text())
    entry = record["files"]["table.parquet"]
    entry["size"] = (folder / "table.parquet").stat().st_size
    entry["sha256"] = local.sha256(folder / "table.parquet")
    (folder / "record.json").write_text(json.dumps(record))
    assert SklearnEstimator(**TREE).fingerprint() != first


def test_a_table_that_cannot_be_read(server: Any, root: Path) -> None:
    file = data.find(fetched(root, IRIS)) / "table.parquet"
    file.write_bytes(b"?" * file.stat().st_size)
    with pytest.raises(NotAvailableError, match=r"cannot be read: .*data verify openml:61"):
        SklearnEstimator(**TREE)
