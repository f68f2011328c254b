"""The meanings of words, in tooltips."""

from __future__ import annotations

from markupsafe import Markup

from hpobench.reporting.html import TERMS, glossed
from tests import ROOT


def test_the_first_of_each_term_is_explained() -> None:
    text = glossed("Normalised regret of incumbents; normalised regret again.")
    assert text.count("<abbr") == 2
    assert f'data-meaning="{TERMS["normalised regret"]}">Normalised regret</abbr>' in text
    assert ">incumbents</abbr>" in text
    assert text.endswith("; normalised regret again.")


def test_what_users_write_stays_text() -> None:
    assert glossed("<b>seed</b>").startswith("&lt;b&gt;<abbr")
    assert "<b>" not in glossed("<b>seed</b>")
    assert glossed(Markup("<b>x</b>")) == "<b>x</b>"
    assert glossed("reseeding") == "reseeding"


def test_the_glossary_knows_each_term() -> None:
    known = (ROOT / "docs" / "glossary.md").read_text().lower()
    assert [term for term in TERMS if term not in known] == []
