"""The BoTorch searcher is BoTorch's own loop over the unit cube."""

from __future__ import annotations

import itertools
import math
from contextlib import closing

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space
from tests.env.algorithms.own_loop import build, drive, objective, own_loop
from tests.support.night import night

pytestmark = night


SPACE = Space(
    [
        Float("x", 0, 1),
        Float("rate", 1e-4, 1, log=True),
        Int("width", 1, 100),
        Int("layers", 1, 3),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bbb", "cc")),
    ]
)
OWN_LOOP = """
import math

import torch
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch.quasirandom import SobolEngine

BATCHES, KINDS = [8, 16, 32], ["a", "bbb", "cc"]
LOW, HIGH = math.log(1e-4), math.log(1)

def decode(point):
    x, rate, width, layers, batch, kind = point
    return {
        "x": x,
        "rate": {0: 1e-4, 1: 1}.get(rate) or math.exp(LOW + rate * (HIGH - LOW)),
        "width": min(math.floor(1 + 100 * width), 100),
        "layers": min(math.floor(1 + 3 * layers), 3),
        "batch": BATCHES[batch],
        "kind": KINDS[kind],
    }

def encode(config):
    return [
        config["x"],
        (math.log(config["rate"]) - LOW) / (HIGH - LOW),
        (config["width"] - 0.5) / 100,
        (config["layers"] - 0.5) / 3,
        BATCHES.index(config["batch"]) / 2,
        KINDS.index(config["kind"]),
    ]

sobol = SobolEngine(6, scramble=True, seed=given["seed"])
bounds = torch.tensor([[0.0, 0, 0, 1 / 6, 0, 0], [1, 1, 1, 2.5 / 3, 1, 2]], dtype=torch.double)
points, losses, result = [], {}, []
for number in range(given["trials"]):
    if len(losses) < 4:
        *numbers, batch, kind = sobol.draw(1)[0].tolist()
        config = decode([*numbers, int(3 * batch), int(3 * kind)])
    else:
        x = torch.tensor([points[i] for i in losses], dtype=torch.double)
        y = -torch.tensor([[loss] for loss in losses.values()], dtype=torch.double)
        model = MixedSingleTaskGP(x, y, cat_dims=[5])
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        pending = [point for i, point in enumerate(points) if i not in losses]
        acquisition = qLogExpectedImprovement(
            model, best_f=y.max(), X_pending=torch.tensor(pending, dtype=torch.double)
        )
        candidate, _ = optimize_acqf_mixed_alternating(
            acquisition,
            bounds,
            discrete_dims={3: [1 / 6, 1.5 / 3, 2.5 / 3], 4: [0.0, 0.5, 1.0]},
            cat_dims={5: [0.0, 1.0, 2.0]},
        )
        *numbers, batch, kind = candidate[0].tolist()
        config = decode([*numbers, round(2 * batch), round(kind)])
    points.append(encode(config))
    result.append(config)
    if number and number != 3:  # the trial before that one fails
        losses[number - 1] = objective(result[number - 1])
"""
TRIALS = 8


def test_proposes_what_botorch_proposes() -> None:
    proposed = drive("botorch", SPACE, TRIALS, workers=2, failed=(2,), n_initial=4)
    assert proposed == own_loop("botorch", OWN_LOOP, seed=0, trials=TRIALS)


def test_pending_trials_keep_proposals_apart() -> None:
    space = Space([Float("x", 0, 1), Float("y", 0, 1)])
    with closing(build("botorch", space, 0, n_initial=5)) as searcher:
        for trial in range(5):
            searcher.tell(trial, 1, objective(searcher.ask(trial)), final=True)
        pending = [tuple(map(float, searcher.ask(trial).values())) for trial in range(5, 8)]
    assert min(math.dist(a, b) for a, b in itertools.combinations(pending, 2)) > 0.02


@pytest.mark.parametrize("sign", [1, -1])
def test_both_bounds_of_every_kind_are_reached(sign: int) -> None:
    space = Space([Float("x", -5, 5), Int("n", 1, 3), Int("m", 1, 1000, log=True)])

    def loss(config: Config) -> float:
        return sign * sum(p.to_unit(config[p.name]) for p in space)

    configs = drive("botorch", space, 10, loss=loss, n_initial=4)
    bounds = {"x": -5, "n": 1, "m": 1} if sign == 1 else {"x": 5, "n": 3, "m": 1000}
    assert bounds in configs[4:]


def test_a_category_of_one_choice_is_a_constant() -> None:
    space = Space([Float("x", 0, 1), Categorical("only", ("a",))])
    found = drive("botorch", space, 12, loss=lambda config: float(config["x"]))
    assert {config["only"] for config in found} == {"a"}
