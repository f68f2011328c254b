import math
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpobench.api import Config
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.plugins.options import members_of
from hpobench.problems.synthetic import _hartmann
from hpobench.problems.synthetic._noise import normals
from hpobench.problems.synthetic.branin import Branin, branin
from hpobench.problems.synthetic.counting_ones import CountingOnes
from hpobench.problems.synthetic.hartmann import Hartmann
from hpobench.problems.synthetic.mf_hartmann import BIAS_NOISE, MFHartmann
from tests.support.present import present

MINIMISER = {
    3: [0.114614, 0.555649, 0.852547],
    6: [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573],
}


def point(x: list[float]) -> Any:
    return {f"x{i}": value for i, value in enumerate(x)}


def test_normals_are_normal_and_belong_to_their_parts() -> None:
    sample = normals(2000, "a", 0)
    assert stats.kstest(sample, "norm").pvalue > 1e-4
    assert normals(5, "a", 0) == sample[:5]
    assert normals(5, "a", 1) != sample[:5]


def test_normals_survive_a_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Random, "random", lambda self: 0.0)
    assert -9 < normals(1, "a")[0] < -8


# -- Branin --------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [(-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)])
def test_branins_three_minima(x: tuple[Any, ...]) -> None:
    optimum = Branin().optimum()[0]
    assert branin(*x) == pytest.approx(optimum, abs=1e-13)
    rng = Random(0)
    near = [branin(x[0] + rng.gauss(0, 0.01), x[1] + rng.gauss(0, 0.01)) for _ in range(200)]
    assert min(near) > optimum


def test_branins_noise_has_its_standard_deviation_and_no_bias() -> None:
    config: Config = {"x1": 1.0, "x2": 2.0}
    curves = [Branin(noise=2.0).curve(config, seed) for seed in range(2000)]
    errors = np.array([curve.losses[0] - present(curve.heldout)[0] for curve in curves])
    assert {present(curve.heldout)[0] for curve in curves} == {branin(1.0, 2.0)}
    assert abs(errors.mean()) < 4 * 2 / math.sqrt(2000)
    assert errors.std() == pytest.approx(2.0, abs=4 * 2 / math.sqrt(2 * 2000))


@pytest.mark.parametrize("noise", [0.0, 2.5])
def test_branins_reference_holds_with_any_noise(noise: float) -> None:
    reference, rng = present(Branin(noise=noise).reference()), np.random.default_rng(0)
    assert reference.known
    x = rng.uniform([-5, 0], [10, 15], (10_000, 2))
    below = np.mean([branin(*point) < reference.clip for point in x])
    assert abs(below - 1 / 2) < 4 * 0.5 / math.sqrt(len(x))


@pytest.mark.parametrize("noise", [-1.0, math.nan, math.inf])
def test_branin_refuses_a_noise_that_is_none(noise: Any) -> None:
    with pytest.raises(UsageError, match="standard deviation"):
        Branin(noise=noise)


# -- Hartmann ------------------------------------------------------------------------------


@pytest.mark.parametrize(("dimension", "optimum"), [(3, -3.86278), (6, -3.32237)])
def test_hartmann_at_the_published_minimiser(dimension: Any, optimum: float) -> None:
    problem = Hartmann(dimension=dimension)
    value = problem.curve(point(MINIMISER[dimension]), 0).losses[0]
    assert value == pytest.approx(optimum, abs=5e-6)
    assert problem.optimum()[0] == pytest.approx(value, abs=1e-8)
    assert problem.optimum()[0] <= value
    rng = Random(0)
    for _ in range(500):
        near = [min(max(x + rng.gauss(0, 0.01), 0.0), 1.0) for x in MINIMISER[dimension]]
        assert problem.curve(point(near), 0).losses[0] > problem.optimum()[0]


def test_hartmann_refuses_another_dimension() -> None:
    with pytest.raises(UsageError, match="3 or 6, not 4"):
        Hartmann(dimension=4)  # type: ignore[arg-type]


# -- MF-Hartmann ---------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [3, 6])
@pytest.mark.parametrize("quality", BIAS_NOISE)
def test_mf_hartmanns_bias_and_noise_at_each_step(dimension: Any, quality: Any) -> None:
    problem, n = MFHartmann(dimension=dimension, quality=quality, steps=5), 1000
    x = [0.3] * dimension
    losses = np.array([problem.curve(point(x), seed).losses for seed in range(n)])
    bias, noise = BIAS_NOISE[quality]
    lack = 1 - np.log([20, 40, 60, 80, 100]) / np.log(100)
    nearness = _hartmann.wells(x)
    expected = -sum((1.0, 1.2, 3.0, 3.2) * np.array(nearness)) + bias * lack**2 * sum(nearness)
    # Steps 1 to 4: mean and deviation within 4 standard errors. Step 5 is the function itself.
    assert np.all(abs(losses.mean(0) - expected)[:4] < 4 * noise * lack[:4] / math.sqrt(n))
    assert losses.std(0)[:4] == pytest.approx(noise * lack[:4], rel=4 / math.sqrt(2 * n))
    full = Hartmann(dimension=dimension).curve(point(x), 0).losses[0]
    assert set(losses[:, 4]) == {full}
    assert set(present(problem.curve(point(x), 0).heldout)) == {full}


def test_mf_hartmanns_noise_differs_between_steps_configurations_and_seeds() -> None:
    problem = MFHartmann(dimension=3, quality="good", steps=3)
    noise = set()
    for x in ([0.3] * 3, [0.3, 0.3, 0.4]):
        for seed in (0, 1):
            losses = problem.curve(point(x), seed).losses
            for loss, flattening, blur in zip(
                losses, problem._flattening[:2], problem._blur[:2], strict=False
            ):
                nearness = _hartmann.wells(x)
                clean = _hartmann.depth(nearness) + flattening * sum(nearness)
                noise.add(round((loss - clean) / blur, 9))
    assert len(noise) == 8


def test_mf_hartmann_pays_the_cost_model_step_by_step() -> None:
    problem = MFHartmann(dimension=3, quality="good")
    z = problem.fidelity.unit * np.arange(1, 28)
    assert (z[0], z[-1]) == (pytest.approx(3.7, abs=0.01), pytest.approx(100))
    costs = problem.curve(point([0.5] * 3), 0).costs
    assert np.cumsum(costs) == pytest.approx(0.05 + 0.95 * (z / 100) ** 2)
    assert problem.estimate() == pytest.approx(1.0)


def test_low_fidelities_mislead_more_from_good_to_terrible() -> None:
    def fidelity_correlation(dimension: Any, quality: Any) -> Any:
        """Spearman of the losses on the way with the full ones, mean over steps 1 to 26."""
        problem, rng = MFHartmann(dimension=dimension, quality=quality), Random(1)
        curves = [problem.curve(problem.space.sample(rng), 0).losses for _ in range(1500)]
        return stats.spearmanr(np.array(curves)).statistic[-1, :-1].mean()

    for dimension in (3, 6):
        falling = [fidelity_correlation(dimension, quality) for quality in BIAS_NOISE]
        assert falling == sorted(falling, reverse=True)
        assert falling[0] > falling[-1] + 0.1


@pytest.mark.parametrize("steps", [0, 101, -3])
def test_mf_hartmann_refuses_steps_outside_its_fidelity(steps: int) -> None:
    with pytest.raises(UsageError, match="1 to 100"):
        MFHartmann(dimension=3, quality="good", steps=steps)


def test_mf_hartmann_knows_its_qualities() -> None:
    with pytest.raises(UnknownNameError, match="did you mean good"):
        MFHartmann(dimension=3, quality="goood")  # type: ignore[arg-type]


# -- counting ones -------------------------------------------------------------------------


def test_counting_ones_is_unbiased_and_has_the_binomial_variance() -> None:
    problem, n = CountingOnes(categorical=2, continuous=3, max_draws=90), 2000
    p = np.array([0.1, 0.5, 0.85])
    config: Config = {"cat0": 1, "cat1": 0}
    config |= {f"cont{i}": float(x) for i, x in enumerate(p)}
    curves = [problem.curve(config, seed) for seed in range(n)]
    losses = np.array([curve.losses for curve in curves])
    expectation = -(1 + p.sum()) / 5
    assert curves[0].heldout == pytest.approx([expectation] * 10, abs=1e-15)
    deviation = np.sqrt((p * (1 - p)).sum() / (9 * np.arange(1, 11))) / 5
    assert np.all(abs(losses.mean(0) - expectation) < 4 * deviation / math.sqrt(n))
    assert losses.std(0) == pytest.approx(deviation, rel=4 / math.sqrt(2 * n))


def test_counting_ones_adds_draws_to_those_it_has() -> None:
    problem = CountingOnes(categorical=1, continuous=4)
    config = problem.space.sample(Random(0))
    losses = np.array(problem.curve(config, 0).losses)
    ones = (-losses * 5 - config["cat0"]) * 9 * np.arange(1, 82)
    added = np.diff(ones, prepend=0)
    assert added == pytest.approx(added.round(), abs=1e-9)
    assert added.min() >= 0
    assert added.max() <= 4 * 9


@pytest.mark.parametrize(("value", "loss"), [(1, -1.0), (0, 0.0)])
def test_counting_ones_is_exact_at_its_corners(value: int, loss: float) -> None:
    problem = CountingOnes(categorical=3, continuous=5)
    config: Config = {
        p.name: value if p.kind == "categorical" else float(value) for p in problem.space
    }
    curve = problem.curve(config, 0)
    assert set(curve.losses) == set(present(curve.heldout)) == {loss}
    assert problem.optimum()[0] == -1.0


def test_counting_ones_fidelity_is_the_papers() -> None:
    fidelity = CountingOnes(categorical=8, continuous=8).fidelity
    assert (fidelity.name, fidelity.steps, fidelity.unit, fidelity.full) == ("draws", 81, 9, 729)


def test_counting_ones_has_a_reference_whatever_its_draws() -> None:
    reference = present(CountingOnes(categorical=5, continuous=7, max_draws=18).reference())
    assert (reference.optimum, reference.known) == (-1.0, True)
    assert reference.clip == pytest.approx(-0.5, abs=0.02)  # drawn
    assert CountingOnes(categorical=5, continuous=7, max_draws=18).estimate() == 2.0


def test_members() -> None:
    assert [m["continuous"] for m in present(CountingOnes.members())] == [4, 8, 16, 32]
    members = list(members_of(MFHartmann))
    assert len(members) == 8
    assert len({MFHartmann(**options).key for options in members}) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"categorical": -1, "continuous": 1}, "categorical >= 0"),
        ({"categorical": 1, "continuous": 0}, "continuous >= 1"),
        ({"categorical": 1, "continuous": 1, "max_draws": 10}, "a multiple"),
        ({"categorical": 1, "continuous": 1, "max_draws": 0}, "a multiple"),
        ({"categorical": 1, "continuous": 1, "min_draws": 0}, "a multiple"),
    ],
)
def test_counting_ones_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CountingOnes(**options)
