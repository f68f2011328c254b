"""The shipped problems pass the checks of problems."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.plugins.registry import Registry
from hpobench.testing.check import judge
from hpobench.testing.conformance import checks_of
from tests import ROOT

LR = {"lr": {"float": [1e-4, 1.0], "log": True}}
PROGRAM = 'read task; for _ in 1 2 3; do echo "{\\"loss\\": 0.5}"; done'
OPTIONS: dict[str, Any] = {
    "command": {"run": ["sh", "-c", PROGRAM], "space": LR, "steps": 3},
    "sklearn": {
        "estimator": "sklearn.linear_model.SGDClassifier",
        "space": {"alpha": {"float": [1e-4, 1.0], "log": True}},
    },
    "trainable": {
        "run": "examples/trainable/mine.py:train",
        "space": LR,
        "steps": 9,
        "fixed": {"epochs": 9, "l2": 0.01, "batch": 30},
    },
}
"""Of those that are nothing without; others are their family's first member."""
ENTRIES = {entry.name: entry for entry in Registry().entries("problem")}
del ENTRIES["recorded"]  # nothing without a table of the user's


@pytest.mark.parametrize("name", ENTRIES)
def test_conforms(name: str) -> None:
    entry = ENTRIES[name]
    if (reason := entry.missing()) is not None:
        pytest.skip(reason)
    results = {c.name: judge(c, 120) for c in checks_of(entry, OPTIONS.get(name, {}), ROOT)}
    assert {n: r.text for n, r in results.items() if r.status == "failed"} == {}
    assert results["space"].status == "ok"
