"""Calls in a process of their own: results and errors come back, and nothing else does."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hpobench.contract.errors import PluginError, StoreError
from hpobench.plugins import apart as module
from hpobench.plugins.apart import ApartError, apart, try_import
from hpobench.plugins.registry import Registry

PLUGIN = """from hpobench.api import Searcher
{code}
class Mine(Searcher):
    name = "mine"
    def suggest(self, trial_id): return {{}}
"""


def test_what_a_call_returns_or_raises_comes_back() -> None:
    assert apart(60, None, sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(StoreError, match="damaged"):
        apart(60, None, _damaged)


def _damaged() -> None:
    raise StoreError("x: damaged")


def test_an_error_that_cannot_be_made_anew_comes_back_with_its_text() -> None:
    with pytest.raises(ApartError, match="Odd: 3 is odd"):
        apart(60, None, _odd)


class Odd(Exception):
    def __init__(self, number: int, /, *, what: str) -> None:
        super().__init__(f"{number} is {what}")


def _odd() -> None:
    raise Odd(3, what="odd")


@pytest.mark.parametrize(
    ("call", "argument", "said"),
    [
        (time.sleep, 60, "more than 3 s"),
        (os.abort, None, "signal SIGABRT ended"),
        (os._exit, 0, "with code 0 and gave no result"),
    ],
)
def test_a_process_that_gives_no_result_is_an_error(call, argument, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ApartError, match=said):
        apart(3, None, call, *([] if argument is None else [argument]))


def test_memory_has_a_limit() -> None:
    with pytest.raises(MemoryError):
        apart(60, 2**28, bytearray, 2**29)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time; time.sleep(60)", "it took more than 2 s"),
        ("import ctypes; ctypes.string_at(0)", "signal SIGSEGV"),
        ("import signal; signal.raise_signal(signal.SIGALRM)", "signal SIGALRM"),
        ("import signal; signal.raise_signal(signal.SIGINT)", "signal SIGINT"),
        ("import os; os._exit(0)", "with code 0"),
    ],
    ids=["sleeps", "crashes", "alarm", "interrupt", "exits"],
)
def test_an_import_that_does_not_come_back_names_its_file(
    code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IMPORT_S", 2.0)
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN.format(code=code))
    entry = Registry([file]).find("searcher", "mine")
    with pytest.raises(PluginError, match=said) as caught:
        entry.load()
    assert str(file) in str(caught.value)


def test_what_python_can_raise_is_left_to_the_import(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("raise SystemExit(3)")
    try_import(file)
