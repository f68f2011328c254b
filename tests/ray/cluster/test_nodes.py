"""Nodes that are not like the driver's machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import RayError
from hpobench.running.cluster import connect
from hpobench.running.cluster.connect import connected
from tests.ray.faults.commands import three_nodes


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with three_nodes() as cluster:
        yield cluster.address


@pytest.mark.parametrize(
    ("name", "other", "told"),
    [
        (
            "VERSION",
            "9.9.9",
            r"has hpobench [\d.]+, and this is hpobench 9\.9\.9; install hpobench==",
        ),
        ("_DISTRIBUTION", "no-such-package", "has no hpobench in the Python of its Ray"),
    ],
)
def test_another_hpobench_or_none_is_told_before_a_cell_runs(
    address: str, monkeypatch: pytest.MonkeyPatch, name: str, other: str, told: str
) -> None:
    monkeypatch.setattr(connect, name, other)
    with pytest.raises(RayError, match=f"the node .* {told}"), connected(address):
        pass


def test_cells_use_the_folders_of_the_driver(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("HPOBENCH_DATA", "HPOBENCH_ENVIRONMENTS")
    for name in names:
        monkeypatch.setenv(name, str(tmp_path / name))

    def there() -> Any:
        return [os.environ.get(name) for name in names]

    with connected(address) as ray:
        assert ray.get(ray.remote(there).remote()) == [str(tmp_path / name) for name in names]
