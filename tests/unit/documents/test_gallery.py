"""The gallery shows the examples as they are. Tests that run an example compare its output."""

from __future__ import annotations

import ast
import json

import pytest

from tests.support.gallery import (
    COMMANDS,
    EXAMPLES,
    GALLERY,
    NOTEBOOK,
    PICTURES,
    notebook_page,
    shown,
    stored,
)
from tests.support.present import present

FILES = {"trainable": EXAMPLES / "trainable" / "mine.py"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_begins_with_the_first_sentence_of_the_example(name: str) -> None:
    code = FILES.get(name, EXAMPLES / f"{name}.py").read_text()
    says = present(ast.get_docstring(ast.parse(code)))
    page = (GALLERY / f"{name}.md").read_text()
    assert page.split("\n\n")[1] == says.split("\n\n")[0]
    assert stored(name)
    assert (f"({name}.png)" in page) == (name in PICTURES)


def test_the_page_of_the_notebook_is_what_the_notebook_stores() -> None:
    text, pictures = notebook_page(json.loads(NOTEBOOK.read_bytes()))
    assert (GALLERY / "results.md").read_text() == text
    assert {p.name: p.read_bytes() for p in GALLERY.glob("results-*.png")} == pictures
    assert len(pictures) == 3


def test_what_ray_says_is_left_out() -> None:
    box = "╭───╮\n│ a │\n├───┤\n╰───╯\n\nView detailed results here: /x\nTo visualize: y\n\n"
    expected = "hebo   loss 1\n\nbohb   loss 2\n\nend\n"
    assert shown(f"{box}hebo   loss 1  \n\n{box}bohb   loss 2\n\nend\n") == expected
