"""Ray, started once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.ray_session import local_ray


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Any]:
    with local_ray(1) as ray:
        yield ray
