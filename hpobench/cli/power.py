"""Prints what a pilot says about a plan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.tables import show

if TYPE_CHECKING:
    import pandas as pd

    from hpobench.analysis.inference.power import Power
    from hpobench.running.plan.pilot import Pilot
    from hpobench.suites.grid import Plan


def show_power(plan: Plan, folder: Path) -> None:
    """Print what differences more seeds can detect, by the pilot in ``folder``."""
    from hpobench.analysis.inference.power import POWER, SEEDS, power
    from hpobench.running.plan.pilot import load_pilot

    pilot = load_pilot(folder, plan)
    found, curves = power(pilot.comparison.curves), pilot.comparison.curves
    click.echo(
        f"\npilot {folder}: {len(curves.algorithms)} algorithms, {len(curves.problems)} problems, "
        f"{len(curves.seeds)} seeds; {found.leader} leads"
    )
    _show_apart(pilot)
    click.echo(
        "\nDifferences in mean final normalised regret (0 the optimum, 1 a median random "
        f"configuration)\nthat n seeds find with probability {POWER:.0%}, two-sided at "
        f"{found.level:.2%} each ({_others(found)}).\nFirst {found.leader} against each "
        "other one, over all problems; then single problems, for a typical pair.\n"
        "`-`: so few seeds find none. "
        "`sd`: of one seed's difference, with 95 % limits;\nwhat n seeds find is in proportion to "
        "it. `needs`: seeds that find the pilot's observed difference, by the limits of sd.\n"
    )
    header = [*(f"n = {n}" for n in SEEDS), "sd", "observed", "needs"]
    for frame, names in ((found.overall, "algorithm"), (found.problems, "problem")):
        rows = [_row(row, names, SEEDS) for _, row in frame.iterrows()]
        show((names, *header), rows)
        click.echo()


def power_json(plan: Plan, folder: Path) -> dict[str, Any]:
    """The facts of :func:`show_power`."""
    from hpobench.analysis.inference.power import power
    from hpobench.running.plan.pilot import load_pilot

    pilot = load_pilot(folder, plan)
    found = power(pilot.comparison.curves)
    return {
        "folder": str(folder),
        "leader": found.leader,
        "level": found.level,
        "algorithms": found.overall.to_dict("records"),
        "problems": found.problems.to_dict("records"),
        "absent": ["/".join(labels) for labels in pilot.absent],
        "changed": ["/".join(labels) for labels in pilot.changed],
    }


def _show_apart(pilot: Pilot) -> None:
    for labels, what in (
        (pilot.absent, "has none of"),
        (pilot.changed, "ran with other options, budgets or versions"),
    ):
        if labels:
            first = "/".join(labels[0])
            more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
            click.echo(f"warning: the pilot {what}: {first}{more}", err=True)


def _others(found: Power) -> str:
    n = len(found.overall)
    return "5 % for one pair" if n == 1 else f"5 % over {n} pairs"


def _row(row: pd.Series, names: str, seeds: tuple[int, ...]) -> list[str]:
    return [
        row[names],
        *(_number(row[str(n)]) for n in seeds),
        f"{_number(row['sd'])} ({_number(row['low'])} to {_number(row['high'])})",
        _number(row["observed"]),
        f"{_seeds(row['need'])} ({_seeds(row['need_low'])} to {_seeds(row['need_high'])})",
    ]


def _number(value: float) -> str:
    from hpobench.analysis.numbers import number

    return number(value, 2)


def _seeds(value: float) -> str:
    from hpobench.analysis.inference.power import MOST_SEEDS

    return f"{value:,.0f}" if math.isfinite(value) else f">{MOST_SEEDS:,}"
