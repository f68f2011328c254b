# /// script
# requires-python = ">=3.11"
# dependencies = ["hyperopt==0.3.0", "lightgbm>=4", "scikit-learn>=1.6"]
# ///
"""Hyperopt's searchers: TPE, annealing and adaptive TPE."""

from __future__ import annotations

import datetime
import functools
import math
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._nesting import branches, roots
from hpobench.algorithms.searchers._values import term_of, value_of
from hpobench.api import Categorical, Config, Fidelity, Float, Int, Ordinal, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperopt import Trials
    from hyperopt.pyll import Apply

    from hpobench.api import Parameter


class _HyperoptSearcher(Searcher):
    """Handles a trial as ``hyperopt.fmin`` does; a subclass provides the ``suggest`` function.

    A trial that ended without a loss has the status ``fail``.
    """

    library = "hyperopt"
    preload = ("hyperopt",)

    def __init__(self, space: Space, seed: int, suggest: Callable[..., list[Any]]) -> None:
        import hyperopt
        import numpy as np

        self._space, self._suggest = space, suggest
        self._domain = hyperopt.Domain(None, hyperopt_space(space))
        self._trials = hyperopt.Trials()
        self._rng = np.random.default_rng(seed)

    def ask(self, trial: int) -> Config:
        new = self._trials.new_trial_ids(1)
        seed = self._rng.integers(2**31 - 1)
        self._trials.insert_trial_docs(self._suggest(new, self._domain, self._shown(), seed))
        self._trials.refresh()
        drawn = self._trials.trials[trial]["misc"]["vals"]
        return self._space.build(
            {p.name: value_of(p, *drawn[p.name]) for p in self._space if drawn[p.name]}
        )

    def adopt(self, trial: int, config: Config) -> bool:
        from hyperopt.fmin import generate_trial

        doc = generate_trial(trial, {n: term_of(self._space[n], v) for n, v in config.items()})
        for values in (doc["misc"]["idxs"], doc["misc"]["vals"]):
            values.update({name: [] for name in self._space.names if name not in config})
        self._trials.insert_trial_docs([doc])
        self._trials.refresh()
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._end(trial, {"status": "ok", "loss": loss})

    def failed(self, trial: int) -> None:
        self._end(trial, {"status": "fail"})

    def dropped(self, trial: int) -> None:
        self._end(trial, {"status": "fail"})

    def _shown(self) -> Trials:
        """The trials that are shown to the algorithm."""
        return self._trials

    def _end(self, trial: int, result: dict[str, Any]) -> None:
        from hyperopt import JOB_STATE_DONE

        self._trials.trials[trial].update(state=JOB_STATE_DONE, result=result)


class HyperoptTPE(_HyperoptSearcher):
    """Hyperopt's TPE: a comparison of the densities of good and bad configurations.

    A condition becomes a nested ``hp.choice``, or a switch on the number if the parent is a number.
    Trials without a loss, whether running or failed, count as bad.

    ``n_startup_jobs``: the number of random configurations before the model is used.
    ``gamma``: the best ``gamma * sqrt(n)`` of ``n`` trials count as good.
    ``n_EI_candidates``: the number of draws for each parameter, of which the most promising one is
    proposed.
    """

    name = "hyperopt-tpe"

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        n_startup_jobs: int = 20,
        gamma: float = 0.25,
        n_EI_candidates: int = 24,
    ) -> None:
        from hyperopt import tpe

        if n_startup_jobs < 0:
            raise UsageError(
                f"hyperopt-tpe: n_startup_jobs must not be negative, it is {n_startup_jobs}"
            )
        if gamma <= 0:
            raise UsageError(f"hyperopt-tpe: gamma must be positive, not {gamma}")
        if n_EI_candidates < 1:
            raise UsageError(
                f"hyperopt-tpe: n_EI_candidates must be at least 1, not {n_EI_candidates}"
            )
        options = {
            "n_startup_jobs": n_startup_jobs,
            "gamma": gamma,
            "n_EI_candidates": n_EI_candidates,
        }
        super().__init__(space, seed, functools.partial(tpe.suggest, **options))


class HyperoptAnneal(_HyperoptSearcher):
    """Hyperopt's annealing: draws from a shrinking neighbourhood of one of the best configurations.

    A condition becomes a nested ``hp.choice``, or a switch on the number if the parent is a number.
    Trials without a loss, whether running or failed, count as the worst.

    ``avg_best_idx``: the mean rank of the configuration that a draw starts from.
    ``shrink_coef``: the speed at which the neighbourhood of that configuration shrinks.
    """

    name = "hyperopt-anneal"

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        avg_best_idx: float = 2.0,
        shrink_coef: float = 0.1,
    ) -> None:
        from hyperopt import anneal

        if avg_best_idx < 1:
            raise UsageError(
                f"hyperopt-anneal: avg_best_idx must be at least 1, not {avg_best_idx}"
            )
        if shrink_coef < 0:
            raise UsageError(
                f"hyperopt-anneal: shrink_coef must not be negative, it is {shrink_coef}"
            )
        options = {"avg_best_idx": avg_best_idx, "shrink_coef": shrink_coef}
        super().__init__(space, seed, functools.partial(anneal.suggest, **options))


class HyperoptATPE(_HyperoptSearcher):
    """Hyperopt's adaptive TPE: TPE with options from models that were trained on other problems.

    Adaptive TPE considers all parameters active, whatever their conditions. It is shown only trials
    that have ended, because a running one would make it fail with a ``KeyError``. Failed trials are
    shown with the loss ``None``, and only after a first loss is known. Adaptive TPE draws from the
    global random generators, which the process that hosts it seeds.
    """

    name = "hyperopt-atpe"
    preload = ("hyperopt", "lightgbm", "sklearn.preprocessing")  # type: ignore[assignment]
    parallel = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from hyperopt import atpe

        super().__init__(space, seed, atpe.suggest)

    def _shown(self) -> Trials:
        from hyperopt import trials_from_docs

        ended = [doc for doc in self._trials.trials if "loss" in doc["result"]]
        if all(doc["result"]["loss"] is None for doc in ended):
            ended = []
        return trials_from_docs(ended, validate=False)

    def _end(self, trial: int, result: dict[str, Any]) -> None:
        super()._end(trial, {"loss": None, **result})
        # Adaptive TPE computes the time between these two but does not use the result.
        now = datetime.datetime(2000, 1, 1)
        self._trials.trials[trial].update(book_time=now, refresh_time=now)


# -- the space in Hyperopt's terms -----------------------------------------------------------


def hyperopt_space(space: Space) -> dict[str, Apply]:
    """``space`` as a dict of ``hp`` terms, each of which has its parameter's name as its label."""
    terms: dict[str, Apply] = {}
    for p in reversed(space.parameters):  # a space lists children after their parents
        below = [{q.name: terms[q.name] for q in on} for on in branches(space, p)]
        terms[p.name] = _term(p, below)
    return {p.name: terms[p.name] for p in roots(space)}


def _term(p: Parameter, below: list[dict[str, Apply]]) -> Apply:
    """``p`` as a term.

    ``below`` holds, for each value of ``p``, the terms of the parameters that this value activates.
    It is empty if no parameter depends on ``p``.
    """
    from hyperopt import hp
    from hyperopt.pyll import scope

    match p:
        case Float(name=name, low=low, high=high, log=True):
            return hp.loguniform(name, math.log(low), math.log(high))
        case Float(name=name, low=low, high=high):
            return hp.uniform(name, low, high)
        case Ordinal(name=name, choices=choices):
            number, first = hp.quniform(name, -0.5, len(choices) - 0.5, 1), 0
        case Categorical(name=name, choices=choices):
            return hp.choice(name, below or list(range(len(choices))))  # type: ignore[arg-type]
        # Half a unit more on each side makes the bounds as likely as the other integers.
        case Int(name=name, low=first, high=high, log=True):
            number = hp.qloguniform(name, math.log(first - 0.5), math.log(high + 0.5), 1)
        case Int(name=name, low=first, high=high):
            # This equals hp.uniformint, which adaptive TPE does not understand.
            number = hp.quniform(name, first - 0.5, high + 0.5, 1)
    return scope.switch(scope.int(number) - first, *below) if below else number
