"""The suites whose runs the evidence is made of."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.contract.errors import UnknownNameError
from hpobench.plugins.registry import shipped_suites

_NAME = "evidence"


def evidence_suites(chosen: Sequence[str] = ()) -> list[str]:
    """The names of the shipped suites ``evidence``, ``evidence-workers`` and so on, or of those
    that are ``chosen``; the first is the one that the others extend.

    Raises :class:`UnknownNameError` for a name that is none of them.
    """
    names = [
        name for name in sorted(shipped_suites()) if name == _NAME or name.startswith(f"{_NAME}-")
    ]
    for name in chosen:
        if name not in names:
            raise UnknownNameError("suite of the evidence", name, names)
    return [name for name in names if not chosen or name in chosen]
