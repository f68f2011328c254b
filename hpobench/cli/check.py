"""``check``: put a plugin file through the conformance suite."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import values_option

if TYPE_CHECKING:
    from hpobench.testing.check import Check, CheckResult, Status

_COLOURS: dict[Status, str] = {"ok": "green", "failed": "red", "skipped": "yellow"}
_NARROW, _WIDE = 60, 120
"""The least and the most columns of a line."""


@click.command()
@click.argument("plugin", metavar="FILE")
@click.option("--only", metavar="NAME", help="The plugin of this name in FILE alone.")
@values_option
@click.option(
    "--patience",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds for which a run of a searcher goes on asking.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds after which a check counts as hanging.",
)
def check(
    plugin: str, only: str | None, options: dict[str, Any], patience: float, limit: float
) -> None:
    """Put the searchers, schedulers and problems in FILE through the conformance suite.

    FILE may also be the name of a plugin that is shipped or installed. Ends with code 1 if a
    check failed.

    \b
        hpobench check mine.py
        hpobench check command -o 'run=["./mine"]'
    """
    from hpobench.testing.conformance import checks_of, entries

    failed = 0
    for entry in entries(plugin, only):
        click.echo(f"{entry.kind} {entry.name} ({entry.file})")
        made = checks_of(entry, options, Path(), patience=patience)
        failed += _run(made, limit)
    if failed:
        raise SystemExit(1)


def _run(checks: Sequence[Check], limit: float) -> int:
    """Run and show each check; returns how many failed."""
    from hpobench.testing.check import CheckResult, judge

    width = max(len(check.name) for check in checks)
    counts: Counter[str] = Counter()
    hung = False
    for check in checks:
        result = CheckResult("skipped", "an earlier check hung") if hung else judge(check, limit)
        hung |= result.hung
        counts[result.status] += 1
        _show(check, result, width)
    totals = ", ".join(f"{counts[status]} {status}" for status in _COLOURS if counts[status])
    click.echo(f"  {totals}\n")
    return counts["failed"]


def _show(check: Check, result: CheckResult, width: int) -> None:
    """Print a line for the check, and below it what was found."""
    status = click.style(f"{result.status:<7}", fg=_COLOURS[result.status])
    click.echo(f"  {status}  {check.name:<{width}}  {check.meaning}")
    columns = min(max(shutil.get_terminal_size((_WIDE, 0)).columns, _NARROW), _WIDE)
    indent = " " * (width + 13)
    for line in result.text.splitlines():
        click.echo(textwrap.fill(line, columns, initial_indent=indent, subsequent_indent=indent))
    sys.stdout.flush()
