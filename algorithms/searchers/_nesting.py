"""Conditional spaces for libraries whose choices hold what depends on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpobench.api import Float, Int

if TYPE_CHECKING:
    from hpobench.api import Categorical, Parameter, Space, Value


def roots(space: Space) -> list[Parameter]:
    """The parameters outside any choice: those that are always active, and those that depend on
    a real number, which no library branches on; ``Space.build`` drops them where they are off."""
    return [p for p in space if p.when is None or isinstance(space[p.when.parent], Float)]


def branches(space: Space, p: Parameter) -> list[list[Parameter]]:
    """For each of the values of ``p``, the parameters that it turns on; nothing if no parameter
    depends on ``p``."""
    dependents = [q for q in space if q.when is not None and q.when.parent == p.name]
    if not dependents or isinstance(p, Float):
        return []
    return [
        [q for q in dependents if q.when is not None and q.when.holds({p.name: value})]
        for value in domain(p)
    ]


def domain(p: Int | Categorical) -> Sequence[Value]:
    """The values of ``p`` in their order."""
    return range(p.low, p.high + 1) if isinstance(p, Int) else p.choices
