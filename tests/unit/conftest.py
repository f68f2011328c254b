"""The rule of this tier: no Ray, no environment of a searcher, no browser.

Importing Ray alone takes seconds. Where other tiers run in the same process, Ray may be there
already, and then nothing is checked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

FORBIDDEN = frozenset({"ray", "playwright"})


@pytest.fixture(scope="session", autouse=True)
def _collected_without_ray(request: pytest.FixtureRequest) -> None:
    """No file of unit tests imports what is forbidden, if only such files were collected."""
    if all("tests/unit/" in item.path.as_posix() for item in request.session.items):
        assert not FORBIDDEN & sys.modules.keys()


@pytest.fixture(autouse=True)
def _no_ray() -> Iterator[None]:
    """No unit test is the first to import what is forbidden."""
    before = FORBIDDEN & sys.modules.keys()
    yield
    assert FORBIDDEN & sys.modules.keys() == before
