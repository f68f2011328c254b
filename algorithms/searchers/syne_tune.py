# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "syne-tune==0.16.0",
#     # CQR imports it, although it uses nothing of it.
#     "huggingface_hub",
#     "xgboost-cpu>=3",
# ]
# [tool.uv]
# # xgboost-cpu is the same import without the 469 MB of NCCL.
# override-dependencies = ["xgboost; python_version < '0'"]
# ///
"""Syne Tune's single-fidelity searchers, used without Syne Tune's backend."""

from __future__ import annotations

import datetime
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
    from syne_tune.backend.trial_status import Trial
    from syne_tune.config_space import Domain
    from syne_tune.optimizer.scheduler import TrialScheduler


class _SyneTune(Searcher):
    """Asks and tells one of Syne Tune's baselines through its ``AskTellScheduler``.

    A failed or withheld trial is reported as an error, which these searchers ignore. None of them
    takes account of running trials. Random configurations come from NumPy's global generator,
    regardless of the seed that the library is given; the process that hosts it seeds that too.
    """

    library = "syne-tune"
    conditional = False
    parallel = False

    def __init__(self, space: Space, scheduler: TrialScheduler) -> None:
        from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler

        self._space, self._scheduler = space, AskTellScheduler(scheduler)
        self._running: dict[int, Trial] = {}

    def ask(self, trial: int) -> Config:
        running = self._running[trial] = self._scheduler.ask()
        # The configuration is clipped in place, so that the searcher learns what really trains.
        for p in self._space:
            running.config[p.name] = _within(p, running.config[p.name])
        return self._space.build({p.name: value_of(p, running.config[p.name]) for p in self._space})

    def adopt(self, trial: int, config: Config) -> bool:
        from syne_tune.backend.trial_status import Trial

        terms = {p.name: term_of(p, config[p.name]) for p in self._space}
        number = self._scheduler.trial_counter
        self._running[trial] = Trial(number, terms, datetime.datetime.now())
        self._scheduler.trial_counter += 1
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._scheduler.tell(self._running.pop(trial), {"loss": loss})

    def failed(self, trial: int) -> None:
        self._scheduler.base_scheduler.on_trial_error(self._running.pop(trial))

    def dropped(self, trial: int) -> None:
        self.failed(trial)


class SyneTuneKDE(_SyneTune):
    """Syne Tune's TPE: two kernel density estimates over all parameters at once, as in BOHB.

    Only the random configurations follow log scales; the estimates do not. An integer that leaves
    its range is clipped to it; the estimates propose such integers if the range does not start at
    0 or 1.
    ``num_min_data_points``: the minimum number of observations in the better estimate, by default
    the number of parameters. Each estimate needs more observations than there are parameters, so
    the first model waits until the better ``top_n_percent``, or this option, exceeds that number.
    ``top_n_percent``: the percentage of observations in the better estimate.
    ``random_fraction``: the fraction of configurations that stay random.
    """

    name = "syne-tune-kde"
    preload = (
        "syne_tune.optimizer.baselines",
        "syne_tune.optimizer.schedulers.searchers.kde",
    )

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        num_min_data_points: int | None = None,
        top_n_percent: int = 15,
        random_fraction: float = 0.33,
    ) -> None:
        from syne_tune.optimizer.baselines import TPE

        if num_min_data_points is not None and num_min_data_points < len(space):
            raise UsageError(
                "syne-tune-kde: num_min_data_points must be at least the number of parameters, "
                f"{len(space)}, not {num_min_data_points}"
            )
        scheduler = TPE(
            _translated(space),
            "loss",
            random_seed=seed,
            num_min_data_points=num_min_data_points,
            top_n_percent=top_n_percent,
            random_fraction=random_fraction,
        )
        super().__init__(space, scheduler)


class SyneTuneBORE(_SyneTune):
    """Syne Tune's BORE: XGBoost classifies which configurations belong to the best quarter.

    After 6 random configurations, each proposal is the one, of 500 different random configurations,
    that most likely belongs to the best quarter.
    """

    name = "syne-tune-bore"
    preload = (
        "syne_tune.optimizer.baselines",
        "syne_tune.optimizer.schedulers.searchers.bore",
    )

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from syne_tune.optimizer.baselines import BORE

        super().__init__(space, BORE(_translated(space), "loss", random_seed=seed))


class SyneTuneCQR(_SyneTune):
    """Syne Tune's CQR: Thompson sampling from conformalised quantiles of boosted trees.

    After 5 random configurations, each proposal is chosen from 2,000 random configurations.
    """

    name = "syne-tune-cqr"
    preload = (
        "syne_tune.optimizer.baselines",
        "syne_tune.optimizer.schedulers.searchers.conformal.conformal_quantile_regression_searcher",
    )

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        from syne_tune.optimizer.baselines import CQR

        super().__init__(space, CQR(_translated(space), "loss", random_seed=seed))


def _translated(space: Space) -> dict[str, Domain]:
    """``space`` in Syne Tune's terms.

    A choice is represented by its index, because Syne Tune requires all choices to have the same
    type, and because to Syne Tune ``True`` and ``1`` are the same.
    """
    from syne_tune import config_space as domains

    def translate(p: Parameter) -> Domain:
        match p:
            case Float():
                return (domains.loguniform if p.log else domains.uniform)(p.low, p.high)
            case Int():
                return (domains.lograndint if p.log else domains.randint)(p.low, p.high)
            case Ordinal():
                return domains.ordinal(list(range(len(p.choices))), kind="equal")
            case Categorical():
                return domains.choice(list(range(len(p.choices))))

    return {p.name: translate(p) for p in space}


def _within(p: Parameter, value: Any) -> Any:
    """``value`` clipped to the bounds of ``p``, which rounding and the KDE's integers may leave."""
    return min(max(value, p.low), p.high) if isinstance(p, Float | Int) else value
