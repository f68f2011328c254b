"""Formatting, linting, types and imports, by the tools' own commands."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.support.types_tree import check_types

LINT_IMPORTS = (str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("command", ["format --check .", "check ."])
def test_ruff(command: str) -> None:
    done = run(ROOT, sys.executable, "-m", "ruff", *command.split())
    assert done.returncode == 0, done.stdout + done.stderr


def test_types() -> None:
    status, output = check_types()
    assert status == 0, output


def test_rooms_import_downwards_only() -> None:
    done = run(ROOT, *LINT_IMPORTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_of_a_higher_room_is_an_error(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "hpobench", tmp_path / "hpobench", ignore=without)
    with (tmp_path / "hpobench" / "contract" / "space.py").open("a") as file:
        file.write("\nimport hpobench.cli\n")
    done = run(tmp_path, *LINT_IMPORTS)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "hpobench.contract is not allowed to import hpobench.cli" in done.stdout


def imported(file: Path) -> Iterator[str]:
    """The modules that ``file`` imports by their whole names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = node.module != "hpobench"
            yield from [node.module] if whole else [f"hpobench.{a.name}" for a in node.names]


@pytest.mark.parametrize("folder", ["algorithms", "problems"])
def test_plugins_import_the_contract_the_kit_and_each_other(folder: str) -> None:
    allowed = tuple(f"hpobench.{name}." for name in ("api", "kit", "algorithms", "problems"))
    files = sorted((ROOT / folder).rglob("*.py"))
    assert len(files) > 30
    others = {
        (file.name, module)
        for file in files
        for module in imported(file)
        if module.partition(".")[0] == "hpobench" and not f"{module}.".startswith(allowed)
    }
    assert others == set()
