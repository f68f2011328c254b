"""The kinds of mutated inputs by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.frame import Kind
from tests.fuzz.plans import Plans

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (Plans(),)}
