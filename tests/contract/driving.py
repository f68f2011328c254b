"""The searchers of the contract tests."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "botorch": {"n_initial": 3},
    "hebo": {"rand_sample": 3},
    "neps-bo": {"initial_design_size": 2},
    "optuna-gp": {"n_startup_trials": 3},
    "smac-gp": {"n_trials": 16},
    "smac-hyperband": {"n_trials": 16},
    "smac-rf": {"n_trials": 16},
    "syne-tune-kde": {"num_min_data_points": 6},
}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {
    "ax": 8,
    "botorch": 6,
    "hebo": 6,
    "neps-bo": 8,
    "optuna-gp": 10,
    "smac-gp": 8,
    "smac-hyperband": 24,
    "smac-rf": 16,
    "syne-tune-bore": 12,
    "syne-tune-cqr": 9,
    "vizier-gp": 2,
}
"""Trials of searchers that take a quarter of a second for each."""
