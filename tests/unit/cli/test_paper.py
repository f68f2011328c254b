"""``paper``: what it refuses, and the checklist of stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.results_factory import MadeProblem, make_results
from tests.support.stored import write


def test_checklist_of_stored_results(tmp_path: Path, says: Any) -> None:
    """Of the parts that were run; the others are named."""
    problems = [MadeProblem(f"p{i}", budget=600.0) for i in range(2)]
    made = make_results(problems=problems, seeds=2, failed=())
    write(made, tmp_path / "quick" / "study-quick", slice(0, 23))
    shown = says("paper", "--checklist", "--quick", "--results", tmp_path).out
    assert shown.startswith("Experiments\n  What was run?\n    Study: 3 searchers, 2 schedulers")
    assert "no run failed; one planned run missing." in shown
    assert "python -m hpobench paper --quick" in " ".join(shown.split())
    assert shown.endswith("\nnot run yet: searchers, asha, hyperband\n")
    assert max(map(len, shown.splitlines())) <= 80
    assert {path.name for path in tmp_path.rglob("*.pdf")} == set()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--checklist"], "has no results of the study; run `python -m hpobench paper` first"),
        (["--checklist", "--quick"], "run `python -m hpobench paper --quick` first"),
        (["regret", "--checklist"], "give either FIGURE or --checklist, not both"),
        (["regrets"], "unknown figure 'regrets'; did you mean regret?"),
    ],
)
def test_refusals(tmp_path: Path, says: Any, arguments: list[str], text: str) -> None:
    assert text in says("paper", *arguments, "--results", tmp_path, code=2).err
    assert not list(tmp_path.iterdir())
