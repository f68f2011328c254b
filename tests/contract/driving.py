"""The searchers of the contract tests."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "optuna-gp": {"n_startup_trials": 3},
    "optuna-nsga2": {"population_size": 8},
}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {"hyperopt-atpe": 20, "nevergrad-ngopt": 30, "optuna-gp": 10}
"""Trials of searchers that take a quarter of a second for each."""
