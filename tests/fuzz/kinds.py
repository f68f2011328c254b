"""The kinds of mutated inputs by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.frame import Kind
from tests.fuzz.plans import Plans
from tests.fuzz.plugins import Plugins
from tests.fuzz.stores import Stores
from tests.fuzz.suites import Suites

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (Plans(), Plugins(), Stores(), Suites())}
