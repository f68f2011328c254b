"""A store whose writer is killed at every point."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

from hpobench.store.batch import Batch
from hpobench.store.reader import load_results
from hpobench.store.writer import open_writer
from tests import ROOT
from tests.unit.store.test_store import CRASH, begin, data, outcome, write


def test_killed_at_every_point_of_writing_the_next_run_ends_the_same(tmp_path: Path) -> None:
    write(tmp_path / "whole", [[0, 1, 2, 3]])
    expected = data(tmp_path / "whole")
    root = str(ROOT)
    for point in itertools.count(1):
        folder = tmp_path / f"killed-{point}"
        code = subprocess.run([sys.executable, "-c", CRASH, folder, str(point), root]).returncode
        with open_writer(folder) as store:
            done = set(store.statuses)
        if (folder / "plan.json").exists() and done:
            # Whatever is there is whole.
            events = load_results(folder).events
            assert dict(events.groupby("cell", observed=True).size()) == dict.fromkeys(done, 5)
        with open_writer(folder) as store:
            begin(store, range(4))
            for i in range(4):
                if f"cell-{i:03d}" not in store.statuses:
                    store.add([Batch.of([outcome(i)])])
            store.compact()
        assert data(folder) == expected
        assert not list(folder.glob(".*.tmp"))
        if code == 0:
            break
    assert point > 15
