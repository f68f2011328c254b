"""A damaged store of a real run: named, repaired, and completed by the same command."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpobench
from hpobench.contract.errors import StoreError
from hpobench.store.prove.damage import find_damage, repair

SUITE = {
    "name": "mended",
    "searchers": ["random"],
    "schedulers": ["fifo", "asha"],
    "problems": [{"name": "mf-hartmann", "dimension": 3, "quality": "good"}],
    "seeds": 2,
    "budget": {"evaluations": 4},
}


def test_repaired_and_run_again_a_store_is_what_it_was(tmp_path: Path) -> None:
    def run() -> None:
        hpobench.run(SUITE, results=tmp_path, cpus=2, report=False)

    run()
    folder = tmp_path / "mended"
    (file,) = folder.glob("events-*.parquet")
    events, cells = file.read_bytes(), (folder / "cells.parquet").read_bytes()
    file.write_bytes(events[:200] + bytes([events[200] ^ 1]) + events[201:])
    (folder / "cells.parquet").write_bytes(cells[:-1])
    with pytest.raises(StoreError, match=f"cells.parquet: damaged.*hpobench verify {folder}"):
        run()
    assert [one.path.name for one in find_damage(folder)] == ["cells.parquet"]
    repair(folder)
    assert find_damage(folder) == []
    run()
    (again,) = folder.glob("events-*.parquet")
    assert (again.name, again.read_bytes()) == (file.name, events)
    assert hpobench.load(folder).missing == []
