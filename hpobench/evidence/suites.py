"""The suites whose runs the evidence is made of."""

from __future__ import annotations

from hpobench.plugins.registry import shipped_suites

_NAME = "evidence"


def evidence_suites() -> list[str]:
    """The names of the shipped suites ``evidence``, ``evidence-workers`` and so on; the first is
    the one that the others extend."""
    names = sorted(shipped_suites())
    return [name for name in names if name == _NAME or name.startswith(f"{_NAME}-")]
