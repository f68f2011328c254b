# /// script
# requires-python = ">=3.11"
# # jax 0.6 lacks what tensorflow-probability 0.25, the newest, imports.
# dependencies = ["google-vizier[jax]==0.1.24", "jax<0.6"]
# ///
"""Designers of OSS Vizier, used without Vizier's service."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    Value,
)

if TYPE_CHECKING:
    from vizier.algorithms import Designer
    from vizier.pyvizier import ProblemStatement, Trial


class VizierSearcher(Searcher):
    """Asks and tells a Vizier designer in memory; a subclass provides the designer.

    Before each suggestion, the designer is told the newly ended trials and all running ones. A
    trial that failed, or whose loss is withheld, is told as infeasible. The designers are imported
    from the modules that define them, as Vizier's service does, because the module that collects
    them needs CVXPY.
    """

    library = "google-vizier"
    conditional = False

    def __init__(self, space: Space, designer: Designer) -> None:
        self._space, self._designer = space, designer
        self._active: dict[int, Trial] = {}
        self._completed: list[Trial] = []
        """Ended trials that the designer has not been told yet."""

    def ask(self, trial: int) -> Config:
        from vizier import algorithms

        self._designer.update(
            algorithms.CompletedTrials(self._completed),
            algorithms.ActiveTrials(list(self._active.values())),
        )
        self._completed = []
        (suggestion,) = self._designer.suggest(1)
        self._active[trial] = suggestion.to_trial(trial + 1)
        values = suggestion.parameters.as_dict()
        if lacking := [name for name in self._space.names if name not in values]:
            # Vizier leaves out a parameter for which its model computes NaN.
            raise ArithmeticError(f"Vizier's model came to NaN for {', '.join(lacking)}")
        return self._space.build({p.name: value_of(p, values[p.name]) for p in self._space})

    def adopt(self, trial: int, config: Config) -> bool:
        from vizier.pyvizier import Trial

        terms = {p.name: _term(p, config[p.name]) for p in self._space}
        self._active[trial] = Trial(id=trial + 1, parameters=terms)
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._complete(trial, metrics={"loss": loss})

    def failed(self, trial: int) -> None:
        self._complete(trial, infeasible="failed")

    def dropped(self, trial: int) -> None:
        self._complete(trial, infeasible="no loss at full fidelity")

    def _complete(
        self, trial: int, metrics: dict[str, float] | None = None, infeasible: str | None = None
    ) -> None:
        from vizier.pyvizier import Measurement

        ended = self._active.pop(trial)
        ended.complete(Measurement(metrics or {}), infeasibility_reason=infeasible)
        self._completed.append(ended)


class VizierEagle(VizierSearcher):
    """Vizier's Eagle strategy: a firefly algorithm, whose points move towards better ones.

    This is an evolutionary method. Its points, called fireflies, also move away from worse points,
    and the first ones are quasi-random. Running trials are not considered. An infeasible trial only
    reduces the perturbation of its firefly.
    """

    name = "vizier-eagle"
    preload = ("vizier._src.algorithms.designers.eagle_strategy.eagle_strategy",)
    parallel = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from vizier._src.algorithms.designers.eagle_strategy import eagle_strategy

        designer = eagle_strategy.EagleStrategyDesigner(_problem(space), seed=seed)
        super().__init__(space, designer)


class VizierGP(VizierSearcher):
    """Vizier's default: a Gaussian process with UCB, and pure exploration beside pending trials.

    The first trial is the centre of the space. Each proposal takes seconds, because JAX compiles
    anew for every number of trials.
    """

    name = "vizier-gp"
    preload = ("vizier._src.algorithms.designers.gp_ucb_pe",)

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        import jax
        from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

        # Vizier's service sets this too; with 32 bits the model often computes NaN.
        jax.config.update("jax_enable_x64", True)
        designer = VizierGPUCBPEBandit(_problem(space), rng=jax.random.PRNGKey(seed))
        super().__init__(space, designer)


def _problem(space: Space) -> ProblemStatement:
    """``space`` in Vizier's terms.

    Vizier's categories are strings, so a category is represented by its index as a string. An
    ordinal is represented by its index as a number, which keeps the order.
    """
    from vizier import pyvizier

    problem = pyvizier.ProblemStatement()
    problem.metric_information.append(
        pyvizier.MetricInformation("loss", goal=pyvizier.ObjectiveMetricGoal.MINIMIZE)
    )
    root = problem.search_space.root
    linear, log = pyvizier.ScaleType.LINEAR, pyvizier.ScaleType.LOG
    for p in space:
        match p:
            case Float():
                root.add_float_param(p.name, p.low, p.high, scale_type=log if p.log else linear)
            case Int():
                root.add_int_param(p.name, p.low, p.high, scale_type=log if p.log else linear)
            case Ordinal():
                root.add_discrete_param(p.name, list(range(len(p.choices))))
            case Categorical():
                root.add_categorical_param(p.name, [str(i) for i in range(len(p.choices))])
    return problem


def _term(p: Parameter, value: Value) -> int | float | str:
    term: int | float = term_of(p, value)
    return str(term) if type(p) is Categorical else term
