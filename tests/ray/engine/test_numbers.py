"""Cells whose problems return odd numbers, and cells that would never end."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.api import Budget, Config, Curve
from hpobench.contract.errors import CellError
from hpobench.running.cells import tuning as runs
from hpobench.testing.doubles import CurveProblem, make_run
from tests.support.finished import finished

NUMBERS: dict[str, Any] = {
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "huge": 1e308,
    "-huge": -1e308,
    "denormal": 5e-324,
    "0": 0,
    "-1": -1,
    "int": 2**63 + 2**11,
    "enormous": 10**400,
    "unprintable": 10**5000,
    "numpy": np.float32(0.5),
    "array": np.array([1.0, 2.0]),
    "bool": True,
    "text": "0.5",
    "none": None,
    "complex": 1j,
    "decimal": Decimal("0.1"),
}
REFUSED = {"enormous", "unprintable", "array", "text", "none", "complex"}
FAILED = {
    "losses": REFUSED | {"nan", "inf", "-inf"},
    "costs": REFUSED | {"nan", "inf", "-inf", "huge", "-huge", "denormal", "0", "-1"},
    "heldout": REFUSED,
}


class Odd(CurveProblem):
    """Curves whose second step has an odd number."""

    def __init__(self, part: str, value: Any) -> None:
        super().__init__()
        self.part, self.value = part, value

    def curve(self, config: Config, seed: int) -> Curve:
        curve = super().curve(config, seed)
        parts = {"losses": curve.losses, "costs": curve.costs, "heldout": curve.losses}
        odd = list(parts[self.part])
        odd[1] = self.value
        return Curve(**{**parts, self.part: odd})


@pytest.mark.parametrize("part", FAILED)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_taken_or_fails_its_trial(part: str, name: str) -> None:
    value = NUMBERS[name]
    run = finished(Fifo(), problem=Odd(part, value), trials=2, workers=1)
    statuses = [run.trial_status(trial) for trial in run.source.trials]
    assert math.isfinite(run.stage.now)
    if name in FAILED[part]:
        assert statuses == ["failed"] * 2
        assert all("at step 2" in str(trial.error) for trial in run.source.trials)
        assert [event.step for event in run.events] == [1, 1]
        return
    assert statuses == ["completed"] * 2
    kept = getattr(run.events[1], {"losses": "loss", "costs": "cost", "heldout": "heldout"}[part])
    assert kept == pytest.approx(float(value), nan_ok=True, rel=0, abs=0)
    json.dumps(kept)


def test_a_curve_that_is_none_fails_its_trial() -> None:
    class Nothing(CurveProblem):
        def curve(self, config: Config, seed: int) -> Curve:
            return None  # type: ignore[return-value]

    run = finished(Fifo(), problem=Nothing(), trials=2, workers=1)
    assert [run.trial_status(trial) for trial in run.source.trials] == ["failed"] * 2


def test_results_of_a_cell_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_RESULTS", 50)
    run = make_run(Fifo(), problem=Odd("costs", 1e-30), trials=200, budget=Budget(time=1e6))
    with pytest.raises(CellError, match=r"50 results at .* s, the most of one cell"):
        run.finish()
    assert 40 <= len(run.events) <= 50  # what it had is kept


def test_trials_of_a_cell_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_TRIALS", 5)
    run = make_run(Fifo(), problem=Odd("losses", math.nan), trials=200, budget=Budget(time=1e9))
    with pytest.raises(CellError, match=r"5 trials at .* s, the most of one cell"):
        run.finish()
