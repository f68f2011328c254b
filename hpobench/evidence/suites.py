"""The suites whose runs the evidence is made of."""

from __future__ import annotations

from collections.abc import Sequence

from hpobench.contract.errors import UnknownNameError
from hpobench.plugins.registry import shipped_suites


def evidence_suites(chosen: Sequence[str] = ()) -> list[str]:
    """The names of the shipped suites ``evidence``, ``evidence-workers`` and so on, or the
    ``chosen`` ones of them; the first is the one that the others extend.

    Raises :class:`UnknownNameError` for a name that is none of them.
    """
    names = [name for name in sorted(shipped_suites()) if f"{name}-".startswith("evidence-")]
    for name in chosen:
        if name not in names:
            raise UnknownNameError("suite of the evidence", name, names)
    return [name for name in names if not chosen or name in chosen]
