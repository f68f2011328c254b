"""What is advised, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hpobench.api import Categorical, Float, Int, Space
from hpobench.contract.errors import UsageError
from hpobench.evidence.advice import advise, distance
from hpobench.evidence.advice_text import answer, gains, grounds, regrets, verdict
from hpobench.evidence.archive import BUDGETS, Archive, ProblemFacts, joined, quantised
from hpobench.evidence.evaluation import Judged
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question, Spending, of_counts, of_space
from hpobench.evidence.scores import Algorithm
from hpobench.evidence.standing import WAYS, StandingRow, standing
from tests.unit.evidence.archives import FLAT, made, of_levels

LEVELS = {"best": 0.1, "near": 0.105, "random": 0.5, "sobol": 0.4}
ASKED = Question(FLAT, 40, 4)


def facts(family: str, features: Features = FLAT, *, heldout: bool = False) -> ProblemFacts:
    return ProblemFacts(family, features, heldout, 1, "branin", {})


def archive(
    levels: Mapping[str, float] = LEVELS, features: Features = FLAT, **changes: Any
) -> Archive:
    problems = {f"p{n}": facts(f"f{n // 2}", features) for n in range(12)}
    return of_levels(levels, problems, **changes)


def test_the_algorithms_are_ranked_by_what_they_reach() -> None:
    found = advise(archive(), ASKED)
    assert [one.algorithm.searcher for one in found.ranked] == ["best", "near", "sobol", "random"]
    assert [one.regret for one in found.ranked] == pytest.approx([0.1, 0.105, 0.4, 0.5], abs=0.02)
    assert (found.problems, found.families, found.workers) == (12, 6, 4)
    for one in found.ranked:
        assert one.low < one.regret < one.high
    assert sum(one.best for one in found.ranked) == pytest.approx(1)


def test_what_chance_explains_is_not_told_apart() -> None:
    found = advise(archive(spread=0.1), ASKED)
    assert {one.algorithm.searcher for one in found.undecided} == {"best", "near"}
    found = advise(archive(spread=0.001), ASKED)
    assert [one.algorithm.searcher for one in found.undecided] == ["best"]


def test_the_cheapest_of_those_not_told_apart_is_named() -> None:
    thinking = {"best": 2.0, "near": 0.001, "random": 0.0}
    found = advise(archive(spread=0.1, thinking=thinking), ASKED)
    names = {found.choice.algorithm.searcher, found.cheapest.algorithm.searcher}
    assert found.cheapest.algorithm.searcher == "near"
    lines = " ".join(answer(found))
    assert "The evidence does not tell it apart from" in lines
    if names == {"best", "near"}:
        assert "The cheapest of them is near + fifo: it thinks for 1 ms" in lines


def test_thinking_takes_from_the_budget() -> None:
    question = Question(FLAT, 100, 4, trial_time=2.0)
    assert question.reached(np_of(0.0, 2.0, 0.5)) == pytest.approx([100, 25, 80])
    assert Question(FLAT, 100, 4).reached(np_of(5.0)) == pytest.approx([100])


def np_of(*values: float) -> Any:
    import numpy as np

    return np.array(values)


def test_only_what_is_allowed_is_advised() -> None:
    found = advise(archive(), ASKED, searchers={"near", "sobol"})
    expected = [Algorithm(name, "fifo") for name in ("near", "sobol")]
    assert [one.algorithm for one in found.ranked] == expected
    with pytest.raises(UsageError, match="no run of the searchers and schedulers asked about"):
        advise(archive(), ASKED, schedulers={"asha"})


def test_on_spaces_with_conditions_only_those_that_understand_them() -> None:
    conditional = Features(2, 0, 0, 1, True, 1)
    both = of_levels({"a": 0.1, "b": 0.2}, {"p": facts("f"), "q": facts("g")})
    some = of_levels({"b": 0.2}, {"c": facts("h", conditional)})
    found = advise(joined([both, some]), Question(conditional, 10, 4))
    assert [one.algorithm.searcher for one in found.ranked] == ["b"]


def test_near_problems_are_those_with_the_same_features() -> None:
    steps = Features(5, 1, 2, 3, False, 50)
    assert distance(Question(steps, 9, 4), facts("f", steps)) == 0
    assert distance(Question(steps, 9, 4, noisy=True), facts("f", steps)) == 0.5
    features = {"far": Features(9, 0, 0, 0, False, 1), "near": Features(2, 0, 1, 1, False, 1)}
    problems = {name: facts(name, one) for name, one in features.items()}
    found = advise(of_levels(LEVELS, problems), ASKED)
    assert [near.problem for near in found.near] == ["near", "far"]
    assert "  near: 3 parameters (2 real, 1 of choices, 1 logarithmic)" in list(grounds(found))


def test_the_nearest_workers_are_those_of_the_algorithms_asked_about() -> None:
    """Runs of one scheduler with as many workers do not hide those of another with fewer."""
    columns: dict[str, Any] = {"workers": [16] * 6, "cell": [f"w{n:05}".encode() for n in range(6)]}
    own = [made(searcher="random"), made(searcher="sobol")]
    many = joined([*own, made(searcher="sobol", **columns)])
    question = Question(FLAT, 50, 16)
    assert advise(many, question).workers == 16
    assert advise(many, question, searchers={"random"}).workers == 4


def test_where_the_evidence_ends_is_said() -> None:
    said = " ".join(grounds(advise(archive(), Question(FLAT, 500, 16))))
    assert "The evidence ends at 100 full evaluations; yours are 500." in said
    assert "It has no such runs with 16 workers." in said
    with pytest.raises(UsageError, match="a space of 30 parameters is larger than any"):
        advise(archive(), Question(Features(30, 0, 0, 0, False, 1), 10, 4))


@pytest.mark.parametrize(
    ("means", "message"),
    [
        (Spending(), "say what may be spent"),
        (Spending(evaluations=0.5), "advice begins at one"),
        (Spending(evaluations=float("nan")), "advice begins at one"),
        (Spending(evaluations=9, budget=60), "not both"),
        (Spending(budget=60), "say what may be spent"),
        (Spending(budget=60, trial_time=0), "positive and finite"),
        (Spending(budget=60, trial_time=float("inf")), "positive and finite"),
    ],
)
def test_what_cannot_be_spent_is_refused(means: Spending, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        of_counts(means, floats=2, ints=0, categories=0, logs=None, conditional=False)


def test_a_question_of_numbers_is_that_of_the_space() -> None:
    parameters = (Float("a", 1e-3, 1, log=True), Float("b", 0, 1), Int("c", 1, 9))
    space = Space([*parameters, Categorical("d", ("x", "y"))])
    means = Spending(budget=7200, trial_time=60, workers=8, steps=9)
    numbers = of_counts(means, floats=2, ints=1, categories=1, logs=1, conditional=False)
    named = of_space(space, means)
    assert named.names == ("a", "b", "c", "d")
    assert replace(named, names=()) == numbers
    assert numbers.evaluations == 960
    with pytest.raises(UsageError, match="say what is tuned"):
        of_counts(means, floats=0, ints=0, categories=0, logs=None, conditional=False)
    with pytest.raises(UsageError, match="4 of 3 numbers cannot be logarithmic"):
        of_counts(means, floats=2, ints=1, categories=0, logs=4, conditional=False)


def test_the_advice_is_judged_beside_the_rules_of_others() -> None:
    found = list(standing(archive({"best": 0.1, "nevergrad-ngopt": 0.3, "random": 0.5})))
    assert [row.budget for row in found] == [5, 10, 20, 40, 100]
    for row in found:
        means = {way: row.judged.mean(way) for way in row.judged.regret}
        assert means["advice"] == pytest.approx(0.1, abs=0.02)
        assert means["NGOpt"] == pytest.approx(0.3, abs=0.02)
        assert means["Ray Tune"] == means["random search"] == means["AutoSampler"]
        assert means["oracle"] == pytest.approx(0.1, abs=0.02)
        assert row.advised == "best + fifo"
        mean, low, high = row.gain("NGOpt")
        assert mean == pytest.approx(-0.2, abs=0.02)
        assert low <= mean <= high < 0
    assert list(verdict(found))[1:3] == [
        "No other rule is better than it beyond chance.",
        "Knowing the best algorithm of each problem would gain nothing that is beyond chance.",
    ]


def test_what_is_better_than_the_advice_is_named() -> None:
    families = np.array(["a", "b", "c"])
    worse, better = np.array([0.5, 0.4, 0.6]), np.array([0.3, 0.1, 0.2])
    regret = {way: better if way in ("NGOpt", "oracle") else worse for way in WAYS}
    judged = Judged(tuple("pqr"), tuple(families), regret, np.ones(3))
    assert list(verdict([StandingRow(5, "one step", judged, "random + fifo")]))[1:3] == [
        "Better than it beyond chance: NGOpt by 0.300 at 5 full evaluations (one step); elsewhere "
        "no other rule.",
        "Knowing the best algorithm of each problem would be better by 0.300 at 5 full evaluations "
        "(one step); elsewhere not beyond chance.",
    ]


def test_each_row_of_the_standing_is_printed() -> None:
    found = list(standing(archive({"best": 0.1, "random": 0.5})))
    for header, rows in (regrets(found), gains(found)):
        assert {len(row) for row in rows} == {len(header)}


def test_where_runs_ended_early_their_last_budget_counts() -> None:
    regret = np.full((24, len(BUDGETS)), np.nan)
    regret[:, :20] = 0.2
    short = archive({"sobol": 0.2})
    runs = short.runs.set_column(
        short.runs.schema.get_field_index("regret"), "regret", quantised(np.repeat(regret, 2, 0))
    )
    both = joined([archive({"random": 0.5}), replace(short, runs=runs)])
    found = advise(both, Question(FLAT, 80, 4), {"sobol"})
    assert found.choice.algorithm.searcher == "sobol"
    assert found.budget == pytest.approx(BUDGETS[19])
    assert "The evidence ends at" in " ".join(grounds(found))
    found = advise(both, Question(FLAT, 80, 4))
    assert found.choice.algorithm.searcher == "random"
    assert "Left out, because their runs end before that: sobol + fifo." in list(grounds(found))
