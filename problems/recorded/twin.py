"""A model of recorded trials, which takes the place of what they came from."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from hpobench.api import Config, Curve, Reference
from hpobench.kit import Table, UsageError, mapped, read_table
from hpobench.problems.recorded.recorded import Recorded

if TYPE_CHECKING:
    from hpobench.problems.recorded._model import Model


class Twin(Recorded):
    """A forest fitted to trials that `hpobench problems import --surrogate` brought.

    ``table``: a file in the suite's folder or below, or else under ``$HPOBENCH_DATA``.
    ``cost``: the cost of a step, ``wall`` or ``cpu`` seconds, whichever the table has.

    A configuration gets the mean of the curves of the recorded trials that share a leaf with it in
    a forest of 100 extremely randomised trees; its costs are such means of another forest. The
    trees are grown by scikit-learn when a machine first needs them and kept in the user's cache.
    The curves are the same for every seed. Failed trials are left out, so nothing fails.

    The rank correlation and the error on held-out trials stand in the table, and with the
    reference in reports. The optimum is the best that a search of 4,000 configurations found.
    """

    name = "twin"
    requires = ("scikit-learn>=1.6",)

    def __init__(self, *, table: str, cost: Literal["cpu", "wall"] = "wall") -> None:
        super().__init__(table=table, cost=cost)
        self.heldout = False
        self._measured = self._about.get("twin")
        if not isinstance(self._measured, Mapping):
            raise UsageError(
                f"twin: {table}: nobody has measured whether a model of these trials can be "
                "trusted; `hpobench problems import` them again with --surrogate, or use the "
                "problem recorded"
            )

    @staticmethod
    def quality(table: Table) -> dict[str, Any]:
        """What a twin of ``table`` is worth; see :func:`._quality.quality`."""
        from hpobench.problems.recorded._quality import quality

        return quality(table)

    @staticmethod
    def of(table: Table, cost: str = "wall") -> Model:
        """The model of ``table``, grown now."""
        from hpobench.problems.recorded._model import Model, grown

        return Model(table.about, grown(table, cost), cost)

    @cached_property
    def model(self) -> Model:
        # The import is here because it loads NumPy, which would slow down listing the problems.
        from hpobench.problems.recorded._model import Model, grown

        cost = self._cost
        part = (self.space, cost, importlib.metadata.version("scikit-learn"))
        arrays = mapped(self._file, part, lambda: grown(read_table(self._file), cost))
        return Model(self._about, arrays, cost)

    def curve(self, config: Config, seed: int) -> Curve:
        return self.model.curve(config, seed)

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        return self.model.finals(configs, seed)

    def estimate(self) -> float:
        return self.model.estimate()

    def optimum(self) -> None:  # type: ignore[override]
        """Nobody knows the exact optimum of a forest."""

    def everything(self) -> Sequence[tuple[float, float]] | None:
        return None

    def reference(self) -> Reference | None:
        """The reference that the import measured, with what the twin is worth."""
        measured: Any = self._measured
        try:
            found = measured["reference"]
            optimum, clip = float(found["optimum"]), float(found["clip"])
            worth = f"rank correlation {measured['rank_correlation']:.2f} on held-out trials"
            forced = ", forced although it is not to be trusted" if measured["forced"] else ""
        except (LookupError, TypeError, ValueError):
            return None
        if not optimum < clip:
            return None
        source = f"a model of {self._about['trials']} trials of {self._about['problem']}"
        return Reference(optimum, clip, f"{source}: {worth}{forced}", known=False)
