"""A run whose plugins raise anything, end their process or fail to be imported there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import finish
from tests.ray.running import raising_plugins
from tests.ray.running.raising_plugins import DEADLY, KINDS

UNIMPORTABLE = """
import os
from hpobench.api import Searcher
if "HPOBENCH_PLUGINS" in os.environ:  # in a process that runs cells
    raise KeyboardInterrupt("at import")
class Absent(Searcher):
    name = "absent"
    def __init__(self, space, *, seed, fidelity): ...
    def ask(self, trial): ...
    def tell(self, trial, step, loss, *, final): ...
"""


def raising(name: str, hook: str, kind: str) -> dict[str, str]:
    label = f"{kind} in {hook}".replace(" ", "-").lower()
    return {"name": name, "as": label, "kind": kind, "hook": hook}


def test_each_failure_costs_its_cell_and_the_rest_is_done(tmp_path: Path) -> None:
    shutil.copy(raising_plugins.__file__, tmp_path)
    (tmp_path / "absent.py").write_text(UNIMPORTABLE)
    suite: dict[str, Any] = {
        "name": "failing",
        "searchers": [
            "random",
            "absent",
            *(raising("raiser", hook, kind) for kind in KINDS for hook in ("ask", "tell")),
            *(raising("raiser", "ask", kind) for kind in DEADLY),
        ],
        "schedulers": ["fifo", raising("raising-scheduler", "result", "LocalRayletDiedError")],
        "problems": [{"mf-hartmann": {"dimension": 3, "quality": "good", "steps": 2}}],
        "seeds": 1,
        "workers": 1,
        "budget": {"trials": 4},
        "plugins": ["raising_plugins.py", "absent.py"],
    }
    (file := tmp_path / "suite.yaml").write_text(json.dumps(suite))
    options = ("--results", tmp_path, "--cpus", 2, "--no-report", "--timeout", 60)
    output = finish("run", file, *options, code=1)
    assert "missing" not in output
    cells = load_results(tmp_path / "failing").cells.set_index(["searcher", "scheduler"])
    assert list(cells[cells["status"] == "done"].index) == [("random", "fifo")]
    assert (cells["error"].dropna().str.len() <= 20_000).all()
    fifo = cells.xs("fifo", level="scheduler")
    assert set(fifo.loc[[raising("", "ask", kind)["as"] for kind in KINDS], "results"]) == {4}
    assert "at import" in str(fifo.loc["absent", "error"])
    assert "died" in str(fifo.loc["exit-in-ask", "error"])
    assert "not its own" in str(fifo.loc["descriptors-in-ask", "error"])
