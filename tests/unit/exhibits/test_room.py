"""Of very many algorithms and problems a page shows some, and says so; few are shown whole."""

from __future__ import annotations

import pandas as pd
import pytest

from hpobench.analysis.drawing import draw
from hpobench.analysis.exhibits import (
    _room,
    anytime_regret,
    final_loss,
    heatmap,
    timeline,
    win_matrix,
)
from hpobench.analysis.notes import notes
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.contract.wording import MOST_NAMES, listed
from tests.support.results_factory import MadeProblem, make_results


@pytest.fixture(scope="module")
def study() -> Study:
    problems = [MadeProblem(f"p{i}", steps=3, budget=60.0) for i in range(3)]
    results = make_results(("random", "tpe", "gp"), ("fifo",), problems, seeds=2, failed=())
    return Study(results, Settings(repetitions=20, points=10))


def test_few_are_all_drawn(study: Study) -> None:
    table = study.computed(heatmap.table, study.whole)
    drawn, said = _room.legible(study, table)
    assert drawn is table
    assert said == ""


def test_the_best_algorithms_first_problems(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_room, "MOST_ALGORITHMS", 2)
    monkeypatch.setattr(_room, "MOST_PROBLEMS", 2)
    table = study.computed(heatmap.table, study.whole)
    drawn, said = _room.legible(study, table)
    assert set(drawn["problem"]) == {"p0", "p1"}
    means = table.groupby("algorithm")["nr"].mean()
    assert set(drawn["algorithm"]) == set(means.nsmallest(2).index)
    assert "the first 2 of 3 problems" in said
    assert "the 2 of 3 algorithms" in said
    assert draw(heatmap.figure(study, study.whole, drawn), drawn).axes

    pairs = study.computed(win_matrix.table, study.comparisons[0])
    assert len(_room.legible(study, pairs)[0]) == 2


def test_columns_are_for_the_first_problems(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_room, "MOST_PROBLEMS", 2)
    table = study.computed(final_loss.table, study.whole)
    assert len(final_loss.grid(table).columns) == 3
    assert "2 of 3 problems" in final_loss.caption(study, study.whole, table)


def test_figures_of_the_first_problems(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anytime_regret, "MOST_PROBLEMS", 2)
    assert [one.name for one in anytime_regret.subjects(study)] == ["p0", "p1"]
    assert len(anytime_regret.problems(study)) == 3


def test_tables_of_trials_are_drawn_whole(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_room, "MOST_ALGORITHMS", 1)
    trials = pd.DataFrame({"algorithm": ["tpe", "gp"], "value": [1.0, 2.0]})
    assert _room.legible(study, trials)[0] is trials


def test_the_first_bars_of_each_run(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_room, "MOST_BARS", 3)
    (runs,) = timeline.subjects(study)
    table = study.computed(timeline.table, runs)
    drawn, said = _room.legible(study, table)
    pd.testing.assert_frame_equal(drawn, table[:3])
    assert said == " Drawn: the first 3 bars of each run; the CSV file has all."
    monkeypatch.setattr(_room, "MOST_BARS", len(table))
    assert _room.legible(study, table)[0] is table


def test_a_sentence_names_a_few() -> None:
    names = [f"p{i}" for i in range(MOST_NAMES + 1980)]
    assert listed(names).endswith("p19 and 1,980 more")
    assert listed(names[:2]) == "p0, p1"


def test_notes_about_thousands_of_problems_are_short() -> None:
    problems = [
        MadeProblem(f"p{i}", steps=1, budget=5.0, referenced=False) for i in range(MOST_NAMES + 5)
    ]
    results = make_results(("random",), ("fifo",), problems, seeds=1, failed=())
    assert any("and 5 more" in note for note in notes(Study(results)))
