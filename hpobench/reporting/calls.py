"""Programs that go on searching with the searcher and the scheduler that found a configuration.

What a problem is, is told by the options in its cells' specs: no plugin is named here.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hpobench.contract.cell import Kind
from hpobench.contract.errors import UnknownNameError
from hpobench.contract.problem import Objective
from hpobench.contract.space import Space
from hpobench.plugins.modules import module_name
from hpobench.plugins.ray_searcher import ray_scheduler
from hpobench.plugins.registry import Entry, Registry
from hpobench.reporting.python_text import (
    call,
    is_name,
    is_path,
    keywords,
    long_call,
    param_space,
    space_text,
    written,
)

_OPENML = re.compile(r"openml:(\d+)")
_FUNCTION = re.compile(r"(\w+)\.py:(\w+)")


@dataclass(frozen=True)
class FindingRun:
    """The run that found a configuration, and its problem."""

    spec: Mapping[str, Any]
    """Of its cell."""
    space: Space
    objective: Objective
    steps: int
    trials: int
    workers: int
    seed: int
    live: bool
    """Whether trials really trained."""
    registry: Callable[[], Registry]
    """The plugins that are at hand without a file of the user's, read when first asked for."""

    def options(self, kind: Kind) -> dict[str, Any]:
        """The options of its searcher, scheduler or problem."""
        return _mapping(self._plugin(kind).get("options"))

    def entry(self, kind: Kind) -> Entry | None:
        name = self._plugin(kind).get("name")
        try:
            return self.registry().find(kind, name) if isinstance(name, str) else None
        except UnknownNameError:
            return None

    @property
    def given(self) -> list[str]:
        """What else the suite gave the searcher, ``start`` say."""
        return list(filter(is_name, _mapping(self._plugin("searcher").get("given"))))

    def _plugin(self, kind: Kind) -> dict[str, Any]:
        return _mapping(self.spec.get(kind))


def _mapping(value: object) -> dict[str, Any]:
    """``value``, if it is a mapping: stored specs may hold anything."""
    return dict(value) if isinstance(value, Mapping) else {}


def search_cv(found: FindingRun) -> str | None:
    """A program that calls :class:`hpobench.SearchCV`; ``None`` for a problem that trains no
    estimator of scikit-learn's, and where the searcher and the scheduler do not go into one."""
    options = found.options("problem")
    data = _data(options.get("dataset"))
    # Readers run what they copy, and a stored spec may come from a stranger: names stay names.
    if data is None or not is_path(options.get("estimator")):
        return None
    searcher, scheduler = found.entry("searcher"), found.entry("scheduler")
    if searcher is None or scheduler is None or scheduler.attributes.get("clones"):
        return None
    imports, estimator, prefix = _estimator(options)
    search = long_call(
        "search = hpobench.SearchCV",
        estimator,
        space_text(found.space, prefix),
        f"searcher={_named(searcher, found.options('searcher'))}",
        f"scheduler={_named(scheduler, found.options('scheduler'))}",
        f"n_trials={found.trials}",
        *([f"scoring={options['scoring']!r}"] if options.get("scoring") else []),
        *([f"cv={options['folds']!r}"] if "folds" in options else []),
        f"random_state={found.seed}",
    )
    imports = sorted({data[0], *imports})
    end = "print(search.fit(X, y).best_params_, search.best_score_)"
    return "\n".join([*imports, "", "import hpobench", "", data[1], *_given(found), search, end])


def _data(dataset: object) -> tuple[str, str] | None:
    """The import and the line that load a data set of scikit-learn's or OpenML's."""
    if not isinstance(dataset, str):
        return None
    if (known := _OPENML.fullmatch(dataset)) is not None:
        fetch = f"X, y = fetch_openml(data_id={int(known[1])}, return_X_y=True)"
        return "from sklearn.datasets import fetch_openml", fetch
    if not is_name(dataset):
        return None
    load = f"load_{dataset}"
    return f"from sklearn.datasets import {load}", f"X, y = {load}(return_X_y=True)"


def _estimator(options: Mapping[str, Any]) -> tuple[list[str], str, str]:
    """The imports and the text that make an estimator, in a pipeline where data is prepared for it,
    and what stands there before the names of its parameters."""
    module, _, cls = options["estimator"].rpartition(".")
    imports = [f"from {module} import {cls}"]
    text = call(cls, *keywords(_mapping(options.get("fixed"))))
    before = []
    if _OPENML.fullmatch(options["dataset"]):
        imports += [
            "from sklearn.compose import make_column_selector, make_column_transformer",
            "from sklearn.impute import SimpleImputer",
            "from sklearn.preprocessing import OneHotEncoder",
        ]
        prepared = long_call(
            "make_column_transformer",
            "(OneHotEncoder(handle_unknown='ignore', sparse_output=False), "
            "make_column_selector(dtype_include='category'))",
            "remainder=SimpleImputer(strategy='median')",
        )
        before.append(prepared)
    if options.get("scale"):
        imports.append("from sklearn.preprocessing import StandardScaler")
        before.append("StandardScaler()")
    if not before:
        return imports, text, ""
    imports.append("from sklearn.pipeline import make_pipeline")
    return imports, long_call("make_pipeline", *before, text), f"{cls.lower()}__"


def tuner(found: FindingRun) -> str | None:
    """A program with a plain ``ray.tune.Tuner``; ``None`` for a problem that trains nothing, and
    where the searcher or the scheduler does not go into one."""
    train = _own_function(found) or _problem_itself(found)
    if train is None:
        return None
    searcher, scheduler = found.entry("searcher"), found.entry("scheduler")
    if searcher is None or scheduler is None or searcher.attributes.get("schedules_itself"):
        return None
    own = {key: value for key, value in found.options("scheduler").items() if is_name(key)}
    rays = ray_scheduler(scheduler.name, own, found.steps)
    if rays is None:
        return None
    steps = {"max_t": found.steps} if found.steps > 1 else {}
    options = {"seed": found.seed, **steps, **_changed(searcher, found.options("searcher"))}
    mode = "max" if found.objective.direction == "maximize" else "min"
    metric = [f"metric={found.objective.metric!r}", f"mode={mode!r}"]
    space = [train.space, *metric] if train.space else []
    search = [repr(searcher.name), *keywords(options), *space]
    config = long_call(
        "tune_config=tune.TuneConfig",
        f"search_alg={(long_call if space else call)('hpobench.searcher', *search)}",
        f"scheduler=tune.schedulers.{rays}",
        *metric,
        f"num_samples={found.trials}",
    )
    # Not by max_concurrent_trials, under which HyperBand's brackets cannot fill and stop nothing.
    workers = f"ray.init(num_cpus={found.workers})"
    tuned = long_call("tuner = tune.Tuner", *train.arguments, config)
    value = f"best.metrics[{found.objective.metric!r}]"
    end = ["best = tuner.fit().get_best_result()", f"print(best.config, {value})"]
    imports = ["import ray", "from ray import tune", "", "import hpobench", *train.lines]
    return "\n".join([*imports, "", *_given(found), workers, tuned, *end])


@dataclass(frozen=True)
class _Train:
    """What a Tuner trains."""

    lines: tuple[str, ...]
    arguments: tuple[str, ...]
    """Of the Tuner."""
    space: str
    """An argument of the searcher; empty where the Tuner has the space."""


def _own_function(found: FindingRun) -> _Train | None:
    """A function in a file of the user's."""
    options = found.options("problem")
    known = _FUNCTION.fullmatch(str(options.get("run")))
    if known is None or not (is_name(known[1]) and is_name(known[2])):
        return None
    key = options.get("seed_key")
    seed = {key: found.seed} if isinstance(key, str) else {}
    fixed = {**_mapping(options.get("fixed")), **seed}
    lines = (f"from {known[1]} import {known[2]}",)
    if all(one.when is None for one in found.space):
        text = written(param_space(found.space, fixed))
        return _Train(lines, (known[2], f"param_space={text}"), "")
    if any("." in one.name for one in found.space):  # a Tuner leaves such names as they are
        return None
    constants = (f"param_space={written(fixed)}",) if fixed else ()
    return _Train(lines, (known[2], *constants), f"space={space_text(found.space)}")


def _problem_itself(found: FindingRun) -> _Train | None:
    """A problem that trains, as a function."""
    options = found.options("problem")
    if not found.live or (entry := found.entry("problem")) is None:
        return None
    # Programs lie in the suite's folder, which a Tuner does not know; a spec keeps no order, which
    # the parameters of a space have.
    if "run" in options or any(isinstance(value, Mapping) for value in options.values()):
        return None
    lines = (
        f"from {module_name(entry.file)} import {entry.cls}",
        "",
        f"problem = {call(entry.cls, *keywords(_changed(entry, options)))}",
        "",
        "",
        "def train(config):",
        f"    training = problem.start(config, seed={found.seed})",
        "    for _ in range(problem.fidelity.steps):",
        "        loss = training.step()['loss']",
        f"        tune.report({{{found.objective.metric!r}: problem.objective.value(loss)}})",
        "",
    )
    return _Train(lines, ("train",), "space=problem.space")


def _given(found: FindingRun) -> list[str]:
    return [f"# The searcher was also given: {', '.join(found.given)}"] if found.given else []


def _named(entry: Entry, options: Mapping[str, Any]) -> str:
    changed = _changed(entry, options)
    return repr({"name": entry.name, **changed} if changed else entry.name)


def _changed(entry: Entry, options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` without those that are the default."""
    usual = {}
    for one in entry.options:
        # A default is known as its file spells it, which need not be a literal.
        with contextlib.suppress(ValueError, SyntaxError):
            if one.default is not None:
                usual[one.name] = ast.literal_eval(one.default)
    return {k: v for k, v in options.items() if k not in usual or not bool(usual[k] == v)}
