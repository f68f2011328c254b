"""Tables that processes share: written once, mapped, and none the worse where that fails."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.data.mapped import mapped, tables_folder
from tests.support.present import present

MEGABYTE = 2**20
LARGE = 32 * MEGABYTE


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to make arrays of; what is made is kept for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "numbers.txt").write_text("1 2 3")
    return tmp_path / "numbers.txt"


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
def make(source: Path, calls: Any) -> Callable[..., dict[str, Any]]:
    def read() -> dict[str, Any]:
        calls.append(source)
        numbers = np.array(source.read_text().split(), float)
        return {"numbers": numbers, "table": np.arange(6, dtype=np.int32).reshape(2, 3)}

    return read


def test_what_was_made_comes_back_mapped(source: Path, make: Any, calls: Any) -> None:
    for _ in range(3):
        arrays = mapped(source, "part", make)
        assert arrays.keys() == {"numbers", "table"}
        assert arrays["numbers"].tolist() == [1, 2, 3]
        assert arrays["table"].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert arrays["numbers"].dtype == np.float64
        assert arrays["table"].dtype == np.int32
        assert not arrays["numbers"].flags.writeable
    assert len(calls) == 1


def test_a_method_is_of_both(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "reader_base.py").write_text(
        "import numpy as np\n"
        "class Base:\n"
        "    def read(self):\n"
        "        return {'numbers': np.full(2, self.factor)}\n"
    )
    child = "from reader_base import Base\nclass Child(Base):\n    factor = {}\n"
    found = []
    for factor, name in ((1.0, "reader_one"), (2.0, "reader_two")):
        (tmp_path / f"{name}.py").write_text(child.format(factor))
        made = importlib.import_module(name).Child()
        found.append(mapped(source, "", made.read)["numbers"].tolist())
    assert found == [[1, 1], [2, 2]]


def test_another_content_part_or_code_is_made_anew(
    source: Path, make: Any, calls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped(source, ("a", 1), make)
    mapped(source, ("a", 2), make)
    assert len(calls) == 2
    source.write_text("4 5 6")
    assert mapped(source, ("a", 1), make)["numbers"].tolist() == [4, 5, 6]
    monkeypatch.setattr("hpobench.data.mapped.HPOBENCH", "99")
    mapped(source, ("a", 1), make)
    assert len(calls) == 4


def test_it_is_made_anew_when_the_code_that_makes_it_changes(source: Path, tmp_path: Path) -> None:
    plugin, code = (
        tmp_path / "plugin.py",
        "import numpy\ndef make():\n    return {'n': numpy.ones(%d)}",
    )
    for size in (2, 3):
        plugin.write_text(code % size)
        scope: dict[str, Any] = {}
        exec(compile(plugin.read_text(), plugin, "exec"), scope)
        assert len(mapped(source, "", scope["make"])["n"]) == size


def test_only_whole_tables_are_in_the_cache(source: Path, make: Any) -> None:
    mapped(source, "", make)
    (folder,) = tables_folder().iterdir()
    expected = ["names.json", "numbers.npy", "table.npy"]
    assert sorted(path.name for path in folder.iterdir()) == expected


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "missing"])
def test_damaged_files_are_replaced(source: Path, make: Any, calls: Any, damage: str) -> None:
    mapped(source, "", make)
    (folder,) = tables_folder().iterdir()
    file = folder / "numbers.npy"
    if damage == "missing":
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes({"truncated": content[:-8], "empty": b"", "text": b"x" * 200}[damage])
    for _ in range(2):
        assert mapped(source, "", make)["numbers"].tolist() == [1, 2, 3]
    assert len(calls) == 2


def test_without_a_place_for_them_they_stay_in_memory(
    source: Path, make: Any, calls: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for cache in (tmp_path / "file", Path("/proc/nothing")):
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        assert mapped(source, "", make)["numbers"].tolist() == [1, 2, 3]
    assert len(calls) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_leaves_none(source: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        return opened(Path("/dev/full") if path.suffix == ".npy" else path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", full)
    assert mapped(source, "", make)["numbers"].tolist() == [1, 2, 3]
    assert list(tables_folder().iterdir()) == []


def test_a_source_that_is_gone_is_left_to_its_reader(source: Path, make: Any) -> None:
    source.unlink()
    with pytest.raises(FileNotFoundError):
        mapped(source, "", make)


# -- several processes ---------------------------------------------------------------------


def _wide() -> dict[str, Any]:
    return {"numbers": np.random.default_rng(0).random(LARGE // 8)}


def _race(source: Any, start: Any, results: Any) -> None:
    start.wait()
    results.put(float(mapped(source, "", _wide)["numbers"].sum()))


def test_processes_that_begin_at_once_all_get_it(source: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Event(), spawn.Queue()
    running = [spawn.Process(target=_race, args=(source, start, results)) for _ in range(4)]
    for process in running:
        process.start()
    start.set()
    sums = {results.get(timeout=60) for _ in running}
    for process in running:
        process.join()
    assert len(sums) == 1
    assert len(list(tables_folder().iterdir())) == 1


def _memory(kind: str) -> int:
    """Bytes of this process: ``Rss`` what lies in memory, ``Pss`` its share of that."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return int(present(re.search(rf"^{kind}:\s+(\d+) kB", text, re.MULTILINE))[1]) * 1024


def _touch(source: Any, barrier: Any, results: Any) -> None:
    before = _memory("Rss"), _memory("Pss")
    numbers = mapped(source, "", _wide)["numbers"]
    numbers.sum()
    barrier.wait()  # until both have looked at all of it
    results.put((_memory("Rss") - before[0], _memory("Pss") - before[1]))
    barrier.wait()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
def test_two_processes_hold_one_copy(source: Path) -> None:
    mapped(source, "", _wide)
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(2), spawn.Queue()
    running = [spawn.Process(target=_touch, args=(source, barrier, results)) for _ in range(2)]
    for process in running:
        process.start()
    told = [results.get(timeout=60) for _ in running]
    for process in running:
        process.join()
    for resident, share in told:
        assert resident > 0.95 * LARGE
        assert share < 0.6 * LARGE


def test_nothing_is_pickled(source: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        mapped(source, "", lambda: {"objects": np.array([os.getpid, "x"], object)})
    assert list(tables_folder().iterdir()) == []
