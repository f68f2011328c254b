"""What a twin answers: forests for losses and costs, over the curves that they were grown on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from numpy.typing import NDArray

from hpobench.api import Config, Curve, Fidelity, Objective, Space, TabulatedProblem
from hpobench.kit import Table, UsageError
from hpobench.problems.recorded._forest import Arrays, Forest, grow
from hpobench.problems.recorded._quality import learnt


def grown(table: Table, cost: str) -> Mapping[str, NDArray[Any]]:
    """The curves of the trials in ``table`` that did not fail, and the arrays of their forests."""
    rows, configs = learnt(table)
    if cost not in table.curves:
        raise UsageError(f"twin: the table has no {cost} seconds; choose another cost")
    space = Space.from_json(table.about["trained"])
    curves = {kind: table.curves[kind][rows] for kind in ("loss", cost)}
    forests = [grow(space, configs, curve, kind) for kind, curve in curves.items()]
    return {**curves, **{name: array for forest in forests for name, array in forest.items()}}


class Model(TabulatedProblem):
    """A twin without its file."""

    name = "twin"

    def __init__(self, about: Mapping[str, Any], arrays: Arrays, cost: str) -> None:
        """``about``: the table's; ``arrays``: what :func:`grown` returned for ``cost``."""
        self.space = Space.from_json(about["trained"])
        self.fidelity = Fidelity(**about["fidelity"])
        self.objective = Objective(**about["objective"])
        self._losses, self._costs = arrays["loss"], arrays[cost]
        self._by_loss = Forest(self.space, arrays, "loss")
        self._by_cost = Forest(self.space, arrays, cost)

    def curve(self, config: Config, seed: int) -> Curve:
        plain = self._checked(config)
        losses = self._by_loss.mean(plain, self._losses)
        return Curve(losses.tolist(), self._by_cost.mean(plain, self._costs).tolist())

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        curves = [self._by_loss.mean(self._checked(c), self._losses) for c in configs]
        return [(loss, loss) for *_, loss in (curve.tolist() for curve in curves)]

    def _checked(self, config: Config) -> Config:
        """``config`` without NumPy's types, which a space does not know."""
        plain = {k: v.item() if hasattr(v, "item") else v for k, v in config.items()}
        self.space.check(plain)
        return plain

    def estimate(self) -> float:
        """The median cost of the trials that it was grown on, in seconds."""
        return float(median(self._costs.sum(axis=1).tolist()))
