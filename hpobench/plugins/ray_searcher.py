"""An adapter that puts any ``ray.tune.search.Searcher`` behind the plugin contract.

Ray's own searchers, and classes written for Ray Tune, take part in a comparison unchanged. They
get the problem's space as Ray Tune domains and losses under the name ``loss``, as from Tune.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpobench.contract.algorithms import Exhausted, NothingYet, Searcher
from hpobench.contract.errors import CellError, PluginError, UsageError
from hpobench.contract.parameters import Float, Int, Value
from hpobench.contract.space import Config, Space

if TYPE_CHECKING:
    from ray.tune.search import Searcher as AnyRaySearcher

METRIC = "loss"


class RaySearcher(Searcher):
    """An adapter around ``searcher``, which must not have a space, metric or mode yet.

    Ray Tune's domains cannot express conditions. So the searcher gets a conditional space without
    its conditions, and values of inactive parameters are dropped from its suggestions; it learns
    as if they had mattered. Raises :class:`PluginError` if the searcher refuses the space.
    """

    def __init__(self, searcher: AnyRaySearcher, space: Space) -> None:
        if not searcher.set_search_properties(METRIC, "min", to_ray_space(space)):
            raise PluginError(
                f"{type(searcher).__name__} does not take the problem's space: its "
                "set_search_properties(metric, mode, config) must adopt them and return True; "
                "do not give it a space, metric or mode of its own"
            )
        self._searcher = searcher
        self._space = space
        self._suggested: dict[int, Mapping[str, Any]] = {}
        """The suggestion for each running trial, because some searchers want it back verbatim."""

    def ask(self, trial: int) -> Config:
        suggestion = self._searcher.suggest(_trial_id(trial))
        if suggestion is None:
            raise NothingYet
        if suggestion == self._searcher.FINISHED:
            raise Exhausted(f"{type(self._searcher).__name__} has finished")
        if missing := [name for name in self._space.names if name not in suggestion]:
            what = f"suggested no value for {', '.join(missing)}"
            raise CellError(f"{type(self._searcher).__name__} {what}")
        self._suggested[trial] = suggestion
        return self._space.build({p.name: _plain(p, suggestion[p.name]) for p in self._space})

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        trial_id = _trial_id(trial)
        result = {
            METRIC: loss,
            "training_iteration": step,
            "trial_id": trial_id,
            "config": dict(self._suggested[trial]),
            "done": final,
        }
        if final:
            self._complete(trial, result=result)
        else:
            self._searcher.on_trial_result(trial_id, result)

    def failed(self, trial: int) -> None:
        self._complete(trial, error=True)

    def dropped(self, trial: int) -> None:
        self._complete(trial)

    def _complete(
        self, trial: int, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        del self._suggested[trial]
        self._searcher.on_trial_complete(_trial_id(trial), result=result, error=error)


def build_ray_searcher(
    cls: type[AnyRaySearcher], space: Space, seed: int, /, **options: Any
) -> RaySearcher:
    """A searcher of the class ``cls`` for one run, with its seed and in the adapter.

    Raises :class:`UsageError` for options that ``cls`` does not take, and for a seed among them.
    """
    signature = inspect.signature(cls)
    # The names of the seed in the searchers that ship with Ray. A class without one can only draw
    # from the global generators, which are seeded for the whole cell.
    seeds = ("seed", "random_state_seed", "random_state")
    name = next((name for name in seeds if name in signature.parameters), None)
    if name in options:
        raise UsageError(f"{cls.__name__}: leave out {name}; every cell passes its own seed")
    arguments = options if name is None else {**options, name: seed}
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise UsageError(f"{cls.__name__}{signature}: {error}") from error
    return RaySearcher(cls(**arguments), space)


def to_ray_space(space: Space) -> dict[str, Any]:
    """``space`` as Ray Tune domains by parameter name, without conditions; an ordinal parameter
    becomes a choice, because Ray has no ordinal domain."""
    from ray import tune

    domains: dict[str, Any] = {}
    for p in space:
        match p:
            case Float():
                make = tune.loguniform if p.log else tune.uniform
                domains[p.name] = make(p.low, p.high)
            case Int():
                make = tune.lograndint if p.log else tune.randint
                domains[p.name] = make(p.low, p.high + 1)  # Ray's end is exclusive, ours is not
            case _:
                domains[p.name] = tune.choice(list(p.choices))
    return domains


def _trial_id(trial: int) -> str:
    return f"{trial:08d}"


def _plain(parameter: object, value: Any) -> Value:
    """``value`` without NumPy's types; an integer parameter's whole float as an integer."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(parameter, Int) and isinstance(value, float) and value.is_integer():
        return int(value)
    return value  # type: ignore[no-any-return]


_CLASSES = {
    "fifo": "FIFOScheduler",
    "asha": "ASHAScheduler",
    "hyperband": "HyperBandScheduler",
    "hyperband-bohb": "HyperBandForBOHB",
    "median": "MedianStoppingRule",
}
"""Ray's classes of our schedulers, whose options have the same names there."""


def ray_scheduler(name: str, options: Mapping[str, Any], steps: int) -> str | None:
    """The call that makes Ray's scheduler of the same rule, for trials of ``steps`` steps;
    ``None`` where Ray has none."""
    if name not in _CLASSES:
        return None
    fixed: dict[str, Any] = {} if name == "fifo" else {"time_attr": "training_iteration"}
    if name not in ("fifo", "median"):
        fixed["max_t"] = steps
    keywords = ", ".join(f"{key}={value!r}" for key, value in {**fixed, **options}.items())
    return f"{_CLASSES[name]}({keywords})"
