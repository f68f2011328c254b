"""Results in an object store: an S3 server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import hpobench
from hpobench.contract.errors import StoreError, UsageError
from hpobench.store.format import index
from hpobench.store.remote.remote_folder import RemoteFolder
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer
from tests.ray.faults.commands import events, finish
from tests.ray.object_store import s3_server
from tests.unit.store.test_store import begin, data, outcome

SUITE = """
name: tiny
searchers: [random, sobol]
schedulers: [fifo]
problems: [branin]
seeds: 3
budget: {evaluations: 4}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with s3_server() as environment:
        yield environment


@pytest.fixture(autouse=True)
def _environment(server: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, value in server.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    return f"s3://bucket/{request.node.name.partition('[')[0]}"


def objects(url: str) -> set[str]:
    return set(RemoteFolder(url)._listed())


def test_a_run_and_everything_that_reads_it(url: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SUITE)
    suite = tmp_path / "tiny.yaml"
    finish("run", suite, "--results", tmp_path / "here", "--no-report")
    assert "in all 6 done" in finish("run", suite, "--results", url)
    there = objects(f"{url}/tiny")
    assert {"cells.parquet", "plan.json", "copies/cells.parquet", "report/index.html"} <= there
    assert not [name for name in there if name.startswith(("cells-", ".lock", "journals"))]

    def elsewhere(*arguments: object) -> str:
        return finish(*arguments, XDG_CACHE_HOME=str(tmp_path / "another machine"))

    assert "6 done" in elsewhere("status", f"{url}/tiny")
    assert "ran 0 cells" in elsewhere("run", suite, "--results", url, "--no-report")
    assert "undamaged" in elsewhere("verify", f"{url}/tiny")
    results = hpobench.load(f"{url}/tiny")
    assert len(results.cells) == 6
    assert events(Path(results)) == events(tmp_path / "here" / "tiny")
    more = elsewhere("run", suite, "--results", url, "--no-report", "--seeds", "0-4")
    assert "ran 4 cells" in more
    assert len(hpobench.load(f"{url}/tiny").cells) == 10


def writing(remote: RemoteFolder, numbers: list[int], *, ended: bool = False) -> None:
    with open_writer(remote.pull()) as store:
        begin(store, range(6))
        remote.push()
        for number in numbers:
            store.add([Batch.of([outcome(number)])])
            remote.push()
        if ended:
            store.compact()
            remote.push()


def test_a_run_that_was_killed_goes_on_on_another_machine(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    writing(RemoteFolder(url), [0, 1])
    assert {"cells-00000001.parquet", "cells-00000002.parquet"} <= objects(url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    writing(RemoteFolder(url), [2, 3, 4, 5], ended=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a third"))
    folder = RemoteFolder(url).pull()
    with open_writer(tmp_path / "whole") as store:
        begin(store, range(6))
        store.add([Batch.of([outcome(i) for i in range(6)])])
        store.compact()
    assert data(folder) == data(tmp_path / "whole")


def test_two_runs_undo_nothing(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = RemoteFolder(url)
    writing(first, [0], ended=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    second = RemoteFolder(url)
    with open_writer(second.pull()) as store:
        begin(store, range(6))
        second.push()
        writing(first, [1])
        store.add([Batch.of([outcome(2)])])
        with pytest.raises(StoreError, match=r"cells-00000001\.parquet: another run has written"):
            second.push()
    with open_writer(second.pull()) as store:
        begin(store, range(6))
        writing(first, [3], ended=True)
        store.compact()
        with pytest.raises(StoreError, match=r"cells\.parquet: another run has written"):
            second.push()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a third"))
    with open_writer(RemoteFolder(url).pull()) as store:
        assert set(store.statuses) == {"cell-000", "cell-001", "cell-003"}


def test_whoever_reads_while_a_run_writes_leaves_its_copy_alone(url: str) -> None:
    remote = RemoteFolder(url)
    with open_writer(remote.pull()) as store:
        begin(store, range(6))
        remote.push()
        store.add([Batch.of([outcome(0)])])  # and it is not in the store yet
        reader = RemoteFolder(url)
        assert len(index.commits(reader.pull())) == 1
        reader.push()
        assert "cells-00000001.parquet" not in objects(url)
        remote.push()
        assert "cells-00000001.parquet" in objects(url)
    with open_writer(RemoteFolder(url).pull()) as store:
        assert set(store.statuses) == {"cell-000"}


def test_what_was_not_put_there_runs_again(url: str) -> None:
    remote = RemoteFolder(url)
    writing(remote, [0])
    with open_writer(remote.copy) as store:
        begin(store, range(6))
        store.add([Batch.of([outcome(1)])])  # and the process is killed
    with open_writer(RemoteFolder(url).pull()) as store:
        assert set(store.statuses) == {"cell-000"}


@pytest.mark.parametrize("bad", ["s3://", "s3://bucket", "s3://bucket/../x", "s3://bucket/a//b"])
def test_odd_addresses_are_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="not the address of a results folder"):
        RemoteFolder(bad)


def test_a_missing_bucket_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match=r"s3://nowhere/x: cannot be listed: .*credentials"):
        RemoteFolder("s3://nowhere/x").pull()


def test_names_that_leave_the_folder_are_refused(url: str) -> None:
    RemoteFolder(url)._store.put("copies/.hidden", b"x")
    with pytest.raises(StoreError, match="is no file of results"):
        RemoteFolder(url).pull()
