"""Sentences about results, against results whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.contract.errors import TooFewError
from hpobench.paper import sentences, tables
from hpobench.paper.checklist import checklist
from hpobench.paper.facts import Facts, listed, some, with_interval
from hpobench.reporting.answer import Compared, Ranked
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, make_results

PROBLEMS = [MadeProblem(f"p{i}", budget=600.0) for i in range(1, 4)]


def made(**changes: Any) -> Facts:
    return of(make_results(**{"problems": PROBLEMS, "seeds": 3, "failed": (), **changes}))


def of(results: Results) -> Facts:
    return Facts(Study(results, Settings(axis="time", repetitions=100)))


@pytest.fixture(scope="module")
def facts() -> Facts:
    return made()


def ranked(name: str, regret: float, standing: Any) -> Ranked:
    searcher, scheduler = name.split(" + ")
    return Ranked(
        *(name, searcher, scheduler, standing, regret, regret - 0.1, regret + 0.1),
        *(regret - 0.2, regret - 0.25, regret - 0.15, 0),
    )


def known(*ranks: Ranked, needed: int | None = None) -> Facts:
    """Facts whose comparison came out as ``ranks`` say."""
    facts = made(searchers=["random", "tpe"], schedulers=["fifo"], problems=PROBLEMS[:1], seeds=2)
    facts.__dict__["compared"] = Compared("All", "1 problem", 2, needed, ranks, None)
    return facts


LEADER = ranked("tpe + asha", 0.2, "leads")
NEAR = ranked("gp + asha", 0.25, "tied")
FAR = ranked("random + fifo", 0.9, "behind")
MANY = [ranked(f"s{i} + asha", 0.3, "tied") for i in range(4)]


@pytest.mark.parametrize(
    ("ranks", "says"),
    [
        ((LEADER, FAR), "tpe with asha wins clearly, at a mean normalised regret of 0.200 ["),
        ((LEADER, FAR), "; the other is clearly behind."),
        ((LEADER, NEAR, FAR), "gp with asha does as well within chance; of the 2 others, 1 is"),
        ((LEADER, *MANY), "s0 with asha, s1 with asha and 2 more do as well within chance."),
    ],
)
def test_the_answer_in_short(ranks: tuple[Ranked, ...], says: str) -> None:
    assert says in sentences.short(known(*ranks))


def test_few_seeds_say_little() -> None:
    few = known(LEADER, ranked("gp + asha", 0.3, "unclear"), needed=5)
    assert "with 2 seeds no difference to another can be called clear" in sentences.short(few)
    assert "The seeds are too few to call the difference clear." in sentences.lead(few)
    assert sentences.seeds_advice(few).startswith("Compare with 5 seeds or more.")
    assert "about as many seeds as here" in sentences.seeds_advice(known(LEADER, FAR))


def test_who_is_behind() -> None:
    assert sentences.others(known(LEADER, NEAR)) == "No other algorithm is clearly behind."
    assert sentences.others(known(LEADER, FAR)) == "The other is clearly behind."
    assert sentences.others(known(LEADER, FAR, FAR)) == "All 2 others are clearly behind."
    assert sentences.others(known(LEADER, NEAR, FAR)) == "Of the 2 others, 1 is clearly behind."
    assert sentences.baseline(known(LEADER, FAR)) == (
        "Random search without a scheduler comes 2nd of 2, clearly behind the first by 0.700."
    )
    assert sentences.baseline(known(LEADER, NEAR)) == ""


def test_sentences_of_results(facts: Facts) -> None:
    """gp was made the best searcher, and early stopping helps: it looks at more trials."""
    assert sentences.lead(facts).startswith("gp with asha has the lowest mean normalised regret, ")
    assert sentences.advice(facts).startswith(("Use gp", "gp with asha has the lowest regret so"))
    (asha,) = sentences.schedulers(facts)
    assert asha.startswith("Under asha, ")
    assert sentences.scheduler_advice(facts).startswith("If you choose the scheduler first, choose")
    assert "here the choice of the searcher is worth more" in sentences.factors(facts)
    assert "quarter of the budget" in sentences.early(facts)
    assert sentences.by_problem(facts).startswith("Over all searchers, schedulers change")
    assert "slowed down by more than a tenth" in sentences.thinking_advice(facts)
    assert sentences.failures(facts) == "none of the 54 runs failed"


def test_a_study_without_schedulers_says_nothing_of_them() -> None:
    alone = made(schedulers=["fifo"])
    assert sentences.schedulers(alone) == []
    assert sentences.scheduler_advice(alone) == ""
    assert (sentences.factors(alone), sentences.by_problem(alone)) == ("", "")


def test_searchers_that_schedule_themselves_are_no_scheduler_s_choice() -> None:
    """``s`` and ``t`` differ by 0.1 and 0.3 under the schedulers, which differ by 0.1 for each."""
    grid = {("s", "fifo"): 0.5, ("s", "asha"): 0.4, ("t", "fifo"): 0.6, ("t", "asha"): 0.7}
    ranks = [ranked(f"{one} + {other}", value, "tied") for (one, other), value in grid.items()]
    told = sentences.factors(known(*ranks, ranked("dehb + own", 0.3, "tied")))
    assert "under the same scheduler lie 0.200 on average" in told
    assert "the best and the worst scheduler of the same searcher 0.100" in told


def test_nothing_to_compare() -> None:
    with pytest.raises(TooFewError, match="no two algorithms"):
        made(searchers=["random"], schedulers=["fifo"])


def test_words() -> None:
    expected = ("", "a", "a and b", "a, b and c")
    assert (listed([]), listed("a"), listed("aab"), listed("abc")) == expected
    assert [some(n, "seed") for n in (0, 1, 2000)] == ["no seeds", "one seed", "2,000 seeds"]
    assert with_interval(0.5, None, None) == "0.500"
    assert with_interval(0.5, 0.25, 1.0) == "0.500 [0.250, 1.00]"


def test_standings_keep_random_search() -> None:
    """Beside the first, however far it is behind."""
    many = [ranked(f"s{i} + asha", 0.3 + i / 100, "tied") for i in range(20)]
    table = tables.standings(known(LEADER, *many, FAR))
    names = [row.cells[0][0].text for row in table.rows]
    assert len(names) == tables.FIRST + 1
    assert (names[0], names[-1]) == ("1. tpe + asha", "22. random + fifo")
    assert table.rows[0].strong
    assert table.rows[-1].cells[2][0].text.endswith("*")


def answers(**parts: Facts) -> dict[str, str]:
    return {one.question: one.answer for one in checklist(parts, "python -m hpobench paper")}


def test_checklist_of_results(facts: Facts) -> None:
    found = answers(study=facts, more=made(seeds=2))
    assert all(text.strip().endswith((".", "%.")) for text in found.values())
    assert found["What was run?"].startswith(
        "Study: 3 searchers, 2 schedulers and 3 problems, 54 runs"
    )
    due = "Study: 3 (0-2) of every combination. More: 2 (0-1) of every combination."
    assert found["How many repetitions are there?"] == due
    machines = found["On which machines were the runs made?"]
    assert machines == "Study and more: a machine with 2 processors (x86_64) under Linux."
    assert "hpobench 0.1.0" in found["Which versions of which libraries were used?"]
    assert (
        "python -m hpobench paper runs the suites made" in found["Which commands repeat the study?"]
    )
    expected = "Study and more: no run failed."
    assert found["Which runs failed or are missing, and how do they count?"] == expected


def test_checklist_names_what_failed_and_what_is_missing() -> None:
    results = make_results(problems=PROBLEMS, seeds=3, failed=(("gp", "timeout"),))
    plan = {"cells": [*results.cells["cell"], "one", "two"]}
    found = answers(study=of(replace(results, plan=plan)))
    failed = found["Which runs failed or are missing, and how do they count?"]
    assert failed.startswith(
        "Study: 1 run of 54 failed and count as the median random configuration"
    )
    assert "gp (1 run: " in failed
    assert failed.endswith("; 2 planned runs missing.")


def test_checklist_lists_options_and_licences() -> None:
    results = make_results(problems=PROBLEMS[:1], seeds=2, failed=())
    spec = (
        '{"problem": {"name": "fcnet", "options": {}}, "scheduler": {"name": "asha", '
        '"options": {"reduction_factor": 4}}, "searcher": {"name": "tpe", "options": {}}}'
    )
    found = answers(study=of(replace(results, cells=results.cells.assign(spec=spec))))
    settings = found["Which settings do the algorithms have, and how were they chosen?"]
    assert settings.endswith("All options: asha (reduction_factor=4).")
    licences = found["Where do the problems come from, under which licences?"]
    assert licences.startswith("fcnet: Klein and Hutter 2019")
    assert licences.endswith("(Apache-2.0).")
