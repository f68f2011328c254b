"""The parts of a built plugin that everything else relies on, like the space of a problem."""

from __future__ import annotations

import math
from pathlib import Path

from hpobench.contract.algorithms import Scheduler
from hpobench.contract.errors import CellError, PluginError, SpaceError
from hpobench.contract.problem import Fidelity, Objective, Problem
from hpobench.contract.space import Space
from hpobench.plugins.foreign import calling, shown


def check_problem(problem: object, file: Path | str) -> None:
    """Raise :class:`PluginError` unless ``problem`` is one that can be run."""
    if not isinstance(problem, Problem):
        raise PluginError(f"{file}: __new__ gives {shown(problem)}; it must be a Problem")
    with calling(file, "space, fidelity or objective cannot be read"):
        fault = (
            _space_fault(problem.space)
            or _fidelity_fault(problem.fidelity)
            or _objective_fault(problem.objective)
            or _flags_fault(problem)
        )
    if fault is not None:
        raise PluginError(f"{file}: {type(problem).__name__}.{fault}", Path(file))


def check_scheduler(scheduler: Scheduler, file: Path | str) -> None:
    """Raise :class:`PluginError` unless the population of ``scheduler`` can be trained."""
    with calling(file, "population cannot be read"):
        size: object = scheduler.population
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise PluginError(
            f"{file}: population is {shown(size)}; it must be None or a whole number from 1",
            Path(file),
        )


def _space_fault(space: object) -> str | None:
    if not isinstance(space, Space) or not len(space):
        return f"space is {shown(space)}; it must be a Space of at least one parameter"
    return None


def _fidelity_fault(fidelity: object) -> str | None:
    if not isinstance(fidelity, Fidelity):
        return f"fidelity is {shown(fidelity)}; it must be a Fidelity"
    if not isinstance(fidelity.name, str) or not fidelity.name.isprintable():
        return f"fidelity.name is {shown(fidelity.name)}; it must be a word"
    steps, unit = fidelity.steps, fidelity.unit
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        return f"fidelity.steps is {shown(steps)}; it must be a whole number from 1"
    if not isinstance(unit, int | float) or not 0 < unit < math.inf:
        return f"fidelity.unit is {shown(unit)}; it must be a positive number"
    return None


def _objective_fault(objective: object) -> str | None:
    if not isinstance(objective, Objective):
        return f"objective is {shown(objective)}; it must be an Objective"
    if not isinstance(objective.metric, str) or not objective.metric.isprintable():
        return f"objective.metric is {shown(objective.metric)}; it must be a word"
    if objective.direction not in ("minimize", "maximize"):
        return f"objective.direction is {shown(objective.direction)}; it is minimize or maximize"
    return None


def _flags_fault(problem: Problem) -> str | None:
    mutable, heldout = problem.mutable, getattr(problem, "heldout", False)
    names = problem.space.names
    listed = isinstance(mutable, tuple | list)
    if mutable is not None and not (listed and all(name in names for name in mutable)):
        return f"mutable is {shown(mutable)}; it must be None or names of the space's parameters"
    if not isinstance(heldout, bool):
        return f"heldout is {shown(heldout)}; it must be True or False"
    return None


def check_proposal(name: str, space: Space, trial: int, config: object) -> None:
    """Raise :class:`CellError` if ``config``, which the searcher ``name`` proposed, is invalid."""
    if not isinstance(config, dict):
        raise CellError(f"{name}.ask({trial}) returned {config!r}, not a configuration")
    try:
        space.check(config)
    except SpaceError as error:
        raise CellError(
            f"{name} proposed an impossible configuration for trial {trial}: {error}"
        ) from error
