"""Objects of Python files that a suite names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench.contract.errors import PluginError, UnknownNameError
from hpobench.plugins.runnable import ScriptObject


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


def script(folder: Path, code: str, name: str = "train") -> ScriptObject:
    (folder / "mine.py").write_text(code)
    return ScriptObject("it", f"mine.py:{name}", lambda path: folder / path)


def test_an_object_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_me.py").write_text("number = 7\n")
    found = script(tmp_path, "def train():\n    import neighbour_of_me as n\n    return n.number\n")
    assert found.load()() == 7
    assert found.load() is found.load()


@pytest.mark.parametrize(
    "code",
    [
        "def train(): pass",
        "class train: pass",
        "train = 1",
        "from os import path as train",
        "if True:\n    train = 1",
        "from os import *",
        "# -*- coding: latin-1 -*-\ntrain = 1",
    ],
)
def test_names_are_found_without_running_the_file(tmp_path: Path, code: str) -> None:
    assert script(tmp_path, f"{code}\nraise AssertionError\n").digest()


@pytest.mark.parametrize("code", ["def other(): train = 1", "print(train)", ""])
def test_names_that_are_not_there(tmp_path: Path, code: str) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown name in .*mine.py 'train'"):
        script(tmp_path, code).digest()


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    file = re.escape(str(tmp_path / "mine.py"))
    with pytest.raises(PluginError, match=f"{file}:2: not valid Python"):
        script(tmp_path, "x = 1\ndef train(:\n").digest()
    with pytest.raises(PluginError, match=f"{file}:2: it: cannot be imported: ZeroDivisionError"):
        script(tmp_path, "x = 0\n1 / x\n").load()
    with pytest.raises(PluginError, match=r"mine.py: cannot be read: No such file"):
        ScriptObject("it", "mine.py:train", lambda path: tmp_path / "no" / path).load()
    (tmp_path / "made").mkdir()
    with pytest.raises(UnknownNameError, match="'train'; did you mean trian"):
        script(tmp_path / "made", "globals()['trian'] = 1").load()
