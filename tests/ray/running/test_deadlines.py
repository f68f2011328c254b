"""The driver's deadline: it holds whatever a cell's process does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hpobench.running import deadlines
from hpobench.running.cells import VirtualCells
from hpobench.running.cluster import LOCAL, connected
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

STUCK = """
import itertools, os, signal, time
from hpobench.api import *

class Stuck(TabulatedProblem):
    name = "stuck"
    space = Space([Float("x", 0.0, 1.0)])
    def __init__(self, *, how: str):
        self.how = how
    def reference(self):
        return Reference(0.0, 1.0, "known")
    def curve(self, config, seed):
        if self.how == "stops":
            os.kill(os.getpid(), signal.SIGSTOP)
        while self.how == "swallows":
            try:
                time.sleep(600)
            except BaseException:
                pass
        if self.how == "native":
            sum(itertools.repeat(0))
        if self.how == "waits":
            time.sleep(600)
        if self.how == "slow":
            time.sleep(0.1)
        return Curve([config["x"]], [1.0])
"""
LIMIT, GRACE = 3.0, 2.0


def test_it_holds_whatever_a_cell_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for cells that wait for a processor meanwhile: their time has not begun."""
    monkeypatch.setattr(deadlines, "GRACE_S", GRACE)
    (tmp_path / "stuck.py").write_text(STUCK)
    suite = tmp_path / "stuck.yaml"
    suite.write_text(
        "name: stuck\nsearchers: [random]\n"
        "problems: [{stuck: {how: [stops, swallows, native, waits, slow]}}]\nseeds: 1\n"
        "budget: {trials: 4}\nplugins: [stuck.py]\n"
    )
    ends: dict[str, tuple[dict[str, Any], float]] = {}
    begin = time.monotonic()
    with connected(LOCAL, 1) as ray:
        cells = VirtualCells(ray, commit=None, timeout=LIMIT)
        for outcomes in cells.run(build_plan(load_suite(suite)).cells):
            ends |= {o.cell["problem"]: (o.cell, time.monotonic() - begin) for o in outcomes}
        titles = [p.name() for p in psutil.Process().children(recursive=True)]
        assert not [title for title in titles if "_run_cell" in title]
    told = {name: (cell["status"], cell["error"]) for name, (cell, _) in ends.items()}
    late = f"not finished after {LIMIT:g} s of wall time"
    killed = f"{late}; its process did not end and was killed"
    assert told == {
        "stuck[how=stops]": ("timeout", killed),
        "stuck[how=swallows]": ("timeout", killed),
        "stuck[how=native]": ("timeout", killed),
        "stuck[how=waits]": ("timeout", late),
        "stuck[how=slow]": ("done", None),
    }
