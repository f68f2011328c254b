"""Figures are the same, byte by byte, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import ROOT
from tests.unit.exhibits.test_figures import draw_all


def test_byte_identical_when_redrawn(tmp_path: Path) -> None:
    """Also in a process with another hash seed, another place and a user's own matplotlibrc."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    draw_all(here)
    (there / "matplotlibrc").write_text("font.size: 20\naxes.grid: False\n")
    code = (
        "from pathlib import Path; from tests.unit.exhibits.test_figures import draw_all; "
        "draw_all(Path('.'))"
    )
    root = str(ROOT)
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=there, env=environment, check=True)
    names = sorted(p.name for p in here.iterdir())
    assert names == [f"{f}.{k}" for f in ("f1", "f14", "f16", "f2", "f3") for k in ("pdf", "png")]
    for name in names:
        assert (here / name).read_bytes() == (there / name).read_bytes(), name
    assert b"CreationDate" not in (here / "f1.pdf").read_bytes()
