"""The searchers of the contract tests, and which of them run by day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from hpobench.plugins.registry import Registry
from tests.support.night import night

OPTIONS: dict[str, dict[str, Any]] = {
    "bayes-opt": {"init_points": 3},
    "botorch": {"n_initial": 3},
    "hebo": {"rand_sample": 3},
    "neps-bo": {"initial_design_size": 2},
    "neps-pibo": {"initial_design_size": 2},
    "optuna-gp": {"n_startup_trials": 3},
    "optuna-nsga2": {"population_size": 8},
    "skopt-et": {"n_initial_points": 3},
    "skopt-gbrt": {"n_initial_points": 3},
    "skopt-gp": {"n_initial_points": 3},
    "skopt-rf": {"n_initial_points": 3},
    "smac-gp": {"n_trials": 16},
    "smac-hyperband": {"n_trials": 16},
    "smac-rf": {"n_trials": 16},
    "syne-tune-kde": {"num_min_data_points": 6},
}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {
    "ax": 8,
    "bayes-opt": 6,
    "botorch": 6,
    "hebo": 6,
    "hyperopt-atpe": 20,
    "neps-bo": 8,
    "neps-pibo": 8,
    "nevergrad-ngopt": 30,
    "optuna-gp": 10,
    "skopt-et": 6,
    "skopt-gbrt": 6,
    "skopt-gp": 6,
    "skopt-rf": 6,
    "smac-gp": 8,
    "smac-hyperband": 24,
    "smac-rf": 8,
    "syne-tune-bore": 12,
    "syne-tune-cqr": 9,
    "vizier-gp": 3,
}
"""Trials of searchers that take a quarter of a second for each."""
DAY = frozenset({"bohb", "cma", "dehb", "hyperopt-tpe"})
"""Isolated searchers that run by day, too: one with conditional spaces, one that is nothing but
NumPy, one that learns from every step, and one that decides how far its trials train."""
SLOW = frozenset({"optuna-gp"})
"""In this process, but minutes for all checks."""


def by_day(names: Iterable[str]) -> list[ParameterSet]:
    """``names`` of searchers as parameters: by day those of this process, and a few others."""
    isolated = {entry.name for entry in Registry().entries("searcher") if entry.script is not None}
    rare = (isolated - DAY) | SLOW
    return [pytest.param(name, marks=[night] if name in rare else []) for name in names]
