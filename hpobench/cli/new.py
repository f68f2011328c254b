"""``new``: write a plugin file or a suite that works, to be filled in."""

from __future__ import annotations

from typing import Any

import click

from hpobench.cli.changing import GRID, grid_options, taken
from hpobench.cli.shared import Output, output_options
from hpobench.verbs import inventory


@click.command()
@click.argument("kind", type=click.Choice(("searcher", "scheduler", "problem", "suite")))
@click.argument("name")
@grid_options
@click.option(
    "--isolated",
    is_flag=True,
    help="A searcher in an environment of its own, with other versions than hpobench's.",
)
@output_options(quiet="Print only the file.")
def new(kind: Any, name: str, isolated: bool, output: Output, **options: Any) -> None:
    """Write a plugin file NAME.py, or a suite NAME.yaml, that works, to be filled in.

    NAME is what suites call it, or the suite's own: lower case, digits and hyphens. `new suite`
    takes --searchers and the options after it; what they leave out is an example.
    """
    file = inventory.new(kind, name, taken(options, GRID), isolated=isolated)
    if kind == "suite":
        lines = [
            f"{file} is a suite that runs. Next:",
            f"  hpobench plan {file}     shows its cells and what they cost",
            f"  hpobench run {file}",
        ]
    else:
        lines = [f"{file} is a {kind} that works. Next:"]
        if isolated:
            lines += [
                f"  hpobench env sync {file}     locks and builds its environment; again after",
                "                                a change of its header, with --upgrade",
            ]
        lines += [
            f"  hpobench check {file}        after every change",
            f"  {kind}s: [{name}] and plugins: [{file}] in a suite, then hpobench run",
        ]
    output.end({"kind": kind, "name": name, "file": str(file)}, file, *lines)
