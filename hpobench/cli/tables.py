"""Prints tables: drawn on a terminal, plain columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from hpobench.plugins.foreign import printable

__all__ = ["printable", "show"]


def show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print ``rows`` under ``header``."""
    rows = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
    if not sys.stdout.isatty():
        click.echo(_columns([header, *rows]))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD)
    for number, name in enumerate(header):
        drawn.add_column(name, no_wrap=number == 0)
    for row in rows:
        # Text: square brackets in labels are not rich's markup.
        drawn.add_row(*map(Text, row))
    Console().print(drawn)


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
