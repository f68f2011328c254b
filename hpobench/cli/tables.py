"""Prints tables: drawn on a terminal, plain columns elsewhere."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import Any

import click

from hpobench.contract.wording import printable

COLUMNS = 80
"""What lists fit into where there is no terminal."""
_WHOLE: Any = {"break_on_hyphens": False, "break_long_words": False}
"""A path that is longer than a line stays in one piece, to be copied."""
_LEAST = 20
"""Columns that a wrapped cell has at least."""


def show(header: Sequence[str], rows: Sequence[Sequence[str]], *, wrapped: bool = False) -> None:
    """Print ``rows`` under ``header``; ``wrapped``: the last column has several lines where it
    must, as it always has on a terminal."""
    rows = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
    if not sys.stdout.isatty():
        click.echo(_columns([header, *rows], wrapped=wrapped))
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


def fill(text: str, indent: str = "") -> str:
    """``text`` in lines of :data:`COLUMNS`; all but the first begin with ``indent``."""
    return textwrap.fill(printable(text), COLUMNS, subsequent_indent=indent, **_WHOLE)


def _columns(rows: Sequence[Sequence[str]], *, wrapped: bool) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [list(row) for row in rows]
    if wrapped:
        widths[-1] = max(COLUMNS - sum(width + 2 for width in widths[:-1]), _LEAST)
        lines = []
        for *cells, last in rows:
            for part in textwrap.wrap(last, widths[-1], **_WHOLE) or [""]:
                lines.append([*cells, part])
                cells = [""] * len(cells)
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )
