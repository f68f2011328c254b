"""The kinds of mutated inputs by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.archives import Archives
from tests.fuzz.frame import Kind
from tests.fuzz.imports import Imports
from tests.fuzz.plugins import Plugins
from tests.fuzz.stores import Stores
from tests.fuzz.suites import Suites
from tests.fuzz.tables import Tables

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (Archives(), Imports(), Plugins(), Stores(), Suites(), Tables())
}
