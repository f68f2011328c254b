"""Objects of plugins as suites name them, with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Use
from hpobench.contract.errors import PluginError, UsageError
from hpobench.contract.problem import Fidelity, Problem
from hpobench.contract.space import Space
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.script import read_script
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import is_ray, options_of


def build_problem(use: Use) -> Problem:
    """The problem that ``use`` describes."""
    cls = _class(use)
    if not issubclass(cls, Problem):
        raise PluginError(f"{use.file}: {use.cls} does not derive from hpobench.api.Problem")
    problem: Problem = cls.__new__(cls)
    problem.suite_folder = Path(use.folder)  # before __init__, which may look for its files
    problem.__init__(**_arguments(use))  # type: ignore[misc]
    return problem


def build_scheduler(use: Use) -> Scheduler:
    """The scheduler plugin; its ``build`` makes Ray's scheduler."""
    scheduler = _class(use)(**_arguments(use))
    if not isinstance(scheduler, Scheduler):
        raise PluginError(f"{use.file}: {use.cls} does not derive from hpobench.api.Scheduler")
    return scheduler


def build_searcher(use: Use, space: Space, seed: int, fidelity: Fidelity) -> Searcher:
    """A searcher for one run, to be closed after it; one of Ray's own comes in an adapter, one
    with an environment of its own in a process there."""
    cls, options = _class(use), _arguments(use)
    if is_ray(cls):
        from hpobench.plugins.ray_searcher import build_ray_searcher

        return build_ray_searcher(cls, space, seed, fidelity, **options)
    if (reason := cls.misfit(space, fidelity, use.options)) is not None:
        raise UsageError(f"{use.name}: {reason}")
    if (script := read_script(Path(use.file))) is not None:
        from hpobench.plugins.isolation.searcher import IsolatedSearcher

        environment = Environment(script)
        return IsolatedSearcher(
            cls,
            environment,
            space,
            seed=seed,
            fidelity=fidelity,
            options=use.options,
            folder=Path(use.folder),
        )
    searcher: Searcher = cls.__new__(cls)
    searcher.suite_folder = Path(use.folder)  # before __init__, as a problem's
    searcher.__init__(space, seed=seed, fidelity=fidelity, **options)  # type: ignore[misc]
    return searcher


def _class(use: Use) -> Any:
    return load_class(use.file, use.cls)


def _arguments(use: Use) -> dict[str, Any]:
    known = options_of(_class(use))
    if known is None:
        return dict(use.options)
    try:
        return {key: known[key].coerce(value) for key, value in use.options.items()}
    except (KeyError, ValueError) as error:
        raise UsageError(f"{use.kind} {use.name!r}: options do not fit: {error}") from error
