"""Links lead somewhere. Those to other sites are asked by `nox -s links` alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.support.documents import DOCS, REPOSITORY, SITE, blocks, documents, prose, site_pages

LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?\)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    words = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in words}


def broken(page: Path) -> Iterator[str]:
    """The links of ``page`` into the repository and the site that lead nowhere."""
    for link in LINK.findall(prose(page)):
        address, _, anchor = link.partition("#")
        target = place(page, address)
        if target is None:
            continue
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors(target)
        ):
            yield link
        elif DOCS in page.parents and not address.startswith("http") and DOCS not in target.parents:
            yield f"{link}: the site has pages of docs/ only; begin with {REPOSITORY}/blob/main/"


def place(page: Path, address: str) -> Path | None:
    """Where a link leads in the working tree; ``None`` for other sites."""
    if found := re.match(rf"{re.escape(REPOSITORY)}/(?:blob|tree|raw)/main/(.*)", address):
        return ROOT / found[1]
    if address.startswith(SITE) and not address.startswith(f"{SITE}evidence/"):
        path = address.removeprefix(SITE)
        return DOCS / re.sub(r"(^|/)$", r"\1index.html", path).replace(".html", ".md")
    if re.match(r"[a-z]+:", address):
        return None
    return page if not address else (page.parent / address).resolve()


@pytest.mark.parametrize("page", documents(), ids=name)
def test_links_into_the_repository_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_what_leads_nowhere_is_found(tmp_path: Path) -> None:
    (page := tmp_path / "page.md").write_text(
        f"# Title\n\n[a](b.md) [c](#title) [d](#titel) [e]({REPOSITORY}/blob/main/nowhere.py)\n"
        f"[f]({SITE}index.html) [g]({SITE}nowhere.html) [h](https://example.org)\n"
    )
    assert list(broken(page)) == [
        "b.md",
        "#titel",
        f"{REPOSITORY}/blob/main/nowhere.py",
        f"{SITE}nowhere.html",
    ]


@pytest.mark.parametrize("page", site_pages(), ids=name)
def test_a_page_begins_with_its_title_and_its_answer(page: Path) -> None:
    title, empty, answer, *_ = [*page.read_text().split("\n"), "", ""]
    assert title.startswith("# ")
    assert empty == ""
    assert re.match(r"[\w`*\[!]", answer) or answer.startswith("```"), answer


def test_every_page_of_the_site_is_in_a_list_of_contents() -> None:
    listed = set()
    for page in site_pages():
        for block in blocks(page):
            if block.language == "{toctree}":
                lines = [line for line in block.text.split("\n") if line and line[0] != ":"]
                listed |= {(page.parent / f"{line}.md").resolve() for line in lines}
    assert sorted(map(name, listed)) == sorted(map(name, {*site_pages()} - {DOCS / "index.md"}))


def test_every_example_is_in_the_gallery() -> None:
    text = (DOCS / "gallery" / "index.md").read_text()
    for example in (ROOT / "examples").iterdir():
        assert f"examples/{example.name}" in text
