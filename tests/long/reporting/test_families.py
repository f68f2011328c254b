"""A report on several families of problems says what may hold beyond them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from hpobench.analysis.results_frames import Analysis
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, make_results
from tests.unit.reporting.pages import report, words

FAMILIES = {"bbob": 2, "fcnet": 2, "cnn": 1, "nas": 1, "xgboost": 1}
TITLES = (
    "F17 Quality against total time",
    "T6 Leaders by family of problems",
    "T7 Elo",
    "T8 Overtuning",
    "T9 Mixed model",
)


@pytest.fixture(scope="module")
def results() -> Results:
    problems = [
        MadeProblem(f"{name}[{i}]", optimum=0.1, clip=0.5, heldout=name == "cnn", budget=300.0)
        for name, count in FAMILIES.items()
        for i in range(count)
    ]
    made = make_results(["random", "tpe"], problems=problems, seeds=2)
    names = (problem.partition("[")[0] for problem in made.cells["problem"])
    made.cells["spec"] = [json.dumps({"problem": {"name": name}}) for name in names]
    return made


def test_the_page_shows_them(results: Results, tmp_path: Path) -> None:
    text = words(report(results, tmp_path))
    for title in TITLES:
        assert f"{title}: all algorithms on all problems" in text, title
    leaders = pd.read_csv(tmp_path / "tables" / "family_leaders.csv")
    assert leaders["families"].tolist() == [5] * 4
    assert leaders["leads_without"].sum() >= 5


def test_the_page_about_few_families_does_not(tmp_path: Path) -> None:
    text = words(report(make_results(seeds=2), tmp_path))
    assert not any(title in text for title in TITLES)


def test_notebooks_have_them_too(results: Results) -> None:
    analysis = Analysis(results)
    assert set(analysis.elo()["algorithm"]) == set(analysis.family_leaders()["algorithm"])
    assert analysis.mixed_model()["effect"].iloc[0] == "baseline"
