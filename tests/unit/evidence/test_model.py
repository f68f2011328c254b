"""What the model of the evidence finds in scores that are drawn from it."""

from __future__ import annotations

import numpy as np
import pytest

from hpobench.evidence.evaluation import (
    RANDOM,
    Adviser,
    Judged,
    cross_validated_oracle,
    judge,
    single_best,
)
from hpobench.evidence.features import Features
from hpobench.evidence.model import center_and_spread, fit
from hpobench.evidence.scores import Algorithm, FloatArray, Scores, interval, weights_of
from tests.unit.evidence.archives import FLAT


def made(regret: FloatArray, families: list[str], searchers: list[str] | None = None) -> Scores:
    """Scores of ``regret``, of shape (problems, algorithms, seeds)."""
    problems, algorithms, _ = regret.shape
    names = searchers or [f"s{n}" for n in range(algorithms)]
    return Scores(
        workers=4,
        algorithms=tuple(Algorithm(name, "fifo") for name in names),
        problems=tuple(f"p{n}" for n in range(problems)),
        families=tuple(families),
        regret=regret,
        thinking=np.ones(algorithms),
    )


def drawn(
    seed: int,
    effects: FloatArray,
    *,
    families: int = 30,
    each: int = 4,
    seeds: int = 5,
    between: float = 0.0,
    within: float = 0.0,
    noise: float = 0.0,
) -> Scores:
    random = np.random.default_rng(seed)
    problems, algorithms = families * each, len(effects)
    level = random.uniform(0.2, 0.5, problems)
    of_family = between * random.standard_normal((families, algorithms)).repeat(each, axis=0)
    of_problem = within * random.standard_normal((problems, algorithms))
    of_seed = noise * random.standard_normal((problems, algorithms, seeds))
    regret = (level[:, None] + effects + of_family + of_problem)[..., None] + of_seed
    return made(regret, [f"f{n // each}" for n in range(problems)])


EFFECTS = np.array([-0.1, -0.05, 0.0, 0.05, 0.1])


def test_without_any_spread_the_effects_are_found_exactly() -> None:
    model = fit(drawn(0, EFFECTS))
    assert model.effect == pytest.approx(EFFECTS, abs=1e-9)
    assert (model.between_families, model.within_families) == pytest.approx((0, 0), abs=1e-6)
    assert model.error == pytest.approx(np.zeros(5), abs=1e-6)


def test_spreads_and_errors_are_those_that_the_scores_were_drawn_with() -> None:
    found = [fit(drawn(s, EFFECTS, between=0.06, within=0.04, noise=0.05)) for s in range(100)]
    assert np.mean([m.between_families for m in found]) == pytest.approx(0.06, rel=0.05)
    assert np.mean([m.within_families for m in found]) == pytest.approx(0.04, rel=0.05)
    off = np.array([m.effect - EFFECTS for m in found])
    errors = np.array([m.error for m in found])
    assert np.sqrt((off**2).mean()) == pytest.approx(errors.mean(), rel=0.15)


def test_the_noise_of_an_algorithm_is_its_own() -> None:
    random = np.random.default_rng(4)
    of_problem, of_algorithm = np.array([0.01, 0.05] * 60), np.array([0.2, 1.0, 2.0])
    spread = np.outer(of_problem, of_algorithm)[..., None]
    scores = made(spread * random.standard_normal((120, 3, 4)), ["f"] * 120)
    found = np.sqrt(4 * scores.noise)  # of a run, where each mean is over four
    shape = found / found.mean()
    assert shape.mean(axis=0) == pytest.approx(of_algorithm / of_algorithm.mean(), rel=0.2)
    for n, spread_there in enumerate(of_problem[:2]):
        due = spread_there**2 * (of_algorithm**2).mean()
        assert (found[n::2] ** 2).mean() == pytest.approx(due, rel=0.2)


def test_an_algorithm_with_hardly_a_run_varies_like_the_others() -> None:
    regret = np.random.default_rng(5).standard_normal((40, 3, 2))
    regret[:, 2, 1] = np.nan
    regret[1:, 2, 0] = np.nan
    regret[0, 2] = 0.5  # twice the same, by chance
    scores = made(regret, ["f"] * 40)
    others = scores.noise[0, :2].mean()
    assert 0.6 * others < scores.noise[0, 2] < others
    assert np.isnan(scores.noise[1, 2])
    assert not made(np.ones((4, 2, 3)), ["f"] * 4).noise.any()  # where nothing varies


def test_where_only_chance_differs_all_effects_are_shrunk_away() -> None:
    found = [fit(drawn(seed, np.zeros(5), between=0.1, families=10)) for seed in range(50)]
    raw = 0.1 / np.sqrt(10)
    assert np.median([np.abs(m.effect).max() for m in found]) < 0.4 * raw


def test_the_center_and_the_spread_are_those_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    random = np.random.default_rng(0)
    effect, variance = random.normal(0, 0.1, 9), random.uniform(1e-4, 4e-3, 9)
    theirs = combine_effects(effect, variance, method_re="dl")
    assert theirs.tau2 > 0
    found = center_and_spread(effect, variance)
    assert found == pytest.approx((theirs.mean_effect_re, theirs.tau2))


def test_effects_that_differ_less_than_chance_have_no_spread() -> None:
    assert center_and_spread(np.array([0.1, 0.2]), np.full(2, 0.1)) == pytest.approx((0.15, 0))
    assert center_and_spread(np.array([0.1]), np.full(1, 0.1)) == (0.1, 0)
    assert center_and_spread(np.empty(0), np.empty(0)) == (0, 0)


def test_algorithms_with_few_runs_are_shrunk_as_much_as_the_others() -> None:
    scores = drawn(7, EFFECTS, noise=0.2)
    regret = scores.regret.copy()
    regret[8:, 0] = np.nan
    model = fit(made(regret, list(scores.families)))
    assert model.order.tolist() == np.argsort(model.raw).tolist()
    center = model.effect.mean() - model.raw.mean()
    share = np.ptp(model.effect) / np.ptp(model.raw)
    assert model.effect == pytest.approx(share * model.raw + center)
    assert 0 < share < 1
    assert model.error[0] > 2 * model.error[1:].max()


def test_families_count_alike_however_many_problems_they_have() -> None:
    scores = made(np.array([[0.1, 0.3]] * 9 + [[0.5, 0.1]])[..., None], ["many"] * 9 + ["one"])
    assert weights_of(scores.families).sum() == pytest.approx(2)
    assert single_best(scores, FLAT).searcher == "s1"  # .3 and .2, and not .14 and .28


def test_algorithms_that_ran_on_few_problems_are_compared_on_those() -> None:
    scores = drawn(1, EFFECTS)
    regret = scores.regret.copy()
    regret[::2, 0] = np.nan
    regret[:, 4] = np.nan
    model = fit(made(regret, list(scores.families)))
    assert model.effect[:4] - model.effect[2] == pytest.approx(EFFECTS[:4], abs=1e-6)
    assert np.isnan(model.effect[4])
    assert np.isinf(model.draws(3)[:, 4]).all()


def test_draws_spread_as_new_problems_do() -> None:
    model = fit(drawn(0, EFFECTS, between=0.06, within=0.04, families=200))
    found = model.draws(20_000)
    assert found.mean(axis=0) == pytest.approx(model.effect, abs=0.003)
    spread = np.sqrt(model.error**2 + model.between_families**2 + model.within_families**2)
    assert found.std(axis=0) == pytest.approx(spread, rel=0.03)


def test_the_oracle_is_judged_by_other_seeds_than_it_is_chosen_by() -> None:
    regret = np.full((1, 2, 4), 0.5)
    regret[0, 0] = [0.0, 1.0, 0.0, 1.0]  # lucky in the even seeds, and as unlucky in the odd ones
    assert cross_validated_oracle(made(regret, ["f"])) == pytest.approx([(1.0 + 0.5) / 2])
    noisy = drawn(2, np.zeros(20), noise=0.1)
    noisy = made(noisy.regret, list(noisy.families), ["random", *"abcdefghijklmnopqrs"])
    judged = judged_by(noisy, {"random search": lambda *_: RANDOM})
    assert judged.mean("oracle") == pytest.approx(judged.mean("random search"), abs=0.01)
    assert judged.mean("naive oracle") < judged.mean("random search") - 0.05


def judged_by(scores: Scores, advisers: dict[str, Adviser]) -> Judged:
    return judge(scores, dict.fromkeys(scores.problems, FLAT), advisers, next(iter(advisers)))


def test_advisers_know_nothing_of_the_family_that_they_are_judged_on() -> None:
    scores = drawn(3, EFFECTS, between=0.05, families=6)
    scores = made(scores.regret, list(scores.families), ["random", "a", "b", "c", "d"])
    seen: list[set[str]] = []

    def adviser(known: Scores, asked: Features) -> Algorithm:
        seen.append(set(known.families))
        return single_best(known, asked)

    ways = {"watched": adviser, "single best": single_best}
    judged = judged_by(scores, {**ways, "random search": lambda *_: RANDOM})
    assert seen == [set(scores.families) - {family} for family in scores.families]
    assert judged.regret["watched"] == pytest.approx(judged.regret["single best"])
    mean, low, high = judged.difference("single best", "watched")
    assert (mean, low, high) == (0, 0, 0)
    mean, low, high = judged.difference("random search", "naive oracle")
    assert 0 < low <= mean <= high


def test_advisers_choose_among_what_ran_on_the_problem() -> None:
    scores = made(np.array([[[0.4], [0.2]], [[0.4], [np.nan]]]), ["one", "two"], ["random", "a"])
    found: list[tuple[str, ...]] = []

    def adviser(known: Scores, _asked: Features) -> Algorithm:
        found.append(tuple(algorithm.searcher for algorithm in known.algorithms))
        return Algorithm("a", "fifo")

    judged = judged_by(scores, {"has no answer": adviser})
    assert found == [("random",), ("random",)]  # there is nothing of a on the other family
    assert judged.regret["has no answer"] == pytest.approx([0.4, 0.4])


def test_where_everything_is_shrunk_away_the_raw_means_decide() -> None:
    model = fit(drawn(5, np.zeros(5), between=0.1, families=10))
    assert np.ptp(model.effect) == pytest.approx(0, abs=1e-12)
    assert model.order.tolist() == np.argsort(model.raw).tolist()


def test_nine_of_ten_runs_on_a_new_family_lie_in_the_interval() -> None:
    inside = []
    for seed in range(200):
        scores = drawn(seed, np.zeros(2), families=9, between=0.1, within=0.03, noise=0.03)
        asked = np.array([family == "f0" for family in scores.families])
        low, high = interval(scores.of_problems(~asked), 0)
        runs = scores.regret[asked][:, 0]
        inside.append(np.mean((low <= runs) & (runs <= high)))
    assert np.mean(inside) == pytest.approx(0.87, abs=0.04)


def test_of_one_family_the_interval_is_of_plain_quantiles() -> None:
    regret = np.arange(1, 101).reshape(100, 1, 1) / 100
    assert interval(made(regret, ["f"] * 100), 0) == pytest.approx((0.05, 0.96))
