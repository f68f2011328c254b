"""The documentation as a site: it builds without a warning, has all public names, and asks nothing
of a network."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

from tests import ROOT
from tests.support.documents import site_pages

PUBLIC = ("hpobench", "hpobench.api", "hpobench.kit", "hpobench.testing")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `nox -s docs` builds it, on a machine without a network."""
    out = tmp_path_factory.mktemp("site")
    command = ("-m", "sphinx", "--fail-on-warning", "--keep-going", "--builder", "html")
    done = subprocess.run(
        [sys.executable, *command, "--doctree-dir", out / "trees", "docs", out / "html"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "https_proxy": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, "\n".join(re.findall(r".*(?:WARNING|ERROR).*", done.stdout))
    return out / "html"


def test_every_page_is_there(site: Path) -> None:
    for page in site_pages():
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").exists()


def test_the_reference_has_the_public_names_and_no_others(site: Path) -> None:
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, place: f"{base}{place}")
    names = {name for kind in inventory if kind.startswith("py:") for name in inventory[kind]}
    homes = [present(name) for name in names if name.count(".") <= 2]
    for module in PUBLIC:
        for name in importlib.import_module(module).__all__:
            public = present(f"{module}.{name}")
            assert f"{module}.{name}" in names or any(public is one for one in homes), name
    assert {name for name in names if re.search(r"\._(?!_)", name)} == set()


def present(name: str) -> object:
    """The object of a documented name, such as `hpobench.api.Space`; `None` for a member of one."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ImportError:
        return None


def test_pages_ask_nothing_of_a_network(site: Path) -> None:
    pages = [page.read_text() for page in site.rglob("*.html")]
    assert len(pages) > len(site_pages())
    asked = r"<(?:script|img|iframe|link(?! rel=\"(?:canonical|next|prev|index|search)\"))\b[^>]*?"
    for page in pages:
        assert re.findall(asked + r"(?:src|href)=\"(?:https?:)?//[^\"]*", page) == []
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(['\"]?|@import ['\"])https?:", style.read_text())


def test_the_search_finds_pages_without_a_server(site: Path) -> None:
    """The index is a script, which browsers load from a disk, too."""
    assert 'src="searchindex.js"' in (site / "search.html").read_text()
    index = (site / "searchindex.js").read_text()
    assert index.startswith("Search.setIndex(")
    assert '"hyperband"' in index.lower() or "hyperband:" in index.lower()
