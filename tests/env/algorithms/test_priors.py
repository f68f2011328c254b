"""What searchers that take a prior make of it: at first they propose what it says is good."""

from __future__ import annotations

import contextlib
from statistics import fmean
from typing import Any

import pytest

from hpobench.api import Config, Exhausted, Fidelity, Prior, Space, Value
from hpobench.plugins.building import build_searcher, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.testing.driving import SPACES, loss_of
from tests.env.contract.driving import by_day

REGISTRY = Registry()
OPTIONS: dict[str, dict[str, Any]] = {
    "botorch": {"n_initial": 4},
    "neps-pibo": {"initial_design_size": 3},
    "neps-priorband": {},
    "random-prior": {},
    "smac-gp": {"n_trials": 40},
    "smac-hyperband": {"n_trials": 40},
    "smac-rf": {"n_trials": 40},
}
GOOD, BAD = 0.3, 0.9
"""Coordinates of the best configuration by ``loss_of``, and of a bad one."""
TRIALS = {"botorch": 5, "neps-pibo": 5}
"""Of those that think for seconds; the others have twelve trials."""


def test_all_of_them_are_tried_here() -> None:
    entries = REGISTRY.entries("searcher")
    assert {e.name for e in entries if e.attributes.get("takes_prior")} <= {*OPTIONS}
    assert all(REGISTRY.find("searcher", name).load().takes_prior for name in OPTIONS)  # type: ignore[attr-defined]


def proposals(name: str, space: Space, prior: Prior | None) -> list[Config]:
    ref = plugin_ref(REGISTRY, "searcher", name, OPTIONS[name])
    fidelity = Fidelity("epoch", steps=9)
    found: list[Config] = []
    searcher = build_searcher(ref, space, 1, fidelity, prior)
    with contextlib.closing(searcher), contextlib.suppress(Exhausted):
        for trial in range(TRIALS.get(name, 12)):
            config = searcher.ask(trial)
            space.check(config)
            found.append(config)
            steps = searcher.steps(trial) if searcher.schedules_itself else fidelity.steps
            searcher.tell(trial, steps, loss_of(space, config), final=True)
    return found


def prior_at(space: Space, at: float, deviation: float = 0.125) -> Prior:
    return Prior(space, space.from_unit([at] * len(space)), deviation)


def distance(prior: Prior, config: Config) -> float:
    """The mean distance of ``config`` from the centre, in what both have."""

    def between(name: str, value: Value) -> float:
        p, other = prior.space[name], prior.centre[name]
        return (
            float(value != other)
            if p.kind == "categorical"
            else abs(p.to_unit(value) - p.to_unit(other))
        )

    return fmean(between(name, v) for name, v in config.items() if name in prior.centre)


@pytest.mark.parametrize("space", ["continuous", "mixed"])
@pytest.mark.parametrize("name", by_day(OPTIONS))
def test_the_first_proposals_are_nearer_to_the_centre(name: str, space: str) -> None:
    prior = prior_at(SPACES[space], GOOD)
    with_it, without = (
        fmean(distance(prior, config) for config in proposals(name, prior.space, belief))
        for belief in (prior, None)
    )
    # Half of what the baseline and PriorBand draw is random, and PriorBand promotes what is good.
    assert with_it < 0.9 * without if name in ("random-prior", "neps-priorband") else 0.5 * without


CONDITIONAL = by_day(["random-prior", "smac-rf", "smac-gp", "smac-hyperband"])


@pytest.mark.parametrize("name", CONDITIONAL)
def test_conditions_go_with_priors(name: str) -> None:
    prior = prior_at(SPACES["conditional"], GOOD)
    found = proposals(name, prior.space, prior)
    assert len([c for c in found if c["model"] == prior.centre["model"]]) > len(found) / 2
    assert len(found) == 12


@pytest.mark.parametrize("name", by_day(OPTIONS))
def test_a_misleading_prior_hurts_at_first(name: str) -> None:
    space = SPACES["continuous"]
    good, misleading = (
        fmean(loss_of(space, config) for config in proposals(name, space, prior_at(space, at)))
        for at in (GOOD, BAD)
    )
    assert misleading > 1.2 * good


@pytest.mark.parametrize("name", by_day(["smac-rf", "neps-pibo", "botorch"]))
def test_a_sure_prior_leaves_less(name: str) -> None:
    space = SPACES["continuous"]
    sure, unsure = (
        fmean(distance(prior, config) for config in proposals(name, space, prior)[:4])
        for prior in (prior_at(space, GOOD, 0.02), prior_at(space, GOOD, 0.5))
    )
    assert sure < 0.06
    assert unsure > 2 * sure
