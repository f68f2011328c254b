"""The paper as typst source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hpobench.paper.document import (
    Block,
    Document,
    Heading,
    Image,
    Inline,
    Items,
    Paragraph,
    Row,
    Span,
    Table,
    printed,
)

_SPECIAL = re.compile(r"[\\#$*_`<>@\[\]~]|/(?=[/*])|-(?=[-?])|(?<=-)-|^[=+-]|^\d+(?=\.)")


def typst(document: Document, tables: Mapping[str, Table], preamble: str, author: str) -> str:
    """The source of the paper, which needs ``figures/`` and ``references.bib`` beside it."""
    parts = [
        preamble.rstrip(),
        f"#show: paper.with(title: [{_inline(document.title)}], author: [{_escaped(author)}], [",
        *(_block(block, tables) for block in document.abstract),
        "])",
        *(_block(block, tables) for block in document.body),
        '#bibliography("references.bib", style: "ieee", title: "References")',
        "#show: appendix",
        *(_block(block, tables) for block in document.appendix),
    ]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, tables: Mapping[str, Table]) -> str:
    match block:
        case Heading():
            label = f" <{block.label}>" if block.label else ""
            return f"{'=' * block.level} {_inline(block.text)}{label}"
        case Paragraph():
            return _inline(block.text)
        case Items():
            return "\n".join(f"- {_inline(item)}" for item in block.items)
        case Image():
            shown = _picture(block) if block.kind == "figures" else _table(tables[block.name])
            kind = "image" if block.kind == "figures" else "table"
            caption = _inline(block.caption)
            return f"#figure(\n{shown},\nkind: {kind}, caption: [{caption}],\n) <{block.name}>"


def _picture(image: Image) -> str:
    return f'image("figures/{image.name}.pdf", alt: "{_quoted(image.caption)}")'


def _table(table: Table) -> str:
    aligned = ", ".join("right" if i in table.numeric else "left" for i in range(len(table.head)))
    head = ", ".join(f"[{_escaped(name)}]" for name in table.head)
    body = "\n".join(line for row in table.rows for line in _row(row))
    return f"rules({len(table.head)}, ({aligned},), ({head},), (\n{body}\n))"


def _row(row: Row) -> Iterator[str]:
    cells = [f"[{_inline(cell)}]" for cell in row.cells]
    yield ", ".join(f"strong{cell}" if row.strong else cell for cell in cells) + ","
    if row.note:
        yield f"table.cell(colspan: {len(row.cells)}, note[{_escaped(row.note)}]),"


def _inline(spans: Inline) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    text = _escaped(span.text)
    match span.kind:
        case "plain":
            return text
        case "strong":
            return f"#strong[{text}]"
        case "emphasis":
            return f"#emph[{text}]"
        case "code":
            return f"#raw({_literal(span.text)})"
        case "cite":
            return "".join(f"#cite(<{key}>)" for key in span.text.split(","))
        case "reference":
            return f"#ref(<{span.text}>)"


def _escaped(text: str) -> str:
    """``text`` such that typst shows it as it is."""
    return _SPECIAL.sub(r"\\\g<0>", printed(text))


def _quoted(spans: Inline) -> str:
    text = "".join(span.text for span in spans if span.kind not in ("cite", "reference"))
    return _literal(text)[1:-1]


def _literal(text: str) -> str:
    """``text`` as a string of typst's."""
    slashed = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{slashed}"'
