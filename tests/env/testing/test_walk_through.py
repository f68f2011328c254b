"""The walk-through in docs/compare/new-algorithm.md, done as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hpobench.store.read.reader import load_results
from tests import ROOT
from tests.support.documents import DOCS, blocks

PAGE = DOCS / "compare" / "new-algorithm.md"


def run(folder: Path, *command: object) -> str:
    """What a command prints that runs in ``folder``, with this environment's programs."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_walk_through_works(tmp_path: Path) -> None:
    assert {"hill.py", "hill.yaml"} <= {block.file for block in blocks(PAGE)}
    printed = run(tmp_path, sys.executable, "-m", "tests.support.documents", PAGE)
    assert printed.count(f"searcher hill ({tmp_path / 'hill.py'})") >= 2
    results = load_results(tmp_path / "results" / "hill")
    assert set(results.cells["status"]) == {"done"}
    assert (tmp_path / "results" / "hill" / "report" / "index.html").exists()
    # It climbs: its median final loss on Branin is below that of random search.
    branin = results.cells.query("problem == 'branin' and scheduler == 'fifo'")
    best = results.events.astype({"cell": str}).groupby("cell")["loss"].min()
    losses = branin.assign(best=branin["cell"].astype(str).map(best))
    medians = losses.groupby(losses["searcher"].astype(str))["best"].median()
    assert medians["hill"] < medians["random"]
    changed = (tmp_path / "hill.py").read_text().replace("start: int = 8", "start: int = 9")
    (tmp_path / "hill.py").write_text(changed)
    assert "120 cells, 60 of them stored by earlier runs" in run(
        tmp_path, "hpobench", "run", "hill.yaml", "--no-report"
    )
