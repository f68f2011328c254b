"""Vizier's designers propose what they propose in the loop that Vizier documents for them."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.api import Categorical, Ordinal, Space
from tests.env.algorithms.own_loop import PLAIN, drive, own_loop
from tests.support.night import night

pytestmark = night


OWN_LOOP = """
import jax
from vizier import algorithms, pyvizier
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy import EagleStrategyDesigner
from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

BATCHES, KINDS = [8, 16, 32], ["a", "bbb", "cc"]

problem = pyvizier.ProblemStatement()
root = problem.search_space.root
root.add_float_param("x", -1, 2)
root.add_float_param("rate", 1e-5, 1, scale_type=pyvizier.ScaleType.LOG)
root.add_int_param("layers", 1, 4)
root.add_int_param("width", 16, 64, scale_type=pyvizier.ScaleType.LOG)
root.add_discrete_param("batch", [0, 1, 2])
root.add_categorical_param("kind", ["0", "1", "2"])
problem.metric_information.append(
    pyvizier.MetricInformation("loss", goal=pyvizier.ObjectiveMetricGoal.MINIMIZE)
)
if given["name"] == "vizier-eagle":
    designer = EagleStrategyDesigner(problem, seed=given["seed"])
else:
    jax.config.update("jax_enable_x64", True)  # the service's
    designer = VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(given["seed"]))
running, result, completed = [], [], []
for number in range(given["trials"]):
    designer.update(
        algorithms.CompletedTrials(completed),
        algorithms.ActiveTrials([trial for trial, _ in running]),
    )
    completed = []
    (suggestion,) = designer.suggest(1)
    values = suggestion.parameters.as_dict()
    config = {
        **values,
        "layers": int(values["layers"]),
        "width": int(values["width"]),
        "batch": BATCHES[int(values["batch"])],
        "kind": KINDS[int(values["kind"])],
    }
    result.append(config)
    running.append((suggestion.to_trial(number + 1), config))
    if len(running) == 2:
        trial, config = running.pop(0)
        if number % 5 == 4:
            trial.complete(pyvizier.Measurement(), infeasibility_reason="failed")
        else:
            trial.complete(pyvizier.Measurement({"loss": objective(config)}))
        completed.append(trial)
"""


@pytest.mark.parametrize(
    ("name", "trials"),
    [
        ("vizier-eagle", 60),
        pytest.param("vizier-gp", 3, id="vizier-gp"),
        pytest.param("vizier-gp", 7, id="vizier-gp-longer"),
    ],
)
def test_proposes_what_vizier_proposes(name: str, trials: int) -> None:
    proposed = drive(name, PLAIN, trials, workers=2, failed=range(3, trials, 5))
    assert proposed == own_loop(name, OWN_LOOP, seed=0, trials=trials, name=name)


def test_infeasible_and_diverged_trials() -> None:
    space = Space([Categorical("a", (True, 1)), Ordinal("b", (5,)), *PLAIN])
    ends: dict[str, Any] = {
        "failed": range(0, 60, 3),
        "dropped": range(1, 60, 3),
        "diverged": range(2, 60, 3),
    }
    assert len(drive("vizier-eagle", space, 60, seed=1, **ends)) == 60
