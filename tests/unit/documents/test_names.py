"""The package's name and its addresses are the same everywhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from tests import ROOT
from tests.support.documents import DOCS, REPOSITORY, SITE

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = CONFIG["project"]
SUFFIXES = {".cff", ".md", ".py", ".sh", ".toml", ".yaml", ".yml"}


def texts() -> Iterator[tuple[str, str]]:
    """The files that may say where the project is, with their contents."""
    folders = ("hpobench", "docs", "examples", "benchmarks", "results", "paper", ".github", "tests")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    for file in [*ROOT.glob("*"), *files]:
        if (file.suffix in SUFFIXES or file.name == "Dockerfile") and "_build" not in file.parts:
            yield file.relative_to(ROOT).as_posix(), file.read_text()


def others(pattern: str, right: str) -> list[tuple[str, str]]:
    """Where the texts have something like ``pattern`` whose first group is not ``right``."""
    return [
        (name, match[0])
        for name, text in texts()
        for match in re.finditer(pattern, text)
        if match[1] != right
    ]


def test_the_urls_of_the_project_are_those_of_the_tests() -> None:
    assert (PROJECT["urls"]["Repository"], PROJECT["urls"]["Homepage"]) == (REPOSITORY, SITE)


def test_every_mention_of_the_repository_agrees() -> None:
    right = REPOSITORY.removeprefix("https://github.com/")
    assert others(r"(?<![\w.-])github\.com[/:]([\w.-]+/hpobench)(?![\w-])", right) == []
    assert others(r"uses: ([\w.-]+/hpobench)(?![\w-])", right) == []


def test_every_mention_of_the_site_agrees() -> None:
    right = SITE.removeprefix("https://").removesuffix("/")
    assert others(r"(?<![\w.-])([\w-]+\.github\.io/hpobench)(?![\w-])", right) == []


def test_every_mention_of_the_package_agrees() -> None:
    assert others(r"pypi\.org/p(?:roject)?/(hpobench[\w-]*)", PROJECT["name"]) == []
    install = r"(?:pip|uv) install (?:-\w+ |--[\w-]+ )*['\"]?(hpobench[\w-]*)"
    assert others(install, PROJECT["name"]) == []


def test_the_picture_of_the_architecture_has_the_rooms_of_the_import_rule() -> None:
    contracts = CONFIG["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == ["hpobench"])
    picture = (DOCS / "architecture.svg").read_text()
    shown = re.findall(r'<text class="room[^>]*>([^<]*)<', picture)
    assert shown == [room.strip() for layer in layers for room in layer.split("|")]
