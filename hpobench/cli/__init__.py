"""The command line: one module per verb, which only parses and calls.

A module is a verb if its docstring starts with its own name, as in "``run``: run what is
missing"; the rest of that line is its help. That way ``--help`` imports no verb.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import click

from hpobench.cli.shared import Commands
from hpobench.contract.package import VERSION


class Verbs(Commands):
    """Loads a verb's module when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_verbs())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _verbs():
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        commands = (c for c in vars(module).values() if isinstance(c, click.Command))
        return next((c for c in commands if c.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_verbs().items()))


def _verbs() -> dict[str, str]:
    """Name -> help of every verb, read from the modules' docstrings."""
    verbs = {}
    for file in Path(__file__).parent.glob("*.py"):
        doc = ast.get_docstring(ast.parse(file.read_bytes())) or ""
        name, colon, text = doc.partition("\n")[0].partition("``: ")
        if colon and name == f"``{file.stem}":
            verbs[file.stem] = text
    return verbs


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="hpobench")
def cli() -> None:
    """Compare hyper-parameter-optimisation algorithms on Ray Tune."""
