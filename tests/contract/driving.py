"""The searchers of the contract tests."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "hebo": {"rand_sample": 3},
    "optuna-gp": {"n_startup_trials": 3},
    "smac-gp": {"n_trials": 16},
    "smac-hyperband": {"n_trials": 16},
    "smac-rf": {"n_trials": 16},
}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {"hebo": 6, "optuna-gp": 10, "smac-gp": 8, "smac-hyperband": 24, "smac-rf": 16}
"""Trials of searchers that take a quarter of a second for each."""
