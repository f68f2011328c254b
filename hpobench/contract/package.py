"""This installation of hpobench: its version, and the folders of the shipped plugins."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

VERSION = "0.1.0"

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder ``hpobench`` itself."""


def _folder(name: str) -> Path:
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


PLUGIN_FOLDERS = {name: _folder(name) for name in ("algorithms", "problems")}
"""The folders of the shipped plugins: beside the package in a checkout, inside it in a wheel."""
PAPER = _folder("paper")
"""The sources of the paper, which lie in the same place."""
SMOKE = _folder("results/reference") / "smoke"
"""Stored results of the suite smoke, which newer ones are compared with."""


def is_shipped(file: Path | str) -> bool:
    """Whether the plugin ``file`` comes with hpobench."""
    return any(Path(file).is_relative_to(folder) for folder in PLUGIN_FOLDERS.values())


def mount() -> None:
    """Let the folders beside the package import as ``hpobench.algorithms`` and so on."""
    for folder in (*PLUGIN_FOLDERS.values(), PAPER):
        if folder.parent != PACKAGE:
            module = ModuleType(f"hpobench.{folder.name}")
            module.__path__ = [str(folder)]
            sys.modules[module.__name__] = module
