"""The plain baselines of transfer: what they draw from trials of other data sets."""

from __future__ import annotations

import math
from random import Random

import pytest

from hpobench.algorithms.searchers.bounding_box import BoundingBox
from hpobench.algorithms.searchers.optuna_cmaes import OptunaCmaEs
from hpobench.algorithms.searchers.quantile_transfer import QuantileTransfer, _scores
from hpobench.api import Categorical, Config, Fidelity, Float, Int, Ordinal, Space, When
from hpobench.contract.errors import UsageError

SPACE = Space([Float("lr", 1e-4, 1, log=True), Int("n", 1, 9), Categorical("kind", (*"abc",))])


def trial(lr: float, n: int, kind: str, loss: float) -> tuple[Config, float]:
    return {"lr": lr, "n": n, "kind": kind}, loss


HISTORY = [
    [trial(1e-3, 2, "a", 0.1), trial(1.0, 9, "b", 0.9)],
    [trial(1e-2, 5, "c", 70.0), trial(1e-4, 1, "b", 80.0)],
]


def test_the_box_holds_the_best_of_each_data_set() -> None:
    (searcher := BoundingBox(SPACE, seed=0, fidelity=Fidelity())).recall(HISTORY)
    drawn = [searcher.ask(i) for i in range(300)]
    rates = sorted(float(c["lr"]) for c in drawn)
    assert 1e-3 <= rates[0] < 1.1e-3
    assert 0.9e-2 < rates[-1] <= 1e-2
    assert {c["n"] for c in drawn} == {2, 3, 4, 5}
    assert {c["kind"] for c in drawn} == {"a", "c"}
    assert 2.5e-3 < rates[150] < 4e-3, "uniform on the log scale"


@pytest.mark.parametrize("cls", [BoundingBox, QuantileTransfer])
def test_without_history_they_draw_from_the_whole_space(cls: type[BoundingBox]) -> None:
    searcher = cls(SPACE, seed=0, fidelity=Fidelity())
    drawn = [searcher.ask(i) for i in range(200)]
    assert {c["n"] for c in drawn} == set(range(1, 10))
    assert {c["kind"] for c in drawn} == {"a", "b", "c"}


def test_ranks_make_data_sets_of_other_scales_alike() -> None:
    assert _scores([0.1, 0.3, 0.2]) == _scores([10.0, 3000.0, 20.0])
    scores = _scores([1.0, 2.0, 2.0, 3.0])
    assert scores[1] == scores[2] == 0.0
    assert scores[0] == -scores[3] < 0


def test_proposals_follow_what_was_good_on_all_data_sets() -> None:
    rows = [(i / 20, 1 + i % 9, "abc"[i % 3]) for i in range(1, 21)]
    history = [[trial(*row, scale * (row[0] - 0.5) ** 2) for row in rows] for scale in (1, 1000)]
    (searcher := QuantileTransfer(SPACE, seed=0, fidelity=Fidelity())).recall(history)
    drawn = sorted(float(searcher.ask(i)["lr"]) for i in range(9))
    blind = QuantileTransfer(SPACE, seed=0, fidelity=Fidelity())
    spread = sorted(float(blind.ask(i)["lr"]) for i in range(9))
    assert 0.3 < drawn[4] < 0.7
    assert spread[4] < 0.1


def test_a_single_trial_is_enough() -> None:
    searcher = QuantileTransfer(SPACE, seed=0, fidelity=Fidelity())
    searcher.recall([[trial(0.1, 3, "a", 1.0)]])
    SPACE.check(searcher.ask(0))


def test_candidates_are_a_positive_number() -> None:
    with pytest.raises(UsageError, match="candidates must be at least 1, not 0"):
        QuantileTransfer(SPACE, seed=0, fidelity=Fidelity(), candidates=0)


MIXED = Space(
    [
        Float("lr", 1e-4, 1.0, log=True),
        Int("n", 1, 9),
        Ordinal("size", ("s", "m", "l")),
        Categorical("kind", ("a", "b", "c")),
        Ordinal("only", (1,)),
        Float("rate", 0.0, 1.0, when=When("kind", ("a",))),
    ]
)


def test_cma_es_begins_where_old_trials_were_good() -> None:
    """The strategy's numbers are drawn around the best of all data sets, whatever their scale."""
    rng = Random(0)
    history = []
    for scale in (1.0, 1000.0):
        configs = [MIXED.sample(rng) for _ in range(60)]
        distances = [abs(math.log10(float(c["lr"])) + 3) + abs(int(c["n"]) - 7) for c in configs]
        history.append([(c, scale * d) for c, d in zip(configs, distances, strict=True)])
    (searcher := OptunaCmaEs(MIXED, seed=0, fidelity=Fidelity())).recall(history)
    drawn = []
    for trial in range(25):
        config = searcher.ask(trial)
        MIXED.check(config)
        searcher.tell(trial, 1, 0.0, final=True)
        drawn.append(config)
    own = drawn[1:]  # the first trial is random, after which Optuna knows the space
    assert 10**-3.8 < sorted(float(c["lr"]) for c in own)[12] < 10**-2.2
    assert sorted(int(c["n"]) for c in own)[12] in (6, 7, 8)


def test_cma_es_has_no_use_for_old_trials_without_numbers() -> None:
    space = Space([Categorical("kind", ("a", "b"))])
    (searcher := OptunaCmaEs(space, seed=0, fidelity=Fidelity())).recall([[({"kind": "a"}, 1.0)]])
    space.check(searcher.ask(0))
