"""Which members of problems stem from the same data set, across all problems.

``problems/portfolios/_datasets.json`` names the data sets that several problems share: by the ids
of OpenML that some problems have as keys, and by the relations between names (``relatives``). Data
sets that were made from another one count as that one.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from hpobench.contract.package import PLUGIN_FOLDERS

SHIPPED = PLUGIN_FOLDERS["problems"] / "portfolios"
"""The folder of the shipped portfolios and of what they rest on."""


def data_set_of(problem: str, key: str) -> str:
    """The name of the data set behind the member ``key`` of the problem class ``problem``.

    It is in lower case with hyphens. A data set without a name is called by its id of OpenML.
    """
    known = _known()
    vocabulary = known["keys"].get(problem)
    name = _plain(key)
    if vocabulary is not None and (number := re.match(r"\d+", key)):
        name = known[vocabulary].get(number[0], f"{vocabulary[:-1]} {number[0]}".replace(" ", "-"))
    # Keys may end with an option, as in `digits-original`.
    parts = name.split("-")
    begins = ("-".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((known["relatives"][b] for b in begins if b in known["relatives"]), name)


def same_data_set(one: str, other: str) -> bool:
    """Whether two names of :func:`data_set_of` mean the same data, perhaps with an option."""
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


@functools.cache
def _known() -> Mapping[str, Any]:
    known: dict[str, Any] = json.loads((SHIPPED / "_datasets.json").read_text("utf-8"))
    return known


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
