"""A searcher of hpobench as a ``ray.tune.search.Searcher``, for anybody's ``tune.Tuner``.

Ray names trials by strings, hpobench by numbers in the order of asking. Losses are minimised: a
metric with mode ``max`` is told negated. A searcher that learns from several fidelities is told
every result, any other the last one of each trial.

The state is the log of what was asked and told. ``Tuner.restore`` builds the searcher anew and
replays the log, so that it goes on as if nothing had happened.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ray import cloudpickle
from ray.tune.result import DEFAULT_METRIC
from ray.tune.search import Searcher as RaySearcher

from hpobench.api import Config, Exhausted, Searcher, Space
from hpobench.bridges.dialogue import Dialogue
from hpobench.bridges.param_space import ParamSpace
from hpobench.contract.errors import SpaceError, UsageError
from hpobench.contract.files import read_whole, write_whole
from hpobench.contract.problem import check_one_objective

_SIGNS = {"min": 1.0, "max": -1.0}


class _Observed(NamedTuple):
    step: int
    loss: float
    seconds: float


class TuneSearcher(RaySearcher):  # type: ignore[misc]
    """The searcher that ``build`` makes for a space, for one experiment of Ray Tune's.

    ``identity`` is plain data, equal for equal searchers; a restored state must have the same.
    ``steps`` is the number of results of a full evaluation for a searcher that learns from all of
    them, and ``None`` for one that learns from the last. ``charged``: whether it wants to know
    costs. ``points`` are the first configurations, whose results it learns if it adopts them.
    """

    def __init__(
        self,
        build: Callable[[Space], Searcher],
        identity: Mapping[str, Any],
        *,
        space: Space | None = None,
        steps: int | None = None,
        charged: bool = False,
        points: Sequence[Mapping[str, Any]] = (),
        metric: str | None = None,
        mode: str | None = None,
    ) -> None:
        check_one_objective(metric=metric, mode=mode)
        if mode not in (None, *_SIGNS):
            raise UsageError(f"mode is 'min' or 'max', not {mode!r}")
        super().__init__(metric=metric, mode=mode)
        self._metric, self._mode = metric, mode  # which Ray sets only if both are given
        self._name = str(identity["searcher"])
        self._build, self._identity = build, identity
        self._space, self._steps, self._charged = space, steps, charged
        self._points = list(points)
        self._evaluated: list[tuple[Mapping[str, Any], Mapping[int, float], bool]] = []
        """The points of others that are not learnt yet, because the space is unknown: each with the
        values of the metric by step, and whether it failed."""
        self._param_space: ParamSpace | None = None
        self._dialogue: Dialogue | None = None
        self._restored: tuple[Space, list[list[Any]]] | None = None
        """The space and the log of a restored state, until the search goes on."""
        self._given = 0  # points that are under way or over
        self._trials: dict[str, int] = {}
        """The number of each trial that is not over, without given points that were not adopted."""
        self._last: dict[str, _Observed] = {}
        self._pausing: set[str] = set()

    def set_search_properties(
        self,
        metric: str | None,
        mode: str | None,
        config: dict[str, Any],
        **spec: Any,  # noqa: ARG002 - Ray passes what it likes
    ) -> bool:
        check_one_objective(metric=metric, mode=mode)
        self._metric, self._mode = metric or self._metric, mode or self._mode
        if self._space is not None or self._dialogue is not None:
            return False
        self._param_space = ParamSpace(config)
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        dialogue = self._ready()
        number, learnt = dialogue.asked, True
        if self._given < len(self._points):
            i, self._given = self._given, self._given + 1
            config = self._config(self._points[i], f"points_to_evaluate[{i}]")
            learnt = dialogue.adopt(config)
        else:
            try:
                asked = dialogue.ask()
            except Exhausted:
                return str(self.FINISHED)
            if asked is None:
                return None
            config = asked
        if learnt:
            self._trials[trial_id] = number
        return dict(config) if self._param_space is None else self._param_space.to_ray(config)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        number, seen = self._trials.get(trial_id), self._observed(result)
        if number is None or seen is None:
            return
        # A trial that goes on from an older checkpoint, or after `Tuner.restore`, repeats steps.
        if trial_id in self._last and seen.step <= self._last[trial_id].step:
            return
        self._last[trial_id] = seen
        if self._steps is not None:
            self._tell(number, seen, final=False)
        if trial_id in self._pausing:
            self._pausing.discard(trial_id)
            self._ready().notify("paused", number)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        # Ray gives no result when it stops a paused trial, which keeps its last one.
        seen = self._observed(result) if result else self._last.get(trial_id)
        self._last.pop(trial_id, None)
        self._pausing.discard(trial_id)
        number = self._trials.pop(trial_id, None)
        if number is None:
            return
        if error or seen is None:
            self._ready().notify("failed", number)
        else:
            self._tell(number, seen, final=True)

    def on_pause(self, trial_id: str) -> None:
        """Called by ``HyperBandForBOHB``, before the result at which the trial pauses is told."""
        self._pausing.add(trial_id)

    def on_unpause(self, trial_id: str) -> None:
        if trial_id in self._trials:
            self._ready().notify("resumed", self._trials[trial_id])

    def add_evaluated_point(
        self,
        parameters: Mapping[str, Any],
        value: float,
        error: bool = False,
        pruned: bool = False,
        intermediate_values: Sequence[float] | None = None,
    ) -> None:
        """Let the searcher learn that ``parameters``, tried elsewhere, gave ``value`` or an error.

        A point that comes before the ``param_space``, which a Tuner passes on when it begins, is
        learnt then. ``intermediate_values`` are those of the steps from the first one on, of which
        ``value`` is the last; without them it is that of a full evaluation. A trial that was
        ``pruned`` counts like one that a scheduler stopped.

        Raises :class:`UsageError` if the searcher cannot learn from points that others chose, and
        :class:`SpaceError` for a point outside the space.
        """
        steps = len(intermediate_values or ()) or self._steps or 1
        if pruned and not intermediate_values and self._steps is not None:
            raise UsageError(
                f"{self._name} learns from several steps; give the intermediate_values of a trial "
                "that was pruned"
            )
        values = dict(enumerate(intermediate_values or (), 1))
        if not error:
            values[steps] = value
        self._evaluated.append((parameters, values, error))
        if self._space is not None or self._param_space is not None:
            self._ready()

    def save(self, checkpoint_path: str) -> None:
        kept = ("identity", "metric", "mode", "param_space", "given", "trials", "last")
        state = {name: getattr(self, f"_{name}") for name in kept}
        state |= {"space": self._tuned(), "log": self._ready().log}
        # Pickled, as Ray's own state beside it, because choices may be any objects.
        write_whole(Path(checkpoint_path), cloudpickle.dumps(state))

    def restore(self, checkpoint_path: str) -> None:
        """Go on from the state in ``checkpoint_path``, which :meth:`save` of an equal searcher
        wrote. Like the rest of Ray's experiment folder it is unpickled: it must be one's own."""
        path = Path(checkpoint_path)
        try:
            state = cloudpickle.loads(read_whole(path))
            identity = state["identity"]
        except (pickle.UnpicklingError, EOFError, ValueError, LookupError, TypeError) as error:
            raise UsageError(f"{path}: no state of a searcher of hpobench") from error
        if identity != self._identity:
            raise UsageError(
                f"{path}: the state of another searcher: {identity}, not {self._identity}"
            )
        # `Tuner.restore` does not say them again.
        self._metric = self._metric or state["metric"]
        self._mode = self._mode or state["mode"]
        self._param_space = self._param_space or state["param_space"]
        self._given, self._trials, self._last = state["given"], state["trials"], state["last"]
        self._restored, self._dialogue = (state["space"], state["log"]), None
        self._evaluated = []  # they are in the log

    def _ready(self) -> Dialogue:
        if self._dialogue is None:
            space = self._tuned()
            self._dialogue = Dialogue(self._name, space, self._build)
            for i, point in enumerate(self._points):
                self._config(point, f"points_to_evaluate[{i}]")
            if self._restored is not None:
                searched, log = self._restored
                if searched != space:
                    raise UsageError(f"{self._name}: the restored search has another param_space")
                self._dialogue.resume(log)
                self._restored = None
        evaluated, self._evaluated = self._evaluated, []
        for point, values, error in evaluated:
            number = self._dialogue.asked
            if not self._dialogue.adopt(self._config(point, "add_evaluated_point")):
                raise UsageError(
                    f"{self._name} cannot learn from points that others chose; leave out "
                    "add_evaluated_point, or take a searcher that can, such as optuna-tpe"
                )
            trial_id, metric = f"evaluated {number}", self._metric or DEFAULT_METRIC
            self._trials[trial_id] = number
            result: dict[str, Any] = {}
            for step, value in values.items():
                result = {metric: value, "training_iteration": step}
                self.on_trial_result(trial_id, result)
            self.on_trial_complete(trial_id, result, error)
        return self._dialogue

    def _tuned(self) -> Space:
        if self._metric is None and self._mode is not None:
            self._metric = DEFAULT_METRIC
        if self._mode not in _SIGNS:
            raise UsageError(
                f"{self._name} needs a metric and a mode: TuneConfig(metric='loss', mode='min'), "
                "or where param_space is empty hpobench.searcher(..., metric='loss', mode='min')"
            )
        if self._space is not None:
            return self._space
        if self._param_space is None:
            raise UsageError(
                f"{self._name} has nothing to tune: Tuner(param_space={{'x': tune.uniform(0, 1)}})"
                ", or hpobench.searcher(..., space=hpobench.Space([...]))"
            )
        return self._param_space.space

    def _config(self, point: Mapping[str, Any], what: str) -> Config:
        try:
            if self._param_space is not None:
                return self._param_space.from_ray(point)
            space = self._tuned()
            space.check(point)
            return space.build(point)
        except SpaceError as error:
            raise SpaceError(f"{what}: {error}") from error

    def _observed(self, result: Mapping[str, Any]) -> _Observed | None:
        """``None`` if the metric is missing in ``result`` or no finite number."""
        value = result.get(self._metric or DEFAULT_METRIC)
        try:
            loss = _SIGNS[self._mode or "min"] * float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        if not math.isfinite(loss):
            return None
        step = int(result.get("training_iteration", 1))
        return _Observed(step, loss, result.get("time_total_s", 0.0))

    def _tell(self, number: int, seen: _Observed, *, final: bool) -> None:
        if self._steps is not None and seen.step > self._steps:
            raise UsageError(
                f"{self._name}: a trial has {seen.step} results, more than max_t={self._steps}; "
                "give hpobench.searcher the max_t of the scheduler"
            )
        dialogue = self._ready()
        if self._charged:
            dialogue.notify("charged", number, seen.seconds)
        dialogue.notify("tell", number, seen.step, seen.loss, final=final)
