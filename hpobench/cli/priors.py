"""How good the priors of a plan are, by the references of its problems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hpobench.suites.cell_grid import Combination


def show_priors(combinations: Iterable[Combination]) -> None:
    """Print, for each quality of a prior, the normalised regret of its centre on the problems.

    A problem without references has no regret and is left out.
    """
    regrets: dict[str, dict[str, float]] = {}
    for row in combinations:
        quality = row.searcher.given.get("prior", {}).get("quality")
        if quality and row.problem.label not in (found := regrets.setdefault(quality, {})):
            found |= _regret(quality, row)
    for quality, found in regrets.items():
        values = sorted(found.values())
        measured = f"{values[0]:.2f} to {values[-1]:.2f}" if values else "unknown"
        click.echo(
            f"prior {quality}: the normalised regret of its centre is {measured}, on "
            f"{len(found)} problems with references"
        )


def _regret(quality: str, row: Combination) -> dict[str, float]:
    """The regret on the problem of ``row``, by the problem's label; empty without references."""
    import numpy as np

    from hpobench.analysis.core.normalise import normalised_regret
    from hpobench.plugins.build import build_problem
    from hpobench.plugins.starting.priors import centre_of

    problem = build_problem(row.problem)
    if (reference := problem.reference()) is None:
        return {}
    losses = (centre_of(quality, row.problem, problem).loss, reference.optimum, reference.clip)
    return {row.problem.label: float(normalised_regret(*map(np.asarray, losses)))}
