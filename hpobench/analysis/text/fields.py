"""Tables as a page and LaTeX show them: rows of fields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Field:
    text: str
    detail: str = ""
    """Set smaller after the text: an interval, say."""
    mark: str = ""
    """``*`` or a count of failures, after all else."""
    strong: bool = False
    key: float | str | None = None
    """What to sort by, if not the text."""
    href: str = ""
    """Where the text leads."""
    anchor: str = ""
    """By which others lead here."""


class Grid(NamedTuple):
    """The head of a table and its rows."""

    columns: list[str]
    rows: list[list[Field]]


@dataclass(frozen=True)
class TableEntry:
    """A table with what stands around it."""

    id: str
    title: str
    shows: str
    """What is to be seen, in a sentence or two."""
    caption: str
    """How it was made."""
    columns: list[str]
    rows: list[list[Field]]


def anchor(algorithm: str, problem: str = "") -> str:
    """The id of the row about the runs of ``algorithm`` on ``problem``, or of its first row."""
    return f"runs-{hashlib.sha256(f'{algorithm}/{problem}'.encode()).hexdigest()[:10]}"


def algorithm_field(name: str, *, strong: bool = False) -> Field:
    """The name of an algorithm, which leads to its runs."""
    return Field(name, strong=strong, href=f"#{anchor(name)}")


def integer_field(value: int) -> Field:
    return Field(f"{int(value):,}", key=float(value))
