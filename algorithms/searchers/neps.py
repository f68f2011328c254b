# /// script
# requires-python = ">=3.11"
# dependencies = ["neural-pipeline-search==0.17.0", "torch>=2.4,<2.14"]
# ///
"""NePS's optimisers, used without NePS's runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.algorithms.searchers._values import term_of, value_of
from hpobench.api import (
    Categorical,
    Config,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Parameter,
    Prior,
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


class _NepsModel(NepsSearcher):
    """Base class of NePS's optimisers with a Gaussian process, which learn from any configuration;
    a subclass names the function that makes one."""

    algorithm: ClassVar[str]

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        initial_design_size: int | None = None,
    ) -> None:
        from neps.optimizers import algorithms

        if initial_design_size is not None and initial_design_size < 1:
            raise UsageError(
                f"{self.name}: initial_design_size must be at least 1, not {initial_design_size}"
            )
        optimizer = getattr(algorithms, self.algorithm)(
            _translated(space, self.prior), initial_design_size=initial_design_size or "ndim"
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


class NepsBO(_NepsModel):
    """NePS's Bayesian optimisation: a Gaussian process with noisy log expected improvement.

    Running trials are pending points, and NePS gives a crashed trial the median loss.
    ``initial_design_size``: the number of losses before the model is used, by default one for each
    parameter. Until then, NePS begins another Sobol' sequence for every proposal.
    """

    name = "neps-bo"
    algorithm = "bayesian_optimization"


class NepsPiBO(_NepsModel):
    """NePS's piBO: its Bayesian optimisation, whose acquisition function is weighted by a prior.

    The first ``initial_design_size`` proposals, by default one for each parameter, are draws from
    the prior. The weight of the prior ends after some trials. Until then it does not fade: where
    piBO multiplies the log density of the prior by a falling exponent, NePS 0.17 adds the exponent,
    which is the same for all points. Without a prior the first proposals are random.
    """

    name = "neps-pibo"
    algorithm = "pibo"
    takes_prior = True


class NepsPriorBand(NepsSearcher):
    """NePS's PriorBand: HyperBand that samples at random, from a prior or around the best so far.

    Without a prior, NePS uses the uniform distribution in its place. A promoted
    configuration is trained from the start, with more steps, as a new trial. While a rung waits for
    running trials, the next bracket begins. A crashed trial is the last to be promoted.
    ``eta``: the ratio of the steps of neighbouring rungs, and the inverse of the share of trials
    that pass a rung.
    """

    name = "neps-priorband"
    schedules_itself = True
    multi_fidelity = True
    takes_prior = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, eta: int = 3) -> None:
        from neps.optimizers.algorithms import priorband
        from neps.space import HPOInteger

        if eta < 2:
            raise UsageError(f"neps-priorband: eta must be at least 2, not {eta}")
        steps = HPOInteger(1, fidelity.steps, is_fidelity=True)
        terms = _translated(space, self.prior, {_FIDELITY: steps})
        super().__init__(space, priorband(terms, eta=eta))

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


def _translated(space: Space, prior: Prior | None, more: dict[str, Any] | None = None) -> Any:
    """``space`` in NePS's terms, with the parameters ``more``, which are in NePS's terms already.

    A choice is represented by its index, because to NePS ``True`` and ``1`` are the same. The index
    of an ordinal is an integer parameter, which keeps the order.
    """
    from neps.space import HPOCategorical, HPOConstant, HPOFloat, HPOInteger, SearchSpace

    def translate(p: Parameter) -> HPOFloat | HPOInteger | HPOCategorical | HPOConstant:
        belief = {} if prior is None else _belief(p, prior)
        match p:
            case Float():
                return HPOFloat(p.low, p.high, log=p.log, **belief)
            case Int():
                return HPOInteger(p.low, p.high, log=p.log, **belief)
            case Categorical() if len(p.choices) == 1:
                return HPOConstant(0)
            case Ordinal():
                return HPOInteger(0, len(p.choices) - 1, **belief)
            case Categorical():
                return HPOCategorical(list(range(len(p.choices))), **belief)

    return SearchSpace({p.name: translate(p) for p in space} | (more or {}))


def _belief(p: Parameter, prior: Prior) -> dict[str, Any]:
    """``prior`` as the arguments of NePS's parameter ``p``.

    To NePS, a confidence is the probability of a category's choice, and 1 less the standard
    deviation of a number.
    """
    from neps.sampling.priors import PRIOR_CONFIDENCE_MAPPING

    confidence = max(prior.weights(p)) if type(p) is Categorical else 1 - prior.deviation
    # NePS reads the words of parameters here, and has only three of its own.
    word = repr(confidence)
    PRIOR_CONFIDENCE_MAPPING[word] = confidence
    return {"prior": term_of(p, prior.centre[p.name]), "prior_confidence": word}
