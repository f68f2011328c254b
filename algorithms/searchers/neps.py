# /// script
# requires-python = ">=3.11"
# dependencies = ["neural-pipeline-search==0.17.0", "torch>=2.4,<2.14"]
# ///
"""NePS, without its runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import (
    Categorical,
    Config,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Parameter,
    Searcher,
    Space,
)
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from neps.optimizers.optimizer import AskFunction
    from neps.state import Trial

_FIDELITY = "the steps of hpobench's trial"
"""What NePS calls the fidelity, which stands among the parameters there."""


class NepsSearcher(Searcher):
    """Asks and tells an optimizer of NePS through its ``AskAndTell``; a subclass brings it.

    A failed or withheld trial is told as an exception: crashed. NePS takes no seeds and draws
    from the global generators, which the process seeds.
    """

    library = "neural-pipeline-search"
    preload = ("neps.optimizers.algorithms", "neps.optimizers.ask_and_tell")
    conditional = False

    def __init__(self, space: Space, optimizer: AskFunction) -> None:
        from neps.optimizers.ask_and_tell import AskAndTell

        self._space, self._optimizer = space, AskAndTell(optimizer)
        self._running: dict[int, Trial] = {}

    def ask(self, trial: int) -> Config:
        values = self._optimizer.ask()
        self._running[trial] = values
        return self._space.build({p.name: value_of(p, values.config[p.name]) for p in self._space})

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._optimizer.tell(self._running.pop(trial), loss)

    def failed(self, trial: int) -> None:
        self._optimizer.tell(self._running.pop(trial), RuntimeError("failed"))

    def dropped(self, trial: int) -> None:
        self.failed(trial)


class NepsBO(NepsSearcher):
    """NePS's Bayesian optimisation: a Gaussian process with noisy log expected improvement.

    Trials under way are pending points; to one that crashed NePS gives the median loss.
    ``initial_design_size``: losses known before the model is used, by default one for each
    parameter. Until then every proposal is of another Sobol' sequence.
    """

    name = "neps-bo"

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        initial_design_size: int | None = None,
    ) -> None:
        from neps.optimizers.algorithms import bayesian_optimization

        if initial_design_size is not None and initial_design_size < 1:
            raise UsageError(
                f"neps-bo: initial_design_size must be at least 1, not {initial_design_size}"
            )
        optimizer = bayesian_optimization(
            _translated(space), initial_design_size=initial_design_size or "ndim"
        )
        super().__init__(space, optimizer)


class NepsPriorBand(NepsSearcher):
    """NePS's PriorBand: HyperBand that samples at random or around the best so far.

    It knows of no prior here, in whose place NePS puts the uniform distribution. A promoted
    configuration is a new trial that starts over with more steps; while a rung waits for trials
    under way, the next bracket begins. A crashed trial is the last to be promoted.
    ``eta``: the distance between rungs and the share that passes one.
    """

    name = "neps-priorband"
    schedules_itself = True
    multi_fidelity = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, eta: int = 3) -> None:
        from neps.optimizers.algorithms import priorband
        from neps.space import HPOInteger

        if eta < 2:
            raise UsageError(f"neps-priorband: eta must be at least 2, not {eta}")
        steps = HPOInteger(1, fidelity.steps, is_fidelity=True)
        super().__init__(space, priorband(_translated(space, {_FIDELITY: steps}), eta=eta))

    @classmethod
    def unsupported_reason(
        cls, space: Space, fidelity: Fidelity, options: Mapping[str, Any]
    ) -> str | None:
        if fidelity.steps >= options["eta"]:
            return None
        return (
            f"needs trials of at least eta = {options['eta']} steps, the problem's have "
            f"{fidelity.steps}"
        )

    def steps(self, trial: int) -> int:
        return int(self._running[trial].config[_FIDELITY])


def _translated(space: Space, more: dict[str, Any] | None = None) -> Any:
    """``space`` in NePS's terms, with ``more`` of them. Choices go by their index, for NePS takes
    ``True`` and ``1`` for the same; as an integer it keeps the order of ordinals."""
    from neps.space import HPOCategorical, HPOConstant, HPOFloat, HPOInteger, SearchSpace

    def translate(p: Parameter) -> HPOFloat | HPOInteger | HPOCategorical | HPOConstant:
        match p:
            case Float():
                return HPOFloat(p.low, p.high, log=p.log)
            case Int():
                return HPOInteger(p.low, p.high, log=p.log)
            case Categorical() if len(p.choices) == 1:
                return HPOConstant(0)
            case Ordinal():
                return HPOInteger(0, len(p.choices) - 1)
            case Categorical():
                return HPOCategorical(list(range(len(p.choices))))

    return SearchSpace({p.name: translate(p) for p in space} | (more or {}))
