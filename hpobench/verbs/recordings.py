"""Trained problems recorded into tables, and references frozen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hpobench.verbs.interruption import interruptible

if TYPE_CHECKING:
    from hpobench.recording.record import Recorded, TrialCounts


def freeze(
    problem: str,
    options: Mapping[str, Any],
    sample: int | None,
    plugins: tuple[Path, ...],
    tell: Callable[[str], None],
) -> tuple[Path, dict[str, Any]]:
    """Measure the references of the members of ``problem`` with these ``options`` anew; returns
    their file, and what it says of these members by their keys."""
    from hpobench.contract.frozen import read_members, references_of
    from hpobench.recording import freezing

    found = freezing.members(problem, options, plugins)
    file = references_of(type(found[0]))
    freezing.freeze(found, file, tell, sample)
    entries = read_members(file)
    return file, {one.key: entries[one.key] for one in found}


class Table(NamedTuple):
    """A problem that is recorded."""

    made: Recorded
    label: str
    seconds: float

    def entry(self, file: Path) -> dict[str, str]:
        """The problem in a suite beside its ``file``."""
        return {"name": "recorded", "as": self.label, "table": file.name}


def record(
    problem: str,
    options: Mapping[str, Any],
    out: Path,
    progress: Callable[[int], AbstractContextManager[Callable[[TrialCounts], None]]],
    warn: Callable[[str], None],
    *,
    address: str,
    cpus: int | None,
    workers: int | None,
    **drawn: Any,
) -> Table:
    """Train ``problem`` to the end in many configurations, into the table ``out``.

    ``drawn``: which configurations, as :func:`hpobench.recording.recipe.build_recipe` takes it.
    ``progress`` is given their number, and gives what is told how many are over. The same call goes
    on after an interruption.
    """
    from hpobench.recording.recipe import build_recipe
    from hpobench.recording.record import record_table

    recipe = build_recipe(problem, options, **drawn)
    begin = time.monotonic()
    kept = f"{out}.recording has what is trained, run it again"
    with interruptible(kept, warn), progress(recipe.trials) as report:
        made = record_table(recipe, out, report, address=address, cpus=cpus, workers=workers)
    return Table(made, recipe.problem.label, time.monotonic() - begin)
