"""The walk-through in CONTRIBUTING.md, done as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpobench.store.reader import load_results
from tests import ROOT

FILES = {"python": "hill.py", "yaml": "hill.yaml"}


def walk_through() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition("### A new algorithm in ten minutes\n")[2].partition("\n### ")[0]


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., str]:
    """Runs lines of a shell that knows the command; returns what they print."""
    (tmp_path / "bin").mkdir()
    (command := tmp_path / "bin" / "hpobench").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m hpobench "$@"\n'
    )
    command.chmod(0o755)
    path = os.pathsep.join([str(command.parent), os.environ["PATH"]])

    def run(lines: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", lines],
            cwd=tmp_path,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def test_the_walk_through_works(shell: Any, tmp_path: Path) -> None:
    printed = ""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", walk_through(), flags=re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["sh", "python", "sh", "yaml", "sh"]
    for language, text in blocks:
        if language == "sh":
            printed += shell(text)
        else:
            (tmp_path / FILES[language]).write_text(text)
    assert printed.count(f"searcher hill ({tmp_path / 'hill.py'})") == 2
    results = load_results(tmp_path / "results" / "hill")
    assert set(results.cells["status"]) == {"done"}
    assert (tmp_path / "results" / "hill" / "report" / "index.html").exists()
    # It climbs: its median final loss on Branin is below that of random search.
    branin = results.cells[
        (results.cells["problem"] == "branin") & (results.cells["scheduler"] == "fifo")
    ]
    best = results.events.astype({"cell": str}).groupby("cell")["loss"].min()
    losses = branin.assign(best=branin["cell"].astype(str).map(best))
    medians = losses.groupby(losses["searcher"].astype(str))["best"].median()
    assert medians["hill"] < medians["random"]
    changed = (tmp_path / "hill.py").read_text().replace("start: int = 8", "start: int = 9")
    (tmp_path / "hill.py").write_text(changed)
    assert "120 cells, 60 of them stored by earlier runs" in shell(
        "hpobench run hill.yaml --no-report"
    )
