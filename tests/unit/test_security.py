"""SECURITY.md says truly what each verb executes, reads and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.cli import VERBS
from tests.support.security_table import TRIALS, UNTRIED, rows, try_row

QUICK = sorted(
    verb
    for verb in TRIALS
    if verb.split()[0]
    in ("list", "plan", "recommend", "status", "compare", "export", "data", "new")
    or verb
    in (
        "run SUITE --dry-run",
        "verify FOLDER",
        "verify FOLDER --repair",
        "verify ARCHIVE",
        "merge ARCHIVES",
        "problems import STORAGE",
        "portfolio NAME --plugin FILE",
        "portfolio NAME --make --plugin FILE",
        "hpobench.plan(SUITE)",
        "hpobench.load_suite(SUITE)",
        "hpobench.recommend(SUITE)",
        "hpobench.load(FOLDER)",
        "env list --plugin FILE",
        "env sync SUITE",
        "env clean --plugin FILE",
    )
)


def test_every_verb_has_a_row_and_every_row_a_trial() -> None:
    assert {row.split()[0] for row in rows() if not row.startswith("hpobench.")} == set(VERBS)
    assert set(rows()) == set(TRIALS) | set(UNTRIED)


@pytest.mark.parametrize("verb", QUICK)
def test_the_row_is_true(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_row(verb, tmp_path / "place", monkeypatch)
