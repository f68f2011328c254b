"""The paper as LaTeX source, for the class ``article``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hpobench.export.latex import escaped
from hpobench.paper.document import (
    BREAK,
    MINUS,
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

_SIGNS = {BREAK: r"\allowbreak{}", MINUS: "$-$", "\u00b1": r"$\pm$"}
"""Signs that pdfTeX's fonts lack."""


def latex(document: Document, tables: Mapping[str, Table], preamble: str, author: str) -> str:
    """The source of the paper, which needs ``figures/`` and ``references.bib`` beside it."""
    kinds = {one.name: "tab" if one.kind == "tables" else "fig" for one in _images(document)}
    writer = _Writer(kinds, tables)
    parts = [
        preamble.rstrip(),
        rf"\title{{{writer.inline(document.title)}}}",
        rf"\author{{{_plain(author)}}}",
        r"\date{}",
        r"\begin{document}",
        r"\maketitle",
        r"\begin{abstract}",
        *map(writer.block, document.abstract),
        r"\end{abstract}",
        *map(writer.block, document.body),
        r"\bibliographystyle{unsrtnat}",
        r"\bibliography{references}",
        r"\appendix\clearpage\floatshere",
        *map(writer.block, document.appendix),
        r"\end{document}",
    ]
    return "\n\n".join(parts) + "\n"


def _images(document: Document) -> list[Image]:
    return [block for block in document.blocks if isinstance(block, Image)]


class _Writer:
    """Writes blocks; ``kinds``: which labels are of figures and tables and not of sections."""

    def __init__(self, kinds: Mapping[str, str], tables: Mapping[str, Table]) -> None:
        self._kinds, self._tables = kinds, tables

    def block(self, block: Block) -> str:
        match block:
            case Heading():
                command = "section" if block.level == 1 else "subsection"
                label = rf"\label{{sec:{block.label}}}" if block.label else ""
                return rf"\{command}{{{self.inline(block.text)}}}{label}"
            case Paragraph():
                return self.inline(block.text)
            case Items():
                items = "\n".join(rf"\item {self.inline(item)}" for item in block.items)
                return f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
            case Image():
                return self._image(block)

    def inline(self, spans: Inline) -> str:
        return "".join(map(self._span, spans))

    def _span(self, span: Span) -> str:
        match span.kind:
            case "plain":
                return _plain(span.text)
            case "strong":
                return rf"\textbf{{{_plain(span.text)}}}"
            case "emphasis":
                return rf"\emph{{{_plain(span.text)}}}"
            case "code":
                return rf"\texttt{{{_plain(span.text)}}}"
            case "cite":
                return rf"\citep{{{span.text}}}"
            case "reference":
                kind = self._kinds.get(span.text, "sec")
                name = {"fig": "Figure", "tab": "Table", "sec": "Section"}[kind]
                return rf"{name}~\ref{{{kind}:{span.text}}}"

    def _image(self, image: Image) -> str:
        caption = rf"\caption{{{self.inline(image.caption)}}}\label{{"
        if image.kind == "figures":
            shown = rf"\includegraphics{{figures/{image.name}.pdf}}"
            lines = [r"\begin{figure}", r"\centering", shown]
            return "\n".join([*lines, rf"{caption}fig:{image.name}}}", r"\end{figure}"])
        lines = [r"\begin{table}", r"\centering\footnotesize", rf"{caption}tab:{image.name}}}"]
        return "\n".join([*lines, *self._tabular(self._tables[image.name]), r"\end{table}"])

    def _tabular(self, table: Table) -> Iterator[str]:
        columns = ["r" if i in table.numeric else "l" for i in range(1, len(table.head))]
        yield rf"\begin{{tabularx}}{{\linewidth}}{{L{''.join(columns)}}}"
        yield r"\toprule"
        yield " & ".join(map(_plain, table.head)) + r" \\"
        yield r"\midrule"
        for row in table.rows:
            yield from self._row(row)
        yield r"\bottomrule"
        yield r"\end{tabularx}"

    def _row(self, row: Row) -> Iterator[str]:
        cells = [self.inline(cell) for cell in row.cells]
        if row.strong:
            cells = [rf"{{\bfseries\boldmath {cell}}}" for cell in cells]
        # A bracket at the beginning would be an option of the line break before it.
        yield "{}" + " & ".join(cells) + r" \\"
        if row.note:
            yield rf"\multicolumn{{{len(cells)}}}{{@{{\quad}}p{{0.9\linewidth}}}}{{"
            yield rf"\emph{{{_plain(row.note)}}}}} \\"


def _plain(text: str) -> str:
    """``text``, whose blanks at both ends are kept, such that LaTeX prints it as it is."""
    before, after = (" " if text[i : i + 1].isspace() else "" for i in (0, len(text) - 1))
    made = escaped(printed(text))
    made = made.replace("--", "-{}-")  # two hyphens of an option would be a dash
    for sign, command in _SIGNS.items():
        made = made.replace(sign, command)
    return f"{before}{made}{after}" if made else before
