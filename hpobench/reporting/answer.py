"""The answer of stored results: who leads, who is tied with it, who is behind.

``report/answer.json`` holds it with what the report was made of, and so tells whether a report is
up to date, and who leads without computing anything anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.contract.errors import StoreError
from hpobench.contract.files import is_regular, read_text, read_whole, write_whole
from hpobench.contract.package import VERSION
from hpobench.contract.wording import SAME, apart
from hpobench.store.format import index
from hpobench.store.write import provenance

Standing = Literal["leads", "tied", "behind", "unclear"]
"""Against the first. ``tied``: the interval of the difference includes zero, or there is no
difference. ``unclear``: seeds are too few to say."""

FILE, PAGE = "answer.json", "index.html"
_LONGEST = 2**24
"""Bytes of the longest file that is read."""


@dataclass(frozen=True)
class Ranked:
    """One algorithm's place. Numbers are normalised regrets at the end of the budget, 0 for the
    optimum and 1 for a median random configuration, with the ends of their intervals, which are
    ``None`` where a problem has a single seed."""

    algorithm: str
    searcher: str
    scheduler: str
    standing: Standing
    regret: float
    low: float | None
    high: float | None
    behind: float
    """The difference to the first."""
    behind_low: float | None
    behind_high: float | None
    failures: int
    """Runs that failed, and count as the clip value."""

    @property
    def name(self) -> str:
        """For sentences; the scheduler is left out where there is no other."""
        alone = self.algorithm == self.searcher
        return self.searcher if alone else f"{self.searcher} with {self.scheduler}"

    @property
    def is_baseline(self) -> bool:
        return (self.searcher, self.scheduler) == (SEARCHER, SCHEDULER)


@dataclass(frozen=True)
class RandomSearch:
    """How many times the budget of the first random search needs to come as far."""

    tolerance: float
    """The normalised regret up to which both are timed."""
    times: float
    """The geometric mean over problems of the ratio of expected running times."""
    low: float | None
    high: float | None
    exact: bool
    """Whether both reached it on every problem; else a bound stands for some ratio."""


@dataclass(frozen=True)
class Compared:
    """One fair comparison."""

    title: str
    scope: str
    """How many problems and seeds it is about, in words."""
    seeds: int
    """The most that any algorithm has on a problem."""
    seeds_needed: int | None
    """From how many seeds on something could be called clear; ``None`` where they are enough."""
    ranked: tuple[Ranked, ...]
    """Two or more; the first has the lowest mean regret."""
    random: RandomSearch | None
    """``None`` without random search, or where it leads or hardly any run comes that far."""

    @property
    def equal(self) -> tuple[Ranked, ...]:
        """Those that share the lowest regret; empty where the first is alone with it."""
        lowest = tuple(one for one in self.ranked if one.behind <= SAME)
        return lowest if len(lowest) > 1 else ()

    @property
    def regrets(self) -> list[str]:
        """In words, with so many digits that only equal ones look alike."""
        return apart([one.regret for one in self.ranked])


@dataclass(frozen=True)
class Answer:
    """What a user wants to know of results."""

    suite: str
    compared: tuple[Compared, ...]
    """The one of most runs first: where some algorithms cannot run everywhere, there is one about
    all problems and one about all algorithms."""
    reason: str | None
    """Why nothing can be compared, or ``None``."""


def made_of(folder: Path) -> str:
    """A digest of what a report of the results in ``folder`` depends on: which cells there are and
    how each ended, the plan, the decision, and the version of hpobench."""
    # A checkout has the version of its last release, so its commit counts too.
    found = hashlib.sha256(f"{VERSION} {provenance.commit()}".encode())
    for name in index.names(folder):
        if is_regular(path := folder / name):
            found.update(f"\n{name} ".encode() + hashlib.sha256(read_whole(path)).digest())
    return found.hexdigest()


def write_answer(report: Path, answer: Answer, made_of: str | None) -> None:
    """Write ``answer`` into the folder ``report``; ``made_of`` is ``None`` for a report that is not
    complete by itself."""
    content = {"made_of": made_of, "answer": dataclasses.asdict(answer)}
    text = json.dumps(content, indent=1, allow_nan=False)
    # Not flushed, like all files of a report: it can be made anew.
    write_whole(report / FILE, f"{text}\n".encode(), flush=False)


def read_answer(report: Path) -> tuple[str | None, Answer]:
    """What the report in the folder ``report`` was made of, and its answer.

    Raises :class:`StoreError` if there is none that can be read.
    """
    from pydantic import TypeAdapter

    path = report / FILE
    try:
        content = json.loads(read_text(path, limit=_LONGEST))
        answer = TypeAdapter(Answer).validate_python(content["answer"])
        return content["made_of"], answer
    # Thousands of brackets in a row end in a RecursionError.
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path}: no readable answer ({error}); `hpobench report` writes it anew"
        ) from error


def up_to_date(folder: Path) -> Answer | None:
    """The answer of the report of the results in ``folder``; ``None`` unless there is a report that
    was made of these very results by this version."""
    report = folder / "report"
    if not (is_regular(report / PAGE) and is_regular(report / FILE)):
        return None
    try:
        key, answer = read_answer(report)
    except StoreError:
        return None  # the report is made anew
    return answer if key == made_of(folder) else None
