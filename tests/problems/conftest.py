import os
from pathlib import Path

import pytest

from hpobench.problems.surrogate import _yahpo

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def yahpo(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of YAHPO's data; skips where there is none."""
    pytest.importorskip("onnxruntime")
    if "HPOBENCH_DATA" not in os.environ and SHARED.is_dir():
        monkeypatch.setenv("HPOBENCH_DATA", str(SHARED))
    if reason := _yahpo.missing("lcbench"):
        pytest.skip(f"waits for YAHPO's data: {reason}")
    return _yahpo.data_folder()
