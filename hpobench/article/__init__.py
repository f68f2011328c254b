"""The paper: its suites, what others published, and our numbers beside theirs."""

from __future__ import annotations

from pathlib import Path


def sources() -> Path:
    """The folder of the paper's sources: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "paper_sources"
    return inside if inside.is_dir() else package.parent / "paper"
