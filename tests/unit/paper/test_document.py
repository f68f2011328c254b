"""The text as blocks, and the two writers that set them."""

from __future__ import annotations

import pytest
from pylatexenc.latexwalker import LatexWalker

from hpobench.paper.as_latex import latex
from hpobench.paper.as_typst import typst
from hpobench.paper.document import (
    BREAK,
    MINUS,
    Heading,
    Image,
    Items,
    Paragraph,
    Row,
    Span,
    Table,
    escaped,
    inline,
    plain,
    printed,
    read,
)

TEXT = r"""# The title

The abstract,
on two lines.

## First {#first}

Some *new* and **bold** `code`, as [@one; @two] say in [#first] and [#table].

- one
  goes on
- two

![A *caption*
of two lines.](figures/curve)

![Another.](tables/table)

---

## More {#more}

### Below

The end.
"""
TABLE = Table(
    ("Name", "Value"),
    (Row((plain("[a] & b"), plain("-1")), strong=True), Row((plain("c"), plain("2")), note="why")),
    frozenset({1}),
)
DOCUMENT = read(TEXT)


def test_blocks() -> None:
    assert DOCUMENT.title == plain("The title")
    assert DOCUMENT.abstract == (Paragraph(plain("The abstract, on two lines.")),)
    heading, paragraph, items, figure, table = DOCUMENT.body
    assert heading == Heading(1, plain("First"), "first")
    assert isinstance(paragraph, Paragraph)
    expected = [*("emphasis", "strong", "code", "cite", "reference", "reference")]
    assert [span.kind for span in paragraph.text if span.kind != "plain"] == expected
    assert Span("cite", "one,two") in paragraph.text
    assert items == Items((plain("one goes on"), plain("two")))
    assert isinstance(figure, Image)
    assert (figure.kind, figure.name) == ("figures", "curve")
    assert figure.caption[1] == Span("emphasis", "caption")
    assert isinstance(table, Image)
    assert [type(block) for block in DOCUMENT.appendix] == [Heading, Heading, Paragraph]
    assert DOCUMENT.figures == ["curve"]


def test_a_text_without_a_title() -> None:
    with pytest.raises(ValueError, match="begins with '# TITLE'"):
        read("## A section\n")


@pytest.mark.parametrize(
    "value",
    ["a * b * c", "[@key]", "[#label]", "`x`", "back\\slash", "**no**", "a[b=1,c=2]", "# 1"],
)
def test_what_is_filled_in_is_shown_as_it_is(value: str) -> None:
    assert inline(escaped(value)) == plain(value)


def test_long_labels_may_break_and_a_minus_is_no_hyphen() -> None:
    due = [*("learning-curves[", "function=", "rastrigin,", "epochs=", "64]")]
    assert printed("learning-curves[function=rastrigin,epochs=64]").split(BREAK) == due
    assert printed("a[b=1,c=2]") == "a[b=1,c=2]"
    expected = f"{MINUS}0.5 [{MINUS}1, 2], seeds 0-4, bohb-1"
    assert printed("-0.5 [-1, 2], seeds 0-4, bohb-1") == expected


def test_typst() -> None:
    source = typst(DOCUMENT, {"table": TABLE}, "#let paper = 1", "A & B")
    assert "#show: paper.with(title: [The title], author: [A & B], [" in source
    assert "= First <first>" in source
    assert "#emph[new]" in source
    assert "#cite(<one>)#cite(<two>)" in source
    assert 'image("figures/curve.pdf", alt: "A caption of two lines.")' in source
    assert r"strong[\[a\] & b], strong[−1]," in source
    assert "table.cell(colspan: 2, note[why])," in source
    assert source.index("#bibliography") < source.index("#show: appendix") < source.index("= More")


def test_latex() -> None:
    source = latex(DOCUMENT, {"table": TABLE}, "\\documentclass{article}", "A & B")
    assert r"\author{A \& B}" in source
    assert r"\section{First}\label{sec:first}" in source
    assert r"as \citep{one,two} say in Section~\ref{sec:first} and Table~\ref{tab:table}." in source
    assert r"\includegraphics{figures/curve.pdf}" in source
    assert r"{}{\bfseries\boldmath [a] \& b} & {\bfseries\boldmath $-$1} \\" in source
    assert r"\emph{why}} \\" in source
    assert source.index(r"\bibliography{") < source.index(r"\appendix") < source.index("{More}")
    LatexWalker(source, tolerant_parsing=False).get_latex_nodes()  # all that is opened is closed


@pytest.mark.parametrize(
    "label", [r"\input{x}", "#eval(1)", "$x$", "a_b^c~d", "50%", "--quick", '"']
)
def test_labels_are_no_commands(label: str) -> None:
    document = read(f"# T\n\n{escaped(label)}\n\n## S\n\nx\n")
    made = latex(document, {}, "", "")
    LatexWalker(made, tolerant_parsing=False).get_latex_nodes()
    body = made[made.index("\\begin{abstract}") : made.index("\\end{abstract}")]
    assert "\\input{" not in body
    assert "--quick" not in body
    text = typst(document, {}, "", "")
    assert not any(bad in text for bad in ("[#eval", "\n#eval", "\n$x", "a_b"))
