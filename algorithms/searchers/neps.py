# /// script
# requires-python = ">=3.11"
# dependencies = ["neural-pipeline-search==0.17.0", "torch>=2.4,<2.14"]
# ///
"""NePS's optimisers, used without NePS's runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import term_of, value_of
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
"""The name of the fidelity in NePS's space, where it is one of the parameters."""


class NepsSearcher(Searcher):
    """Asks and tells an optimizer of NePS through ``AskAndTell``; a subclass provides it.

    A failed or withheld trial is told as an exception, so NePS counts it as crashed. NePS takes no
    seeds and draws from the global generators, which the process that hosts it seeds.
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

    Running trials are pending points, and NePS gives a crashed trial the median loss.
    ``initial_design_size``: the number of losses before the model is used, by default one for each
    parameter. Until then, NePS begins another Sobol' sequence for every proposal.
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

    def adopt(self, trial: int, config: Config) -> bool:
        from neps.state import Trial

        # As in NePS's tell_custom, which wants the result at the same time.
        known, worker = self._optimizer.trials, self._optimizer.worker_id
        adopted = Trial.new(
            trial_id=str(len(known) + 1),
            config={p.name: term_of(p, config[p.name]) for p in self._space},
            location="",
            previous_trial=None,
            previous_trial_location=None,
            time_sampled=0.0,
            worker_id=worker,
        )
        adopted.set_evaluating(time_started=0.0, worker_id=worker)
        self._running[trial] = known[adopted.id] = adopted
        return True


class NepsPriorBand(NepsSearcher):
    """NePS's PriorBand: HyperBand that samples at random or around the best so far.

    No prior is given here, so NePS uses the uniform distribution in its place. A promoted
    configuration is trained from the start, with more steps, as a new trial. While a rung waits for
    running trials, the next bracket begins. A crashed trial is the last to be promoted.
    ``eta``: the ratio of the steps of neighbouring rungs, and the inverse of the share of trials
    that pass a rung.
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
    """``space`` in NePS's terms, with the parameters ``more``, which are in NePS's terms already.

    A choice is represented by its index, because to NePS ``True`` and ``1`` are the same. The index
    of an ordinal is an integer parameter, which keeps the order.
    """
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
