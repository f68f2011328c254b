"""Learning curves: their shape, and how far their beginnings mislead."""

import itertools
import math
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
from scipy import stats

from benchmarks.cells import column, plan, run
from hpobench.api import Config, TabulatedProblem
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic._landscape import Field
from hpobench.problems.synthetic.learning_curves import LearningCurves
from tests.support.present import present
from tests.support.samples import sample

KNOB = (0.0, 0.25, 0.5, 0.75, 1.0)
FUNCTIONS = get_args(Scalable)


def curves(problem: TabulatedProblem, n: int = 300, seed: int = 0) -> list[Any]:
    return [problem.curve(config, 0) for config in sample(problem, n, seed)]


def clean(n: int = 300, **options: Any) -> Any:
    """Held-out losses ``[configuration, epoch]``."""
    return np.array([c.heldout for c in curves(LearningCurves(**options), n)])


# -- shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("crossing", [0.0, 0.6, 1.0])
def test_curves_fall_to_exactly_the_asymptote(function: Any, crossing: float) -> None:
    problem = LearningCurves(function=function, crossing=crossing, epochs=9)
    for config in sample(problem, 100):
        heldout = present(problem.curve(config, 0).heldout)
        assert (np.diff(heldout) < 0).all()
        assert 0 < heldout[-1] < 1 <= heldout[0] < 2
        assert heldout[-1] == problem.asymptote([float(value) for value in config.values()])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_optimum_is_exact_at_the_last_epoch_and_nothing_is_below(function: Any) -> None:
    problem = LearningCurves(function=function, dimension=3, instance=2)
    best = dict(zip(problem.space.names, problem.asymptote.place, strict=True))
    place: Config = {**best}
    problem.space.check(place)
    assert present(problem.curve(place, 0).heldout)[-1] == problem.optimum()[0] == 0.0
    rng = Random(0)
    for width in (0.01, 0.1, 0.5):
        for _ in range(100):
            near: Config = {k: min(max(v + rng.gauss(0, width), 0.0), 1.0) for k, v in best.items()}
            assert present(problem.curve(near, 0).heldout)[-1] > 0.0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_asymptotes_are_the_share_of_better_configurations(function: Any) -> None:
    # By the quantiles of 1000 points, to be met by 2000 others.
    finals = clean(2000, function=function)[:, -1]
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        error = math.sqrt(share * (1 - share) * (1 / 1000 + 1 / 2000))
        assert abs(np.mean(finals < share) - share) < 4 * error
    reference = present(LearningCurves(function=function, noise=0.3).reference())
    assert (reference.optimum, reference.known) == (0.0, True)
    # The median of 4001 draws, by the quantiles of 1000.
    assert reference.clip == pytest.approx(0.5, abs=4 * math.sqrt(0.25 * (1 / 1000 + 1 / 4001)))


def test_noise_is_seeded_gaussian_and_the_same_at_every_epoch() -> None:
    problem = LearningCurves(function="levy", noise=0.1, epochs=5)
    (config,) = sample(problem, 1)
    many = [problem.curve(config, seed) for seed in range(2000)]
    errors = np.array([c.losses for c in many]) - np.array(present(many[0].heldout))
    assert {tuple(present(c.heldout)) for c in many} == {tuple(present(many[0].heldout))}
    assert (abs(errors.mean(0)) < 4 * 0.1 / math.sqrt(2000)).all()
    assert errors.std(0) == pytest.approx([0.1] * 5, rel=4 / math.sqrt(4000))
    assert (abs(np.corrcoef(errors.T)[np.triu_indices(5, 1)]) < 4 / math.sqrt(2000)).all()


def test_without_noise_the_visible_loss_is_the_held_out_one() -> None:
    for curve in curves(LearningCurves(function="levy", noise=0.0), 5):
        assert curve.losses == curve.heldout


# -- crossing ------------------------------------------------------------------------------


def share_of_crossing_pairs(losses: Any) -> Any:
    pairs = list(itertools.combinations(losses, 2))
    return np.mean([len(set(np.sign(a - b))) > 1 for a, b in pairs])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_curves_cross_more_along_the_knob_and_not_at_all_at_its_beginning(function: Any) -> None:
    shares = [share_of_crossing_pairs(clean(60, function=function, crossing=c)) for c in KNOB]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.5


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("instance", range(3))
def test_early_losses_tell_less_along_the_knob(function: Any, instance: int) -> None:
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


def test_two_thirds_of_the_knob_say_nothing_on_average() -> None:
    first, last = zip(
        *(clean(100, function="levy", crossing=2 / 3, instance=i)[:, [0, -1]].T for i in range(40)),
        strict=True,
    )
    told = [stats.spearmanr(a, b).statistic for a, b in zip(first, last, strict=True)]
    assert abs(np.mean(told)) < 4 * np.std(told) / math.sqrt(len(told))


def test_instances_differ_and_the_knob_leaves_the_last_epoch_as_it_is() -> None:
    finals = [clean(5, function="levy", instance=i)[:, -1].tolist() for i in range(3)]
    assert finals[0] != finals[1] != finals[2]
    for crossing in KNOB:
        assert clean(5, function="levy", crossing=crossing, epochs=7)[:, -1].tolist() == finals[0]


def test_fields_are_uniform_over_instances_and_smooth() -> None:
    here, near, far = [0.3, 0.3], [0.31, 0.3], [0.9, 0.9]
    fields = [Field(2, "test", i) for i in range(1000)]
    values = np.array([[f(here), f(near), f(far)] for f in fields])
    assert stats.kstest(values[:, 0], "uniform").pvalue > 1e-4
    # The kernel's correlation at these distances, exp(-r^2 / (2 * 0.5^2)).
    correlation = np.corrcoef(stats.norm.ppf(values).T)[0, 1:]
    assert correlation == pytest.approx(np.exp([-2e-4, -2 * 0.72]), abs=4 / math.sqrt(1000))
    assert abs(values[:, 0] - values[:, 1]).max() < 0.05


def test_stopping_early_pays_at_the_knobs_beginning_and_hurts_at_its_end(tmp_path: Path) -> None:
    """The best held-out loss after as much training, 8 seeds paired."""
    problem = {"function": "levy", "crossing": [0.0, 1.0]}
    suite = {"searchers": ["random"], "schedulers": ["fifo", "asha"], "seeds": 8, "workers": 4}
    budget = {"budget": {"evaluations": 30}, "problems": [{"learning-curves": problem}]}
    best: dict[Any, Any] = {}
    for cell in plan(tmp_path, suite | budget):
        outcome = run(cell)
        steps = zip(column(outcome, "step"), column(outcome, "heldout"), strict=True)
        key = cell.problem.options["crossing"], cell.scheduler.name
        best.setdefault(key, []).append(min(loss for step, loss in steps if step == 27))
    parallel, misleading = (
        stats.wilcoxon(best[c, "fifo"], best[c, "asha"], alternative=side).pvalue
        for c, side in ((0.0, "greater"), (1.0, "less"))
    )
    assert parallel < 0.01, best
    assert misleading < 0.01, best


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
def test_learning_curves_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LearningCurves(function="levy", **options)


def test_learning_curves_know_where_dear_ones_are() -> None:
    with pytest.raises(UnknownNameError, match="did you mean good"):
        LearningCurves(function="levy", dear="goood")  # type: ignore[arg-type]
