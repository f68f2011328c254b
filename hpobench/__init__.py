"""hpobench compares hyper-parameter-optimisation algorithms on Ray Tune."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

__version__ = "0.1.0"

PLUGIN_FOLDERS: dict[str, Path] = {}
"""Where the shipped plugins lie: beside this package in a checkout, inside it in a wheel."""


def _mount() -> None:
    """Make the plugin folders import as ``hpobench.algorithms`` and ``hpobench.problems``."""
    package = Path(__file__).resolve().parent
    for name in ("algorithms", "problems"):
        inside, beside = package / name, package.parent / name
        PLUGIN_FOLDERS[name] = inside if inside.is_dir() else beside
        if not inside.is_dir():
            module = ModuleType(f"{__name__}.{name}")
            module.__path__ = [str(beside)]
            sys.modules[module.__name__] = module


_mount()
