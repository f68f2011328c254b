"""Which plugins may share a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hpobench.contract.cell import PluginRef
from hpobench.plugins.registry import Registry
from hpobench.running.cells.containment import process_key


def shipped(name: str, **options: Any) -> PluginRef:
    entry = Registry().find("problem", name)
    return PluginRef("problem", name, name, options, str(entry.file), entry.cls, "/folder")


def test_shipped_plugins_share_a_process() -> None:
    assert process_key(shipped("branin"), shipped("command", run=["a"])) == ""


def test_files_that_are_not_shipped_have_their_own(tmp_path: Path) -> None:
    mine, other = (
        PluginRef("searcher", "mine", "mine", {}, str(tmp_path / name), "Mine")
        for name in ("mine.py", "other.py")
    )
    assert len({"", process_key(mine), process_key(other), process_key(mine, other)}) == 4
    assert process_key(mine, shipped("branin")) == process_key(mine)


def test_code_that_a_shipped_problem_runs_has_its_own() -> None:
    one, other = (shipped("trainable", run=f"mine.py:{name}") for name in ("train", "Train"))
    assert len({"", process_key(one), process_key(other)}) == 3
    assert process_key(one) == process_key(one, shipped("branin"))
