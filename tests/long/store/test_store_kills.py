"""A store whose writer is killed at every point."""

from __future__ import annotations

from pathlib import Path

from hpobench.store.read.reader import load_results
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer
from tests import ROOT
from tests.support.command_line import python
from tests.unit.store.test_store import begin, data, outcome, write

# Each run is a fork of one process that has imported everything and has not begun anything.
KILLS = """
import itertools, os, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from tests.unit.store.test_store import begin, outcome
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer

def killed_at(last):
    count = 0
    def point(real):
        def wrapped(*args, **kw):
            nonlocal count
            count += 1
            if count == last:
                os._exit(9)
            return real(*args, **kw)
        return wrapped
    os.fsync, os.replace, Path.replace = map(point, (os.fsync, os.replace, Path.replace))
    Path.unlink = point(Path.unlink)

def run(folder):
    with open_writer(folder) as store:
        begin(store, range(4))
        for i in (2, 0):
            store.add([Batch.of([outcome(i)])])
        store.compact()

for last in itertools.count(1):
    if os.fork() == 0:
        killed_at(last)
        run(Path(sys.argv[1], f"killed-{last}"))
        os._exit(0)
    if os.wait()[1] == 0:
        break
"""


def test_killed_at_every_point_of_writing_the_next_run_ends_the_same(tmp_path: Path) -> None:
    write(tmp_path / "whole", [[0, 1, 2, 3]])
    expected = data(tmp_path / "whole")
    python("-c", KILLS, tmp_path, ROOT)
    folders = sorted(tmp_path.glob("killed-*"))
    for folder in folders:
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
    assert len(folders) > 15
