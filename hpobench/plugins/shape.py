"""The parts of a built plugin that everything else relies on, like the space of a problem."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from hpobench.contract.algorithms import Scheduler
from hpobench.contract.errors import CellError, PluginError, SpaceError
from hpobench.contract.problem import Fidelity, Objective, Problem, several_objectives
from hpobench.contract.space import Space
from hpobench.plugins.foreign import calling, shown


def check_problem(problem: object, file: Path | str) -> None:
    """Raise :class:`PluginError` unless ``problem`` is one that can be run."""
    if not isinstance(problem, Problem):
        raise PluginError(f"{file}: __new__ gives {shown(problem)}; it must be a Problem")
    with calling(file, "space, fidelity or objective cannot be read"):
        fault = next(_faults(problem), None)
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


def _faults(problem: Problem) -> Iterator[str]:
    """What is wrong with ``problem``: each fault as it stands, for what follows relies on it."""
    # What a plugin's code gave may be anything, whatever the contract's annotations say.
    space: object = problem.space
    if not isinstance(space, Space) or not len(space):
        yield f"space is {shown(space)}; it must be a Space of at least one parameter"
    fidelity: object = problem.fidelity
    if not isinstance(fidelity, Fidelity):
        yield f"fidelity is {shown(fidelity)}; it must be a Fidelity"
    name, steps, unit = problem.fidelity.name, problem.fidelity.steps, problem.fidelity.unit
    if not _is_word(name):
        yield f"fidelity.name is {shown(name)}; it must be a word"
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        yield f"fidelity.steps is {shown(steps)}; it must be a whole number from 1"
    if not isinstance(unit, int | float) or not 0 < unit < math.inf:
        yield f"fidelity.unit is {shown(unit)}; it must be a positive number"
    objective: object = problem.objective
    if not isinstance(objective, Objective):
        due = several_objectives("objective", objective) or "it must be an Objective"
        yield f"objective is {shown(objective)}; {due}"
    metric, direction = problem.objective.metric, problem.objective.direction
    if not _is_word(metric):
        due = several_objectives("metric", metric) or "it must be a word"
        yield f"objective.metric is {shown(metric)}; {due}"
    if direction not in ("minimize", "maximize"):
        yield f"objective.direction is {shown(direction)}; it is minimize or maximize"
    yield from _flag_faults(problem)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _flag_faults(problem: Problem) -> Iterator[str]:
    mutable, heldout = problem.mutable, getattr(problem, "heldout", False)
    names = problem.space.names
    listed = isinstance(mutable, tuple | list)
    if mutable is not None and not (listed and all(name in names for name in mutable)):
        yield f"mutable is {shown(mutable)}; it must be None or names of the space's parameters"
    if not isinstance(heldout, bool):
        yield f"heldout is {shown(heldout)}; it must be True or False"


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
