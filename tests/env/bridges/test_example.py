"""What the documents show of searchers in a plain Tuner works as it stands there."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import tune

import hpobench
from hpobench.bridges.tune_searcher import TuneSearcher
from tests import ROOT
from tests.support import gallery
from tests.support.documents import blocks, documents
from tests.support.night import night

EXAMPLE = ROOT / "examples" / "plain_tuner.py"


@night  # seven environments; other tests have plain Tuners with one
def test_seven_searchers_in_one_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example: dict[str, Any] = runpy.run_path(str(EXAMPLE))
    try:
        example["main"](str(tmp_path), samples=4)
    finally:
        ray.shutdown()
    lines = [line for line in capsys.readouterr().out.splitlines() if " loss " in line]
    assert [line.split()[0] for line in lines] == list(example["SEARCHERS"])
    assert len(lines) == 7
    shown = [line for line in gallery.stored("plain_tuner").splitlines() if " loss " in line]
    assert [line.split()[:2] for line in shown] == [line.split()[:2] for line in lines]
    assert all(float(line.split()[2]) < 10 for line in lines)


def test_the_readmes_tuner() -> None:
    every = (block.text for page in documents() for block in blocks(page))
    block = next(text for text in every if text.startswith("search = hpobench.searcher("))
    found: dict[str, Any] = {"hpobench": hpobench, "tune": tune, "train": lambda config: None}
    exec(compile(block, "README.md", "exec"), found)
    assert isinstance(found["tuner"], tune.Tuner)
    assert isinstance(found["search"], TuneSearcher)
