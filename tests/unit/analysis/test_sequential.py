"""Looks and decisions: by hand, against plain sign flips, and by simulation of the whole rule."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.inference.sequential import Decision, Rule, decide, looks, sentence
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import TooFewError

Draw = Callable[[np.random.Generator, int], FloatArray]
"""Final ``nr`` of so many seeds, shape (algorithms, problems, seeds)."""
RULE = Rule((10, 20, 40), margin=0.01)


def names(nr: FloatArray) -> list[str]:
    return [f"a{i}" for i in range(len(nr))]


def end(nr: FloatArray, rule: Rule) -> Decision:
    """What the rule ends with, looking as the command does."""
    for seeds in rule.looks:
        found = decide(nr[..., :seeds], names(nr), rule, most=1000)
        if found.decided:
            break
    return found


def simulated(draw: Draw, rule: Rule, repetitions: int) -> list[Decision]:
    most = rule.looks[-1]
    return [end(draw(np.random.default_rng([7, r]), most), rule) for r in range(repetitions)]


def told_apart(decision: Decision) -> bool:
    return any(other.verdict == "behind" for other in decision.others)


def at_most(wrong: list[bool], share: float) -> bool:
    """Whether so many errors are no evidence for more than ``share``, at three in a thousand."""
    found = stats.binomtest(sum(wrong), len(wrong), share, alternative="greater")
    return bool(found.pvalue > 0.003)


def test_looks_double_up_to_the_cap() -> None:
    assert looks(10, 100) == (10, 20, 40, 80, 100)
    assert looks(30, 100) == (30, 60, 100)
    assert looks(40, 40) == (40,)


def test_looks_that_could_decide_nothing_spend_nothing() -> None:
    # Three looks may spend 1.7 % each; five seeds reach 6 % at best, ten 0.2 %.
    assert looks(5, 40) == (10, 20, 40)
    # 8 seeds reach 0.8 %, and of 5 looks each may spend 1 %.
    assert looks(1, 100) == (8, 16, 32, 64, 100)
    assert looks(6, 6) == (6,)  # 2 / 2**6 is 3 %


def test_a_cap_that_could_decide_nothing() -> None:
    with pytest.raises(TooFewError, match=r"5 seeds can tell nothing apart at 5%.* takes 6 or"):
        looks(2, 5)


def test_a_clear_leader_by_hand() -> None:
    rng = np.random.default_rng(0)
    nr = np.array([0.5, 0.1, 0.3])[:, None, None] + rng.uniform(-0.02, 0.02, (3, 4, 10))
    found = decide(nr, names(nr), RULE)
    assert (found.leader, found.seeds, found.decided) == ("a1", 10, True)
    assert [other.algorithm for other in found.others] == ["a2", "a0"]
    assert found.others[0].nr == pytest.approx(nr[2].mean())
    assert found.others[0].behind == pytest.approx(nr[2].mean() - nr[1].mean())
    # The signs of all ten seeds are alike: no flip but one is as extreme, on either side.
    assert [other.p_behind for other in found.others] == [2 / 2**10] * 2
    assert [other.p_within for other in found.others] == [1.0, 1.0]


def test_two_algorithms_against_all_flips() -> None:
    """The family of two algorithms, both ways and with and without the margin, flip by flip."""
    nr = 0.3 + 0.02 * np.random.default_rng(3).normal(size=(2, 3, 8))
    nr[1] += 0.012
    found = decide(nr, names(nr), Rule((8,), margin=0.03))
    d = (nr[0] - nr[1]).mean(axis=0)
    family = [d, -d, d - 0.03, -d - 0.03]

    def t(values: FloatArray) -> float:
        return -float(values.sum() / np.sqrt((values**2).sum()))

    flipped = [[t(s * x) for x in family] for s in map(np.array, product((1, -1), repeat=8))]
    observed = np.array([t(x) for x in family])
    order, p, least = np.argsort(-observed), np.zeros(4), 0.0
    for rank, j in enumerate(order):
        largest = np.max(np.array(flipped)[:, order[rank:]], axis=1)
        least = p[j] = max(least, np.mean(largest >= observed[j] - 1e-9))
    (other,) = found.others
    assert other.p_behind == pytest.approx(p[0 if found.leader == "a0" else 1])
    assert other.p_within == pytest.approx(max(p[2], p[3]))
    assert 0.001 < other.p_within < 1


def test_a_hair_apart_is_within_the_margin() -> None:
    rng = np.random.default_rng(1)
    shared = rng.uniform(0.2, 0.4, (1, 2, 20))
    nr = shared + np.array([0, 0.0003, 0.1])[:, None, None] + 0.002 * rng.normal(size=(3, 2, 20))
    found = decide(nr, names(nr), RULE)
    assert [other.verdict for other in found.others] == ["within", "behind"]
    assert found.decided
    assert not decide(nr, names(nr), Rule((10, 20, 40), margin=0)).decided


@pytest.mark.parametrize(("margin", "verdict"), [(0.01, "within"), (0.0, "open")])
def test_algorithms_that_are_one_and_the_same(margin: float, verdict: str) -> None:
    nr = np.tile(np.random.default_rng(0).uniform(size=(1, 3, 20)), (3, 1, 1))
    found = decide(nr, names(nr), Rule((20,), margin))
    assert {other.verdict for other in found.others} == {verdict}


def test_missing_runs_decide_nothing() -> None:
    nr = np.full((2, 1, 10), 0.5)
    nr[0, 0, 3] = np.nan
    with pytest.raises(TooFewError, match="runs are missing"):
        decide(nr, names(nr), RULE)


def test_the_sentence_names_all_and_what_it_holds_by() -> None:
    rng = np.random.default_rng(0)
    nr = np.array([0.1, 0.1, 0.3, 0.105])[:, None, None] + 0.001 * rng.normal(size=(4, 1, 20))
    nr[3] += stats.zscore(rng.normal(size=20)) / 10
    told = sentence(decide(nr, ["A", "B", "C", "D"], RULE), RULE)
    assert told.startswith("Not decided after 20 seeds: ")
    assert "it is better than C (+0.2" in told
    assert "; within 0.01 of it: " in told
    assert "; not told apart from it, nor shown to be near: D (+0.00" in told
    assert "held at 5% over all algorithms and all looks (at 10, 20, 40 seeds)" in told


def normal(algorithms: int) -> Draw:
    return lambda rng, seeds: 0.3 + 0.1 * rng.normal(size=(algorithms, 3, seeds))


def skewed(algorithms: int) -> Draw:
    """A heavy tail, cut at 1, as where few runs miss what most find."""
    return lambda rng, seeds: np.minimum(rng.lognormal(-4, 2, (algorithms, 1, seeds)), 1.0)


def test_two_equal_leaders_before_a_third_are_seldom_told_apart() -> None:
    def draw(rng: np.random.Generator, seeds: int) -> FloatArray:
        return np.array([0.2, 0.2, 0.5])[:, None, None] + 0.1 * rng.normal(size=(3, 2, seeds))

    found = simulated(draw, Rule(looks(10, 40), margin=0), 600)
    wrong = [any(o.verdict == "behind" and o.algorithm != "a2" for o in d.others) for d in found]
    assert at_most(wrong, 0.05)
    assert all(d.others[-1].verdict == "behind" for d in found)


def test_a_difference_of_the_margin_is_seldom_called_within() -> None:
    def draw(rng: np.random.Generator, seeds: int) -> FloatArray:
        return np.array([0.3, 0.31])[:, None, None] + 0.02 * rng.normal(size=(2, 2, seeds))

    found = simulated(draw, Rule(looks(10, 40), margin=0.01), 600)
    assert at_most([d.others[0].verdict == "within" for d in found], 0.05)


@pytest.mark.parametrize(("lead", "most"), [(0.25, 10.0), (0.1, 16.0)])
def test_large_differences_save_seeds(lead: float, most: float) -> None:
    """Of 40 seeds, a lead of 3 standard deviations of a difference takes 10, one of 1.2 some 14."""

    def draw(rng: np.random.Generator, seeds: int) -> FloatArray:
        level = np.array([0.3, 0.3 + lead, 0.4 + lead])[:, None, None]
        return level + 0.1 * rng.normal(size=(3, 3, seeds))

    found = simulated(draw, Rule(looks(5, 40), margin=0), 200)
    assert np.mean([d.decided and d.leader == "a0" for d in found]) == 1
    assert np.mean([d.seeds for d in found]) <= most
