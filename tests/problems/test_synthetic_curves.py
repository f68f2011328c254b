"""Learning curves: their shape, how far they mislead, what they cost, and who is late."""

import itertools
import math
from pathlib import Path
from random import Random
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from hpobench.errors import UnknownNameError, UsageError
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic._landscape import Field
from hpobench.problems.synthetic.learning_curves import LearningCurves
from tests.benchmarks.cells import column, plan, run

KNOB = (0.0, 0.25, 0.5, 0.75, 1.0)
FUNCTIONS = get_args(Scalable)


def sampled(problem, n, seed=0):
    rng = Random(seed)
    return [problem.space.sample(rng) for _ in range(n)]


def curves(problem, n=300, seed=0):
    return [problem.curve(config, 0) for config in sampled(problem, n, seed)]


def clean(n=300, **options):
    """Held-out losses ``[configuration, epoch]``."""
    return np.array([c.heldout for c in curves(LearningCurves(**options), n)])


# -- shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("crossing", [0.0, 0.6, 1.0])
def test_curves_fall_to_exactly_the_asymptote(function, crossing):
    problem = LearningCurves(function=function, crossing=crossing, epochs=9)
    for config in sampled(problem, 100):
        heldout = problem.curve(config, 0).heldout
        assert (np.diff(heldout) < 0).all()
        assert 0 < heldout[-1] < 1 <= heldout[0] < 2
        assert heldout[-1] == problem.asymptote(list(config.values()))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_optimum_is_exact_at_the_last_epoch_and_nothing_is_below(function):
    problem = LearningCurves(function=function, dimension=3, instance=2)
    place = dict(zip(problem.space.names, problem.asymptote.place, strict=True))
    problem.space.check(place)
    assert problem.curve(place, 0).heldout[-1] == problem.optimum()[0] == 0.0
    rng = Random(0)
    for width in (0.01, 0.1, 0.5):
        for _ in range(100):
            near = {k: min(max(v + rng.gauss(0, width), 0.0), 1.0) for k, v in place.items()}
            assert problem.curve(near, 0).heldout[-1] > 0.0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_asymptotes_are_the_share_of_better_configurations(function):
    # By the quantiles of 1000 points, to be met by 2000 others.
    finals = clean(2000, function=function)[:, -1]
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        error = math.sqrt(share * (1 - share) * (1 / 1000 + 1 / 2000))
        assert abs(np.mean(finals < share) - share) < 4 * error
    reference = LearningCurves(function=function, noise=0.3).reference()
    assert (reference.optimum, reference.clip, reference.known) == (0.0, 0.5, True)


def test_noise_is_seeded_gaussian_and_the_same_at_every_epoch():
    problem = LearningCurves(function="levy", noise=0.1, epochs=5)
    (config,) = sampled(problem, 1)
    many = [problem.curve(config, seed) for seed in range(2000)]
    errors = np.array([c.losses for c in many]) - np.array(many[0].heldout)
    assert {tuple(c.heldout) for c in many} == {tuple(many[0].heldout)}
    assert (abs(errors.mean(0)) < 4 * 0.1 / math.sqrt(2000)).all()
    assert errors.std(0) == pytest.approx([0.1] * 5, rel=4 / math.sqrt(4000))
    independent = np.corrcoef(errors.T)[np.triu_indices(5, 1)]
    assert (abs(independent) < 4 / math.sqrt(2000)).all()


def test_without_noise_the_visible_loss_is_the_held_out_one():
    for curve in curves(LearningCurves(function="levy", noise=0.0), 5):
        assert curve.losses == curve.heldout


# -- crossing ------------------------------------------------------------------------------


def share_of_crossing_pairs(losses):
    pairs = list(itertools.combinations(losses, 2))
    return np.mean([len(set(np.sign(a - b))) > 1 for a, b in pairs])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_curves_cross_more_along_the_knob_and_not_at_all_at_its_beginning(function):
    shares = [share_of_crossing_pairs(clean(60, function=function, crossing=c)) for c in KNOB]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.5


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("instance", range(3))
def test_early_losses_tell_less_along_the_knob_and_mislead_at_its_end(function, instance):
    """Spearman of the losses after epochs 1, 3 and 9 with those after 27."""
    options = {"function": function, "instance": instance}
    told = []
    for crossing in KNOB:
        correlation = stats.spearmanr(clean(300, crossing=crossing, **options)).statistic
        told.append(correlation[-1, [0, 2, 8]])
    assert told[0] == pytest.approx([1, 1, 1], abs=1e-12)
    assert (np.diff(told, axis=0) < 0).all()
    assert told[-1][0] < -0.3
    # Later losses tell more.
    assert all((np.diff(row) > 0).all() for row in told[2:])


def test_two_thirds_of_the_knob_say_nothing_on_average():
    first, last = zip(
        *(clean(100, function="levy", crossing=2 / 3, instance=i)[:, [0, -1]].T for i in range(40)),
        strict=True,
    )
    told = [stats.spearmanr(a, b).statistic for a, b in zip(first, last, strict=True)]
    assert abs(np.mean(told)) < 4 * np.std(told) / math.sqrt(len(told))


def test_instances_differ_and_the_knob_leaves_the_last_epoch_as_it_is():
    finals = [clean(5, function="levy", instance=i)[:, -1].tolist() for i in range(3)]
    assert finals[0] != finals[1] != finals[2]
    for crossing in KNOB:
        again = clean(5, function="levy", crossing=crossing, epochs=7)[:, -1].tolist()
        assert again == finals[0]


def test_fields_are_uniform_over_instances_and_smooth():
    here, near, far = [0.3, 0.3], [0.31, 0.3], [0.9, 0.9]
    fields = [Field(2, "test", i) for i in range(1000)]
    values = np.array([[f(here), f(near), f(far)] for f in fields])
    assert stats.kstest(values[:, 0], "uniform").pvalue > 1e-4
    normal = stats.norm.ppf(values)
    # The kernel's correlation at these distances, exp(-r^2 / (2 * 0.5^2)).
    correlation = np.corrcoef(normal.T)[0, 1:]
    assert correlation == pytest.approx(np.exp([-2e-4, -2 * 0.72]), abs=4 / math.sqrt(1000))
    assert abs(values[:, 0] - values[:, 1]).max() < 0.05


# -- costs ---------------------------------------------------------------------------------


def seconds(problem, n=300):
    """The cost of the first epoch, and the last held-out loss, of each configuration."""
    return np.array([(c.costs[0], c.heldout[-1]) for c in curves(problem, n)]).T


@pytest.mark.parametrize("ratio", [1.0, 10.0, 100.0])
def test_costs_spread_over_the_ratio(ratio):
    each = np.concatenate(
        [
            seconds(LearningCurves(function="levy", cost_ratio=ratio, instance=i), 50)[0]
            for i in range(40)
        ]
    )
    assert each.min() >= ratio**-0.5
    assert each.max() <= ratio**0.5
    if ratio > 1:
        spread = np.quantile(np.log(each) / np.log(ratio), [0.05, 0.5, 0.95])
        assert spread == pytest.approx([-0.45, 0, 0.45], abs=0.1)


def test_good_configurations_are_dear_where_asked_for():
    told = {
        dear: [
            stats.spearmanr(
                *seconds(LearningCurves(function="levy", dear=dear, instance=i), 200)
            ).statistic
            for i in range(20)
        ]
        for dear in ("anywhere", "good")
    }
    assert max(told["good"]) < -0.3
    assert abs(np.mean(told["anywhere"])) < 4 * np.std(told["anywhere"]) / math.sqrt(20)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cost_ratio": 100.0, "dear": "good"},
        {"stragglers": 0.1},
        {"stragglers": 0.3, "tail": 0.8},
    ],
    ids=str,
)
def test_the_estimate_is_the_median_cost(options):
    for instance in range(3):
        problem = LearningCurves(function="levy", instance=instance, **options)
        costs = [sum(c.costs) for c in curves(problem)]
        assert problem.estimate() == pytest.approx(np.median(costs), rel=1 / 3)


# -- stragglers ----------------------------------------------------------------------------


def delays(**options):
    problem = LearningCurves(function="levy", cost_ratio=1.0, **options)
    return np.array([problem.curve(c, s).costs for c in sampled(problem, 200) for s in (0, 1, 2)])


def test_the_share_of_late_steps_and_their_slowdown():
    factors = delays(stragglers=0.1, slowdown=7.0)
    assert set(factors.ravel()) == {1.0, 7.0}
    late = factors == 7.0
    assert abs(late.mean() - 0.1) < 4 * math.sqrt(0.09 / late.size)
    # Late at one step tells nothing of the next, nor does one seed of another.
    for a, b in ((late[:, :-1], late[:, 1:]), (late[::3], late[1::3])):
        correlation = np.corrcoef(a.ravel(), b.ravel())[0, 1]
        assert abs(correlation) < 4 / math.sqrt(a.size)


@pytest.mark.parametrize("tail", [0.8, 1.5, 4.0])
def test_the_tail_is_paretos(tail):
    factors = delays(stragglers=0.25, slowdown=3.0, tail=tail).ravel()
    late = factors[factors > 1]
    assert abs(len(late) / len(factors) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(factors))
    assert stats.kstest(late, stats.pareto(tail, scale=3.0).cdf).pvalue > 1e-4


def test_stragglers_leave_losses_as_they_are():
    plain, late = (
        curves(LearningCurves(function="levy", stragglers=share), 20) for share in (0.0, 0.5)
    )
    assert [c.losses for c in plain] == [c.losses for c in late]
    assert [c.costs for c in plain] != [c.costs for c in late]


def waiting(folder: Path, scheduler: str, stragglers: float) -> float:
    """Seconds that trials which get to the last step spend neither training nor finished."""
    problem = {"function": "levy", "cost_ratio": 1.0, "stragglers": stragglers, "slowdown": 50.0}
    cells = plan(
        folder,
        {
            "searchers": ["random"],
            "schedulers": [scheduler],
            "problems": [{"learning-curves": problem}],
            "seeds": 2,
            "workers": 9,
            "budget": {"time": 250},
        },
    )
    waited = []
    for cell in cells:
        outcome = run(cell)
        began, trained = {}, {}
        rows = zip(
            *(column(outcome, name) for name in ("trial", "step", "clock", "cost")), strict=True
        )
        for trial, step, clock, cost in rows:
            began.setdefault(trial, clock - cost)
            trained[trial] = trained.get(trial, 0.0) + cost
            if step == 27:
                waited.append(clock - began[trial] - trained[trial])
    return float(np.mean(waited))


def test_synchronous_halving_waits_for_stragglers_and_asynchronous_does_not(tmp_path):
    """Ray's HyperBand gives idle workers other trials, so what stragglers cost it is not work
    done per second but the time for which good trials stand still."""
    for share in (0.0, 0.02):
        assert waiting(tmp_path, "asha", share) == pytest.approx(0, abs=1e-9)
    punctual, late = (waiting(tmp_path, "hyperband", share) for share in (0.0, 0.02))
    assert late > 1.5 * punctual > 5


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crossing": 1.1}, "crossing is 0 to 1"),
        ({"crossing": math.nan}, "crossing is 0 to 1"),
        ({"noise": -0.1}, "noise is a standard deviation"),
        ({"noise": math.inf}, "noise is a standard deviation"),
        ({"epochs": 1}, "at least 2 epochs"),
        ({"cost_ratio": 0.5}, "cost_ratio is at least 1"),
        ({"cost_ratio": math.inf}, "cost_ratio is at least 1"),
        ({"dimension": 1}, "dimension of at least 2"),
        ({"stragglers": 1.5}, "a share of the steps"),
        ({"slowdown": 0.5}, "at least 1"),
        ({"slowdown": math.inf}, "at least 1"),
        ({"tail": 0.0}, "positive exponent"),
    ],
    ids=str,
)
def test_learning_curves_refuse(options, message):
    with pytest.raises(UsageError, match=message):
        LearningCurves(function="levy", **options)


def test_learning_curves_know_where_dear_ones_are():
    with pytest.raises(UnknownNameError, match="did you mean good"):
        LearningCurves(function="levy", dear="goood")
