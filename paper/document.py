"""The paper as blocks of text, which typst and LaTeX set alike.

It is read from a small part of Markdown as pandoc has it: headings with labels, paragraphs, lists
with hyphens, ``*emphasis*``, ``**strong**``, `` `code` `` and citations ``[@key; @key]``. Beyond
that ``[#label]`` refers to a section, a figure or a table, an image ``![caption](figures/NAME)`` or
``![caption](tables/NAME)`` stands in a paragraph of its own, and a line ``---`` parts the text from
the appendix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

SpanKind: TypeAlias = Literal["plain", "strong", "emphasis", "code", "cite", "reference"]


class Span(NamedTuple):
    """A piece of a line; a citation's text is its keys with commas."""

    kind: SpanKind
    text: str


Inline: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    level: int
    """1 for a section, 2 for a part of one."""
    text: Inline
    label: str
    """Empty where nothing refers to it."""


@dataclass(frozen=True)
class Paragraph:
    text: Inline


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Inline, ...]


@dataclass(frozen=True)
class Image:
    """The place of a figure or a table, whose label is its name."""

    kind: Literal["figures", "tables"]
    name: str
    caption: Inline


Block: TypeAlias = Heading | Paragraph | Items | Image


@dataclass(frozen=True)
class Document:
    title: Inline
    abstract: tuple[Block, ...]
    body: tuple[Block, ...]
    appendix: tuple[Block, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (*self.abstract, *self.body, *self.appendix)

    @property
    def figures(self) -> list[str]:
        """The names of the figures."""
        images = (block for block in self.blocks if isinstance(block, Image))
        return [image.name for image in images if image.kind == "figures"]


@dataclass(frozen=True)
class Row:
    cells: tuple[Inline, ...]
    strong: bool = False
    note: str = ""
    """A remark below the row, as wide as the table."""


@dataclass(frozen=True)
class Table:
    """A table for readers. The first column is as wide as the others leave room for; ``numeric``
    says which columns are aligned to the right."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: frozenset[int]


_HEADING = re.compile(r"(#{1,3}) (.+?)(?: \{#([a-z0-9-]+)\})?")
_IMAGE = re.compile(r"!\[(.*)\]\((figures|tables)/([\w-]+)\)", re.DOTALL)
_SPAN = re.compile(
    r"\\(?P<escaped>.)|\*\*(?P<strong>(?:\\.|[^*\\])+)\*\*|\*(?P<emphasis>(?:\\.|[^*\\])+)\*"
    r"|`(?P<code>(?:\\.|[^`\\])+)`|\[(?P<cite>@[\w:-]+(?:; @[\w:-]+)*)\]|\[#(?P<reference>[\w-]+)\]"
)
_SPECIAL = re.compile(r"[\\`*\[\]#@]")


BREAK, MINUS = "\u200b", "\u2212"
"""A place where a line may break without a hyphen, and the sign before a number."""
_LONG = re.compile(r"\S{25,}")
_JOINT = re.compile(r"(?<=[\[,/=])(?=\w)")
_NEGATIVE = re.compile(r"(?<![\w.\u200b])-(?=\d)")


def printed(text: str) -> str:
    """``text`` as both writers set it: long labels may break at their joints, and a minus is no
    hyphen."""
    text = _LONG.sub(lambda found: _JOINT.sub(BREAK, found[0]), text)
    return _NEGATIVE.sub(MINUS, text)


def escaped(value: object) -> str:
    """``value`` as Markdown that shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(str(value).split()))


def read(text: str) -> Document:
    """The document of ``text``: its first heading is the title, and what stands before the second
    is the abstract. Raises :class:`ValueError` without a title."""
    text, _, appendix = text.partition("\n---\n")
    title, *blocks = _blocks(text)
    if not (isinstance(title, Heading) and title.level == 0):
        raise ValueError("the text begins with '# TITLE'")
    starts = [i for i, block in enumerate(blocks) if isinstance(block, Heading)]
    first = starts[0] if starts else len(blocks)
    return Document(
        title.text, tuple(blocks[:first]), tuple(blocks[first:]), tuple(_blocks(appendix))
    )


def _blocks(text: str) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n", text.strip()):
        if heading := _HEADING.fullmatch(part):
            yield Heading(len(heading[1]) - 1, inline(heading[2]), heading[3] or "")
        elif image := _IMAGE.fullmatch(part):
            kind: Any = image[2]
            yield Image(kind, image[3], inline(image[1]))
        elif part.startswith("- "):
            yield Items(tuple(inline(item) for item in re.split(r"(?:^|\n)- ", part)[1:]))
        elif part:
            yield Paragraph(inline(part))


def inline(text: str) -> Inline:
    """The spans of ``text``; line breaks are blanks."""
    text = " ".join(text.split())
    spans: list[Span] = []
    last = 0
    for found in _SPAN.finditer(text):
        spans.append(Span("plain", text[last : found.start()]))
        spans.append(_span(found))
        last = found.end()
    spans.append(Span("plain", text[last:]))
    return tuple(_joined(spans))


def _span(found: re.Match[str]) -> Span:
    kind: Any = found.lastgroup
    text = found[kind]
    if kind == "escaped":
        return Span("plain", text)
    if kind == "cite":
        return Span("cite", text.replace("@", "").replace("; ", ","))
    return Span(kind, text if kind == "reference" else re.sub(r"\\(.)", r"\1", text))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """``spans`` without empty ones, those of plain text that stand side by side as one."""
    plain = ""
    for kind, text in [*spans, Span("cite", "")]:
        if kind == "plain":
            plain += text
            continue
        if plain:
            yield Span("plain", plain)
        plain = ""
        if text:
            yield Span(kind, text)


def plain(text: str) -> Inline:
    """``text`` as it is."""
    return (Span("plain", text),)
