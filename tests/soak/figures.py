"""The figures of a soak, a line of the table in docs/soak.md."""

from __future__ import annotations

import datetime
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests import ROOT
from tests.soak.killing import Tally

PAGE = ROOT / "docs" / "soak.md"
_RULE = "|---|---|---|---|---|---|---|---|\n"
_FAULTY = ("disk ", "store ")


def _commit() -> str:
    """That of the checkout; with a plus if files differ from it, but for the page of figures."""
    revision = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    return revision + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(ROOT), *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Figures:
    """What the rounds of a soak came to."""

    suites: int = 0
    cells: int = 0
    commit: str = field(default_factory=_commit)
    struck: Counter[str] = field(default_factory=Counter)
    differed: list[str] = field(default_factory=list)

    def add(self, name: str, seed: int, tally: Tally) -> None:
        self.suites += 1
        self.cells += tally.cells
        self.struck += tally.kills
        if tally.faults:
            self.differed.append(f"{name} {seed}")

    def line(self, seconds: float) -> str:
        """The row of the table."""
        faults = Counter({k: n for k, n in self.struck.items() if k.startswith(_FAULTY)})
        fields = (
            datetime.datetime.now(datetime.UTC).date(),
            self.commit,
            f"{seconds:,.0f}",
            self.suites,
            f"{self.cells:,}",
            _each(self.struck - faults),
            _each(faults),
            ", ".join(self.differed) or "nothing",
        )
        return f"| {' | '.join(map(str, fields))} |\n"


def record(line: str, page: Path = PAGE) -> None:
    """Put ``line`` first in the table of ``page``."""
    before, rule, after = page.read_text().partition(_RULE)
    page.write_text(before + rule + line + after)


def _each(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or "none"
