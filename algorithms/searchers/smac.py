# /// script
# requires-python = ">=3.11"
# dependencies = ["smac==2.4.1"]
# ///
"""SMAC3's facades for hyper-parameters, for black boxes and for several fidelities."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._configspace import from_configspace, to_configspace
from hpobench.algorithms.searchers._values import term_of
from hpobench.api import Config, Exhausted, Fidelity, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from smac import Scenario
    from smac.acquisition.function import AbstractAcquisitionFunction
    from smac.facade.abstract_facade import AbstractFacade
    from smac.runhistory import StatusType, TrialInfo


class SmacSearcher(Searcher):
    """Asks and tells a facade of SMAC; a subclass provides the facade.

    In a cell, the problem gives the same loss for the same configuration. SMAC is therefore told
    that the problem is deterministic, so it evaluates no configuration twice. ``scenario`` holds
    further arguments of SMAC's ``Scenario``.

    With a prior, as SMAC's implementation of piBO has it, the hyperparameters have the prior's
    distributions, and these weight the acquisition function, with an exponent of ``n_trials / 10``
    that falls with the number of trials. SMAC's initial designs do not know priors; in their place
    stand as many draws from the prior, as in piBO. SMAC's random proposals are draws from it too,
    so in a finite space it finds no new configuration sooner. Parameters with conditions are
    uniform: SMAC takes no others there.
    """

    library = "smac"
    preload = ("smac",)
    takes_prior = True

    def __init__(self, space: Space, seed: int, n_trials: int, **scenario: Any) -> None:
        from smac import Scenario

        if n_trials < 1:
            raise UsageError(f"{self.name}: n_trials must be at least 1, not {n_trials}")
        logging.getLogger("smac").setLevel(logging.ERROR)
        self._space = space
        # SMAC writes its settings into this folder when it is built. It would also save its state
        # there after each loss, but `_end` tells it not to, so the folder can be removed at once.
        with tempfile.TemporaryDirectory() as folder:
            whole = Scenario(
                to_configspace(space, seed, prior=self.prior),
                deterministic=True,
                n_trials=n_trials,
                seed=seed,
                output_directory=Path(folder),
                **scenario,
            )
            facade = self._facade()
            components = self._components(whole)
            if self.prior is not None:
                components |= _with_prior(facade, whole)
            self._smac = facade(whole, **components, logging_level=False)
        self._asked: dict[int, TrialInfo] = {}
        self._worst = -math.inf
        """The largest loss so far."""
        self._crashed: list[int] = []
        """Failed trials that are not told yet, because there is no loss to tell for them."""

    def _facade(self) -> type[AbstractFacade]:
        raise NotImplementedError

    def _components(self, scenario: Scenario) -> dict[str, Any]:
        """The parts of the facade that are not the default ones, by their names."""
        return {}

    def ask(self, trial: int) -> Config:
        from smac.main.exceptions import ConfigurationSpaceExhaustedException

        try:
            info = self._asked[trial] = self._smac.ask()
        except (StopIteration, ConfigurationSpaceExhaustedException):
            raise Exhausted("SMAC finds no new configuration any more") from None
        return from_configspace(self._space, info.config)

    def adopt(self, trial: int, config: Config) -> bool:
        from ConfigSpace import Configuration
        from smac.runhistory import TrialInfo

        if self.schedules_itself:
            return False
        scenario = self._smac.scenario
        terms = {name: term_of(self._space[name], value) for name, value in config.items()}
        info = TrialInfo(Configuration(scenario.configspace, terms), seed=0)
        self._smac.runhistory.add_running_trial(info)  # so that it is not proposed again
        self._asked[trial] = info
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        from smac.runhistory import StatusType

        if not final:
            return
        self._end(trial, loss, StatusType.SUCCESS)
        self._worst = max(self._worst, loss)
        while self._crashed:
            self.failed(self._crashed.pop(0))

    def failed(self, trial: int) -> None:
        from smac.runhistory import StatusType

        if self._worst == -math.inf:
            self._crashed.append(trial)
        else:
            self._end(trial, self._worst, StatusType.CRASHED)

    def dropped(self, trial: int) -> None:
        self.failed(trial)

    def _end(self, trial: int, cost: float, status: StatusType) -> None:
        from smac.runhistory import TrialValue

        self._smac.tell(self._asked.pop(trial), TrialValue(cost, status=status), save=False)


class SmacRandomForest(SmacSearcher):
    """SMAC with a random forest: its facade for hyper-parameter optimisation.

    ``n_trials``: the number of trials that SMAC plans with. The search starts with a Sobol' design
    of at most a quarter of them, and of at most ten for each parameter.

    The forest is fitted anew for every eighth proposal, and a fifth of the proposals are random.
    SMAC handles conditions, ordinal parameters and categories itself. A running configuration is
    never proposed again, though the model learns of a trial only at its end. The proposals end when
    SMAC finds no new configuration, which it decides after some tries in a small finite space. A
    failed or withheld trial is told as crashed, with the largest loss so far; it is told only once
    there is a loss.
    """

    name = "smac-rf"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, n_trials: int = 100) -> None:
        super().__init__(space, seed, n_trials)

    def _facade(self) -> type[AbstractFacade]:
        from smac import HyperparameterOptimizationFacade

        facade: type[AbstractFacade] = HyperparameterOptimizationFacade
        return facade


class SmacGP(SmacSearcher):
    """SMAC with a Gaussian process: its facade for black boxes.

    ``n_trials``: the number of trials that SMAC plans with. The search starts with a Sobol' design
    of at most a quarter of them, and of at most eight for each parameter.

    The process is fitted anew for each proposal, and a twelfth of the proposals are random.
    Categories have a kernel of their own, and an inactive parameter has a value of its own. A
    running configuration is never proposed again, though the model learns of a trial only at its
    end. The proposals end when SMAC finds no new configuration, which it decides after some tries
    in a small finite space. A failed or withheld trial is told as crashed, with the largest loss so
    far; it is told only once there is a loss.
    """

    name = "smac-gp"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, n_trials: int = 100) -> None:
        super().__init__(space, seed, n_trials)

    def _facade(self) -> type[AbstractFacade]:
        from smac import BlackBoxFacade

        facade: type[AbstractFacade] = BlackBoxFacade
        return facade


class SmacHyperband(SmacSearcher):
    """SMAC with a random forest and Hyperband: its facade for several fidelities.

    ``min_fidelity``: the number of steps of the lowest rung.
    ``eta``: the ratio of the steps of neighbouring rungs, and the inverse of the share of trials
    that pass a rung.
    ``n_trials``: the number of trials that SMAC plans with. The search starts with random
    configurations, at most a quarter of them, and at most ten for each parameter.

    A rung with a fractional number of steps is trained for the nearest whole number of steps. A
    promoted configuration is trained from the start, as a new trial. The forest learns from the
    highest rung that has a loss. SMAC handles conditions, ordinal parameters and categories itself.
    While a rung waits for running trials, SMAC continues with another bracket. The proposals end
    when SMAC finds no new configuration, which it decides after some tries in a small finite space.
    A failed trial is told as crashed, with the largest loss so far; it is told only once there is a
    loss.
    """

    name = "smac-hyperband"
    schedules_itself = True
    multi_fidelity = True

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        min_fidelity: int = 1,
        eta: int = 3,
        n_trials: int = 100,
    ) -> None:
        if eta < 2:
            raise UsageError(f"{self.name}: eta must be at least 2, not {eta}")
        self._eta = eta
        super().__init__(space, seed, n_trials, min_budget=min_fidelity, max_budget=fidelity.steps)

    @classmethod
    def unsupported_reason(
        cls, space: Space, fidelity: Fidelity, options: Mapping[str, Any]
    ) -> str | None:
        if 1 <= options["min_fidelity"] <= fidelity.steps:
            return None
        return (
            f"min_fidelity must be in 1 to the {fidelity.steps} steps of a full trial, "
            f"not {options['min_fidelity']}"
        )

    def _facade(self) -> type[AbstractFacade]:
        from smac import MultiFidelityFacade

        facade: type[AbstractFacade] = MultiFidelityFacade
        return facade

    def _components(self, scenario: Scenario) -> dict[str, Any]:
        return {"intensifier": self._facade().get_intensifier(scenario, eta=self._eta)}

    def steps(self, trial: int) -> int:
        return round(self._asked[trial].budget)  # type: ignore[no-any-return]


# -- priors ------------------------------------------------------------------------------------


def _with_prior(facade: type[AbstractFacade], scenario: Scenario) -> dict[str, Any]:
    """The parts of ``facade`` that know the distributions of the space."""
    usual = facade.get_initial_design(scenario).select_configurations()
    draws = [scenario.configspace.sample_configuration() for _ in usual]
    return {
        "acquisition_function": _acquisition(
            facade.get_acquisition_function(scenario), scenario.n_trials / 10
        ),
        "initial_design": facade.get_initial_design(
            scenario, n_configs=0, additional_configs=draws
        ),
    }


def _acquisition(weighted: AbstractAcquisitionFunction, decay: float) -> Any:
    """``weighted`` with SMAC's weights, to which inactive parameters are uniform.

    SMAC's own weights are not a number where a parameter is inactive.
    """
    import numpy as np
    from smac.acquisition.function import PriorAcquisitionFunction

    class Weighted(PriorAcquisitionFunction):
        _hyperparameters: Any

        def _compute_prior(self, X: Any) -> Any:
            whole, values = self._hyperparameters, np.ones((len(X), 1))
            for inactive in np.unique(np.isnan(X), axis=0):
                rows = (np.isnan(X) == inactive).all(axis=1)
                self._hyperparameters = {
                    name: parameter
                    for (name, parameter), off in zip(whole.items(), inactive, strict=True)
                    if not off
                }
                values[rows] = super()._compute_prior(X[rows][:, ~inactive])
            self._hyperparameters = whole
            return values

    return Weighted(weighted, decay_beta=decay)
