"""Suites whose text is mutated byte by byte and line by line, given to ``plan``."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests import ROOT
from tests.fuzz.frame import Command


class Plans:
    """Real suites with bytes changed and lines removed, doubled or exchanged."""

    name = "plans"

    def prepare(self, folder: Path) -> None:
        for path in sorted((ROOT / "problems" / "suites").glob("*.yaml")):
            (folder / path.name).write_bytes(path.read_bytes())
        for path in sorted((ROOT / "paper" / "suites").glob("*.yaml")):
            (folder / path.name).write_bytes(path.read_bytes())

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        text = rng.choice(sorted(origin.glob("*.yaml"))).read_bytes()
        for _ in range(rng.randint(1, 4)):
            text = rng.choice((_byte, _lines))(rng, text)
        (folder / "suite.yaml").write_bytes(text)
        return [["plan", "suite.yaml"]]


def _byte(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text) + 1)
    return (
        text[:at]
        + bytes([rng.choice((rng.randrange(256), *b":-[]{}!&*\t\n\"'0"))])
        + text[at + 1 :]
    )


def _lines(rng: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.choice(("remove", "double", "exchange"))
    if change == "remove":
        del lines[at]
    elif change == "double":
        lines.insert(other, lines[at])
    else:
        lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)
