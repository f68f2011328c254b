"""Whether the stages take the decisions that a plain Ray Tune run takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpobench.suites.run_options import RunOptions
    from hpobench.suites.suite import Source


def agreement(source: Source, options: RunOptions) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run every cell of a suite on each stage and through a plain Tuner; yields the number of
    cells, and for each the ``results`` by where it ran and the ``differences`` in words."""
    from hpobench.running.cluster.connect import LOCAL, connected
    from hpobench.running.proof.stage_agreement import compare
    from hpobench.verbs.planned import planned

    cells = planned(source, options).plan.cells
    with connected(LOCAL, options.cpus) as ray:
        for found in compare(ray, cells):
            results = {where: len(history) for where, history in found.histories.items()}
            differences = list(found.differences())
            facts = {"cell": found.cell.id, "results": results, "differences": differences}
            yield len(cells), facts
