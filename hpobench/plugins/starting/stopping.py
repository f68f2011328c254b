"""A searcher that ends its run before the budget does."""

from __future__ import annotations

import importlib.metadata
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from packaging.requirements import Requirement

from hpobench.contract.algorithms import Exhausted, Searcher
from hpobench.contract.errors import NotAvailableError
from hpobench.contract.parameters import Categorical
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config, Space
from hpobench.plugins.requirements import unmet
from hpobench.plugins.starting.stop import Patience, Regret, Stop

_REGRET_NEEDS = ("optuna>=5,<6", "torch>=2.4")
"""What the bound on the regret needs. Optuna 6 will not have it any more."""


def check_stop(stop: Mapping[str, Any]) -> str:
    """The versions of the packages on which the results of the parsed ``stop`` depend.

    Raises :class:`NotAvailableError` if one of them is missing.
    """
    needs = [Requirement(text) for text in _REGRET_NEEDS if "regret" in stop]
    if (reason := unmet(needs)) is not None:
        raise NotAvailableError(f"stop: regret {reason}")
    return " ".join(f"{r.name} {importlib.metadata.version(r.name)}" for r in needs)


class Rule(Protocol):
    """Says from the trials so far whether a search should stop."""

    def note(self, config: Config, loss: float | None) -> None:
        """Learn that a trial has ended, with its loss at full fidelity if it has one."""

    def holds(self) -> bool:
        """Whether it is time to stop."""


class PatienceRule:
    """So many ended trials in a row had no better loss."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._best = math.inf
        self._since = 0

    def note(self, config: Config, loss: float | None) -> None:  # noqa: ARG002
        margin = self._patience.tolerance * abs(self._best)
        if loss is not None and (math.isinf(self._best) or loss < self._best - margin):
            self._best, self._since = loss, 0
        elif not math.isinf(self._best):
            self._since += 1

    def holds(self) -> bool:
        return self._since >= self._patience.trials


class RegretRule:
    """The upper bound of the regret by a Gaussian process is small enough.

    This is Optuna's terminator (Makarova et al. 2022) with a number in the place of the error of
    cross-validation. The parameters that all trials have are in the model, in the unit cube.
    """

    def __init__(self, regret: Regret, space: Space, seed: int) -> None:
        self._regret, self._space, self._seed = regret, space, seed
        self._trials: list[tuple[Config, float]] = []
        self._seen, self._holds = 0, False

    def note(self, config: Config, loss: float | None) -> None:
        if loss is not None:
            self._trials.append((config, loss))

    def holds(self) -> bool:
        if self._seen < len(self._trials) and len(self._trials) >= self._regret.trials:
            self._seen = len(self._trials)
            self._holds = self.bound() < self._regret.below
        return self._holds

    def bound(self) -> float:
        """By how much at most the best loss can still improve, with high probability."""
        from optuna.study import StudyDirection
        from optuna.terminator import RegretBoundEvaluator
        from optuna.trial import create_trial

        trials = [create_trial(value=loss, **self._in_units(c)) for c, loss in self._trials]
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # the evaluator is experimental and its module deprecated
            evaluator = RegretBoundEvaluator(min_n_trials=self._regret.trials, seed=self._seed)
            return float(evaluator.evaluate(trials, StudyDirection.MINIMIZE))

    def _in_units(self, config: Config) -> dict[str, Any]:
        """The parameters and distributions of ``config`` for Optuna."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        params: dict[str, Any] = {}
        distributions: dict[str, Any] = {}
        for name, value in config.items():
            parameter = self._space[name]
            if isinstance(parameter, Categorical):
                params[name] = parameter.index(value)
                distributions[name] = CategoricalDistribution(range(len(parameter.choices)))
            else:
                params[name] = parameter.to_unit(value)
                distributions[name] = FloatDistribution(0.0, 1.0)
        return {"params": params, "distributions": distributions}


def rules_of(stop: Mapping[str, Any], space: Space, seed: int) -> Iterator[Rule]:
    """The rules of a parsed ``stop``."""
    whole = Stop.model_validate(stop)
    if whole.patience is not None:
        yield PatienceRule(whole.patience)
    if whole.regret is not None:
        yield RegretRule(whole.regret, space, derive_seed("stop", seed))


class StoppedSearcher(Searcher):
    """``inner``, which has nothing left to propose once one of the rules holds.

    Trials that are under way then go on to their ends. ``steps`` is full fidelity.
    """

    def __init__(self, inner: Searcher, rules: Iterator[Rule], steps: int) -> None:
        self._inner, self._rules, self._steps = inner, tuple(rules), steps
        self.name = getattr(inner, "name", type(inner).__name__)  # type: ignore[misc]
        self.cost_aware = inner.cost_aware  # type: ignore[misc]
        self.schedules_itself = inner.schedules_itself  # type: ignore[misc]
        self._configs: dict[int, Config] = {}
        """Of the trials under way."""
        self._stopped = False

    def ask(self, trial: int) -> Config:
        self._stopped = self._stopped or any(rule.holds() for rule in self._rules)
        if self._stopped:
            raise Exhausted
        config = self._inner.ask(trial)
        self._configs[trial] = dict(config)
        return config

    def adopt(self, trial: int, config: Config) -> bool:
        adopted = self._inner.adopt(trial, config)
        if adopted:
            self._configs[trial] = dict(config)
        return adopted

    def steps(self, trial: int) -> int:
        return self._inner.steps(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self._inner.tell(trial, step, loss, final=final)
        if final:
            self._ended(trial, loss if step >= self._steps else None)

    def failed(self, trial: int) -> None:
        self._inner.failed(trial)
        self._ended(trial, None)

    def dropped(self, trial: int) -> None:
        self._inner.dropped(trial)
        self._ended(trial, None)

    def _ended(self, trial: int, loss: float | None) -> None:
        config = self._configs.pop(trial)
        for rule in self._rules:
            rule.note(config, loss)

    def paused(self, trial: int) -> None:
        self._inner.paused(trial)

    def resumed(self, trial: int) -> None:
        self._inner.resumed(trial)

    def charged(self, trial: int, seconds: float) -> None:
        self._inner.charged(trial, seconds)

    def close(self) -> None:
        self._inner.close()
