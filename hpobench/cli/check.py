"""``check``: put a plugin file through the conformance suite."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.changing import values_option
from hpobench.cli.shared import Output, output_options, print_json

if TYPE_CHECKING:
    from hpobench.testing.plugin_check import Check, CheckResult, Status

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
@output_options(quiet="Show only failed checks and the totals.")
def check(plugin: str, only: str | None, limit: float, output: Output, **how: Any) -> None:
    """Put the searchers, schedulers and problems in FILE through the conformance suite.

    FILE may also be the name of a plugin that is shipped or installed. Ends with code 1 if a
    check failed.

    \b
        hpobench check mine.py
        hpobench check command -o 'run=["./mine"]'
    """
    from hpobench.testing.conformance import checks_of, entries
    from hpobench.testing.plugin_check import judged

    facts, failed = [], False
    for entry in entries(plugin, only):
        checks = checks_of(entry, folder=Path(), **how)
        if not output.as_json:
            click.echo(f"{entry.kind} {entry.name} ({entry.file})")
        width, results = max(len(check.name) for check in checks), []
        for check, result in judged(checks, limit):
            results.append({"name": check.name, "status": result.status, "text": result.text})
            if not output.as_json and (result.status == "failed" or not output.quiet):
                _show(check, result, width)
        counts = Counter(one["status"] for one in results)
        failed |= counts["failed"] > 0
        if not output.as_json:
            totals = [f"{counts[status]} {status}" for status in _COLOURS if counts[status]]
            click.echo(f"  {', '.join(totals)}\n")
        names = {"kind": entry.kind, "name": entry.name, "file": str(entry.file)}
        facts.append({**names, "checks": results})
    if output.as_json:
        print_json(facts)
    if failed:
        raise SystemExit(1)


def _show(check: Check, result: CheckResult, width: int) -> None:
    """Print a line for the check, and below it what was found."""
    status = click.style(f"{result.status:<7}", fg=_COLOURS[result.status])
    click.echo(f"  {status}  {check.name:<{width}}  {check.meaning}")
    columns = min(max(shutil.get_terminal_size((_WIDE, 0)).columns, _NARROW), _WIDE)
    indent = " " * (width + 13)
    for line in result.text.splitlines():
        click.echo(textwrap.fill(line, columns, initial_indent=indent, subsequent_indent=indent))
    # A check may hang or end the process: what was found by then is to be seen.
    sys.stdout.flush()
