"""The base class of problems that evaluate YAHPO Gym's surrogate networks.

Pfisterer et al., "YAHPO Gym: An Efficient Multi-Objective Multi-Fidelity Benchmark for
Hyperparameter Optimization", 2022 (arXiv:2109.03670).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.api import Config, Curve, Value
from hpobench.kit import NotAvailableError, UnknownNameError, data
from hpobench.problems.data._fetched import FetchedProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hpobench.problems.surrogate._yahpo import Surrogate

SHORTEST = 1e-3
"""The minimal cost of a step, in seconds."""


class SurrogateProblem(FetchedProblem):
    """One instance of a scenario of YAHPO Gym.

    The name of the fidelity is an input of the network; the objective's metric and ``test`` are
    targets of the network. After each step, a trial has cost the running maximum of ``seconds``,
    because the times that a network predicts are not monotone. A step costs at least a millisecond.
    Results agree across machines up to the last float32 bits.
    """

    licence = "Apache-2.0"
    requires = ("onnxruntime>=1.20",)

    instances: ClassVar[tuple[int, ...]]
    """The ids of OpenML for which the network can be asked."""
    categories: ClassVar[tuple[str, ...]]
    """The network's categorical inputs, in its order; the first is the instance."""
    numbers: ClassVar[tuple[str, ...]]
    """The network's numeric inputs, in its order."""
    targets: ClassVar[tuple[str, ...]]
    """The network's outputs, in its order."""
    seconds: ClassVar[tuple[str, ...]]
    """The targets whose sum is the cost of a trial."""
    test: ClassVar[str | None] = None
    """The target that is held out."""
    constants: Mapping[str, Value] = {}
    """Inputs with a fixed value, which searchers do not see."""

    def __init__(self, instance: int) -> None:
        if instance not in self.instances:
            raise UnknownNameError(f"{self.name} instance", str(instance), map(str, self.instances))
        self.instance = instance

    @property
    def key(self) -> str:
        return str(self.instance)

    @cached_property
    def network(self) -> Surrogate:
        # The import is here because it loads NumPy, which would slow down listing the problems.
        from hpobench.problems.surrogate._yahpo import AGAIN, Signature, surrogate

        folder = data.find(self.data)
        signature = Signature(self.categories, self.numbers, self.targets)
        found = surrogate(folder, signature)
        if str(self.instance) not in found.codes[self.categories[0]]:
            raise NotAvailableError(
                f"{folder / 'encoding.json'} lacks {self.name}'s instance {self.instance}; {AGAIN}"
            )
        return found

    def evaluate(self, configs: Sequence[Config], steps: Sequence[int]) -> NDArray[np.float32]:
        """The targets ``[rows, targets]`` of each of ``configs`` after its number of ``steps``.

        Raises :class:`SpaceError` if a parameter is missing.
        """
        fidelity, instance = self.fidelity, {self.categories[0]: self.instance}
        return self.network.predict(
            [
                {
                    **self._active(config),
                    **self.constants,
                    **instance,
                    fidelity.name: step * fidelity.unit,
                }
                for config, step in zip(configs, steps, strict=True)
            ]
        )

    def _active(self, config: Config) -> Config:
        try:
            return self.space.build(config)
        except KeyError:
            self.space.check(config)
            raise

    def curve(self, config: Config, seed: int) -> Curve:
        import numpy as np

        steps = range(1, self.fidelity.steps + 1)
        values = self.evaluate([config] * len(steps), steps)
        times = values[:, [self.targets.index(name) for name in self.seconds]].sum(
            axis=1, dtype=float
        )
        costs = np.diff(np.maximum.accumulate(times), prepend=0.0)
        visible, heldout = self._losses(values)
        return Curve(
            visible.tolist(),
            np.maximum(costs, SHORTEST).tolist(),
            heldout.tolist() if self.heldout else None,
        )

    def finals(self, configs: Sequence[Config], seed: int) -> Sequence[tuple[float, float]]:
        values = self.evaluate(configs, [self.fidelity.steps] * len(configs))
        visible, heldout = self._losses(values)
        return list(zip(visible.tolist(), heldout.tolist(), strict=True))

    def _losses(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The visible and the held-out losses in ``values``, which are rows of targets."""
        sign = self.objective.loss(1.0)
        visible, heldout = (
            sign * values[:, self.targets.index(name)]
            for name in (self.objective.metric, self.test or self.objective.metric)
        )
        return visible, heldout
