"""Conditional spaces for libraries in which a choice contains the parameters that it activates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpobench.api import Float, Int

if TYPE_CHECKING:
    from hpobench.api import Categorical, Parameter, Space, Value


def roots(space: Space) -> list[Parameter]:
    """The parameters at the top level, outside any choice.

    These are the parameters that are always active, and those that depend on a real number, since
    no library branches on real numbers. ``Space.build`` drops the latter where they are inactive.
    """
    return [p for p in space if p.when is None or isinstance(space[p.when.parent], Float)]


def branches(space: Space, p: Parameter) -> list[list[Parameter]]:
    """For each value of ``p``, in order, the list of parameters that this value activates.

    The result is empty if no parameter depends on ``p``.
    """
    dependents = [q for q in space if q.when is not None and q.when.parent == p.name]
    if not dependents or isinstance(p, Float):
        return []
    return [
        [q for q in dependents if q.when is not None and q.when.holds({p.name: value})]
        for value in domain(p)
    ]


def domain(p: Int | Categorical) -> Sequence[Value]:
    """All values of ``p`` in order."""
    return range(p.low, p.high + 1) if isinstance(p, Int) else p.choices
