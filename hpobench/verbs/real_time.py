"""About what wall time a plan takes on this machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hpobench.suites.grid import Plan


class RealTime(NamedTuple):
    """An estimate of wall time, without the report."""

    seconds: float
    cpus: int
    unmeasured: tuple[str, ...]
    """Searchers of which nobody has measured how long they think, which it leaves out."""


def real_time(plan: Plan, folder: Path | None, cpus: int | None = None) -> RealTime:
    """The wall time of all cells of ``plan`` on ``cpus`` processors, by default all of this
    machine.

    It goes by the cells of the first seed that are stored in ``folder``, if any, and else by the
    estimates of problems and by what searchers took in the shipped evidence.
    """
    from hpobench.evidence.archive import read_archive, shipped
    from hpobench.evidence.scores import thinking_of_searchers
    from hpobench.running.cluster.connect import cpus_here
    from hpobench.running.plan.timing import Timing

    archive = read_archive(shipped())
    known = thinking_of_searchers(archive)
    named: dict[str, float] = {}
    for label, facts in archive.searchers.items():
        named.setdefault(facts.name, known.get(label, 0.0))
    refs = {c.searcher.label: c.searcher for c in plan.cells.combinations}
    thinking = {
        label: named[ref.name] if label not in known else known[label]
        for label, ref in refs.items()
        if label in known or ref.name in named
    }
    seeds = plan.cells.seeds
    first = dataclasses.replace(plan, cells=plan.cells.with_seeds(seeds[:1]))
    timing = Timing(first, folder, cpus or cpus_here(), {}, thinking)
    unmeasured = tuple(label for label in refs if label not in thinking)
    return RealTime(timing.seed_s * len(seeds), cpus or cpus_here(), unmeasured)
