"""Runs the code blocks of a page, in their order and in the folder at hand.

    python -m tests.support.documents PAGE

A block of ``sh`` or ``python`` runs; the python blocks of a page share their names. A block that
names a file, such as ``yaml mine.yaml``, is written to it instead. Other blocks are only shown.
"""

from __future__ import annotations

import linecache
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT

DOCS = ROOT / "docs"
SITE = "https://hpobench.github.io/hpobench/"
REPOSITORY = "https://github.com/hpobench/hpobench"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)``` *$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    file: str
    """The file that its info string names, or nothing."""
    text: str
    line: int
    """Of the page, that of the fence."""


def documents() -> list[Path]:
    """Every page that people read: those of the site, and those of the repository."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *site_pages()])


def site_pages() -> list[Path]:
    return sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of ``page``, in their order."""
    text = page.read_text()
    return [_block(match, text) for match in _FENCE.finditer(text)]


def _block(match: re.Match[str], text: str) -> Block:
    language, _, file = match["info"].strip().partition(" ")
    if language.startswith("{"):  # a directive of the site, whose argument is no file to write
        file = ""
    indent = match["indent"]
    lines = (line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
    return Block(language, file.strip(), "".join(lines), text.count("\n", 0, match.start()) + 1)


def runnable(page: Path) -> list[Block]:
    """The blocks of ``page`` that do something: run, or become a file."""
    return [block for block in blocks(page) if block.file or block.language in ("sh", "python")]


def commands(page: Path) -> Iterator[str]:
    """The shell commands that ``page`` shows or runs, and those that its sentences quote."""
    for block in blocks(page):
        text = block.text.replace("\\\n", " ")
        if block.language == "console":
            yield from (line[2:] for line in text.splitlines() if line.startswith("$ "))
        elif block.language == "sh":
            yield from text.splitlines()
    quoted = re.findall(r"`(hpobench [^`]+)`", prose(page))
    yield from (" ".join(words.split()) for words in quoted)


def prose(page: Path) -> str:
    """The text of ``page`` without its blocks."""
    return _FENCE.sub("", page.read_text())


def run(page: Path) -> None:
    """Run the blocks of ``page`` in the working folder; the first that fails ends it."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main  # what a page defines is found again by those who unpickle it
    for block in runnable(page):
        name = f"{page.name}:{block.line}"
        print(f"--- {name}", flush=True)
        if block.file:
            assert Path(block.file).resolve().is_relative_to(Path.cwd()), block.file
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text)
        elif block.language == "sh":
            subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], check=True)
        else:
            lines = block.text.splitlines(keepends=True)
            linecache.cache[name] = (len(block.text), None, lines, name)  # for tracebacks
            exec(compile(block.text, name, "exec"), main.__dict__)


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve())
