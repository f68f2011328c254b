"""The base class of the searchers that use Optuna's samplers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpobench.algorithms.searchers._values import term_of
from hpobench.api import Categorical, Config, Float, Int, Ordinal, Parameter, Searcher, Space, Value

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.samplers import BaseSampler


class OptunaSearcher(Searcher):
    """A searcher that asks and tells an Optuna study in memory; a subclass provides the sampler.

    It proposes the configurations that ``study.optimize`` would propose with the same sampler and
    an objective that suggests the active parameters in the space's order. A final loss completes
    an Optuna trial. A trial whose loss is withheld counts as pruned if it has reported a loss
    before. Any other trial without a final loss counts as failed.
    """

    library = "optuna"
    preload = ("optuna",)

    def __init__(self, space: Space, sampler: BaseSampler) -> None:
        import optuna

        self._space = space
        self._states = optuna.trial.TrialState
        # Optuna logs the creation of a study, which is of no interest here.
        with quiet(optuna.logging.WARNING):
            self._study = optuna.create_study(direction="minimize", sampler=sampler)
        self._running: dict[int, Trial] = {}
        self._reported: dict[int, int] = {}
        """The last step reported by each running trial that has reported."""

    def ask(self, trial: int) -> Config:
        running = self._running[trial] = self._study.ask()
        config: Config = {}
        for p in self._space:
            if p.when is None or p.when.holds(config):
                config[p.name] = suggest(running, p)
        return config

    def adopt(self, trial: int, config: Config) -> bool:
        params = {name: term_of(self._space[name], value) for name, value in config.items()}
        self._study.enqueue_trial(params)
        self.ask(trial)
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._end(trial, loss=loss)
        elif step > self._reported.get(trial, 0):
            # A trial that continues from an older checkpoint repeats steps. Optuna would keep the
            # first report of a step and warn about each later one.
            self._running[trial].report(loss, step)
            self._reported[trial] = step

    def failed(self, trial: int) -> None:
        self._end(trial, state=self._states.FAIL)

    def dropped(self, trial: int) -> None:
        reported = trial in self._reported
        self._end(trial, state=self._states.PRUNED if reported else self._states.FAIL)

    def _end(self, trial: int, loss: float | None = None, state: object = None) -> None:
        self._reported.pop(trial, None)
        self._study.tell(self._running.pop(trial), loss, state)


def suggest(trial: Trial, parameter: Parameter) -> Value:
    """The value that Optuna suggests to ``trial`` for ``parameter``.

    Optuna has no ordinal parameters, so an ordinal is represented by its index as an integer,
    which keeps the order. A category is represented by its index too, because to Optuna ``True``
    and ``1`` are the same choice.
    """
    match parameter:
        case Float(name=name, low=low, high=high, log=log):
            # At a bound, which an adopted configuration may have, Optuna 5 returns NumPy's type.
            return float(trial.suggest_float(name, low, high, log=log))
        case Int(name=name, low=low, high=high, log=log):
            return trial.suggest_int(name, low, high, log=log)  # type: ignore[no-any-return]
        case Ordinal(name=name, choices=choices):
            return choices[trial.suggest_int(name, 0, len(choices) - 1)]  # type: ignore[no-any-return]
        case Categorical(name=name, choices=choices):
            return choices[trial.suggest_categorical(name, range(len(choices)))]  # type: ignore[no-any-return]


@contextlib.contextmanager
def quiet(level: int) -> Iterator[None]:
    """Keep messages below ``level`` out of Optuna's log."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(max(before, level))
    try:
        yield
    finally:
        logging.set_verbosity(before)
