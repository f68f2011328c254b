"""What Optuna's samplers make of configurations that somebody else chose."""

from __future__ import annotations

from hpobench.algorithms.searchers.optuna_nsga2 import OptunaNSGA2
from hpobench.api import Fidelity, Float, Space


def test_children_of_parents_at_the_bounds_are_plain_numbers() -> None:
    space = Space([Float("x", -5, 10), Float("y", 0, 1)])
    searcher = OptunaNSGA2(space, seed=0, fidelity=Fidelity(), population_size=2)
    for trial in range(2):
        assert searcher.adopt(trial, {"x": 10.0, "y": 1.0})
        searcher.tell(trial, 1, float(trial), final=True)
    for trial in range(2, 12):
        config = searcher.ask(trial)
        space.check(config)
        assert {type(value) for value in config.values()} == {float}
        searcher.tell(trial, 1, 1.0, final=True)
