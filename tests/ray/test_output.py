"""`--json` of the verbs that run something."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from hpobench.evidence.distilling import distilled
from tests.support.cli_cases import SMOKE, Case, check, lay

CASES = [
    Case(
        "run tiny.yaml --cpus 1 --no-report",
        lambda f: [f"ran {f['ran']} cells", f"{f['cells']['done']} done"],
    ),
    Case(
        "check problem.py --only slope",
        lambda facts: [facts[0]["name"], *(one["name"] for one in facts[0]["checks"])],
    ),
    Case("evidence add sobol --cpus 1", lambda f: [f["archive"], f["runs"]]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.args)
def test_text_has_its_facts(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distilled(SMOKE).write(tmp_path / "archive.parquet")
    numbers = itertools.count()
    suite: dict[str, Any] = {"name": "evidence", "searchers": ["random"], "seeds": 1}
    suite |= {"problems": ["branin"], "workers": 1, "budget": {"trials": 2}}

    def laid() -> Path:
        (folder := tmp_path / f"{next(numbers)}").mkdir()
        (folder / "archive.parquet").write_bytes((tmp_path / "archive.parquet").read_bytes())
        return lay(folder)

    with (
        patch("hpobench.evidence.archive.evidence_suites", lambda _=(): [suite]),
        patch("hpobench.evidence.archive.shipped", lambda: tmp_path / "archive.parquet"),
    ):
        check(case, laid, monkeypatch.chdir)
