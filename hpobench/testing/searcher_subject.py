"""The searcher that is checked; its runs are kept, because several checks read them."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from hpobench.api import NothingYet, Searcher, Space
from hpobench.contract.errors import HpobenchError
from hpobench.plugins.build import build_searcher
from hpobench.plugins.compatibility import trait
from hpobench.testing import driving
from hpobench.testing.driving import FIDELITY, SPACES
from hpobench.testing.plugin_check import Misbehaved, PluginSubject

MOST_TRIALS = 60
LEAST_TRIALS = 8
OBSERVATIONS = (10, 100, 1000)  # after which its thinking time is measured


@dataclass(frozen=True)
class SearcherSubject(PluginSubject):
    patience: float = 10.0  # seconds for which a run goes on asking
    given_trials: int | None = None  # of a run; ``None``: as many as there is patience for

    def claims(self, name: str) -> bool:
        return bool(trait(self.cls, name))

    @property
    def isolated(self) -> bool:
        return self.entry.script is not None

    @functools.cached_property
    def conditional(self) -> bool:
        """Whether it claims to understand conditions and does not refuse a conditional space."""
        if not self.claims("conditional"):
            return False
        try:
            build_searcher(self.ref, SPACES["conditional"], 0, FIDELITY).close()
        except HpobenchError:  # suites do not give it such problems
            return False
        except Exception:  # the checks report it
            return True
        return True

    @property
    def spaces(self) -> Mapping[str, Space]:
        """The spaces that it claims to understand."""
        return {n: s for n, s in SPACES.items() if self.conditional or not s.conditional}

    @contextlib.contextmanager
    def building(self, space: Space, seed: int) -> Iterator[Searcher]:
        """A searcher as a cell gets it, until the end of the block."""
        built = driving.call("__init__", build_searcher, self.ref, space, seed, FIDELITY)
        with contextlib.closing(built) as searcher:
            yield searcher

    def drive(self, space: Space, seed: int, fates: Sequence[str] = driving.FATES) -> str:
        """Its proposals as JSON, because True and 1 are equal in Python."""
        with self.building(space, seed) as searcher:
            return json.dumps(driving.drive(searcher, space, self.trials, fates))

    @functools.cached_property
    def trials(self) -> int:
        if self.given_trials is not None:
            return self.given_trials
        return max(sum(1 for _ in self._ask_and_tell(MOST_TRIALS)), LEAST_TRIALS)

    @functools.cached_property
    def histories(self) -> dict[str, str]:
        """Its proposals with seed 0, by the name of the space."""
        found = {}
        for name, space in self.spaces.items():
            with on_space(name):
                found[name] = self.drive(space, 0)
        return found

    def exercise(self) -> None:
        _ = self.histories

    @functools.cached_property
    def long_run(self) -> list[tuple[float, int | None]]:
        """The seconds of thinking and the memory afterwards, for every trial of one run."""
        last = OBSERVATIONS[-1] + 5
        every = last // 20
        return [
            (seconds, memory_of_processes() if trial % every == 0 else None)
            for trial, seconds in enumerate(self._ask_and_tell(last))
        ]

    def _ask_and_tell(self, trials: int) -> Iterator[float]:
        """The searcher's seconds for each trial, until patience is out."""
        space = SPACES["mixed"]
        with self.building(space, 0) as searcher, contextlib.suppress(NothingYet):
            loss_of = functools.partial(driving.loss_of, space)
            begin = started = perf_counter()
            for _ in driving.one_by_one(searcher, space, trials, loss_of):
                yield perf_counter() - started
                started = perf_counter()
                if started - begin > self.patience:
                    return


@contextlib.contextmanager
def on_space(space: str) -> Iterator[None]:
    """Let errors name the space on which they happened."""
    try:
        yield
    except Misbehaved as error:
        raise Misbehaved(f"on the {space} space: {error}") from error


def memory_of_processes() -> int | None:
    """Resident bytes of this process and its descendants; ``None`` where there is no ``/proc``."""
    if not Path("/proc/self/stat").exists():
        return None
    parents, pages = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
                # The name, in brackets, may hold anything; the other fields come after it.
                fields = stat.rpartition(")")[2].split()
                parents[int(folder.name)], pages[int(folder.name)] = int(fields[1]), int(fields[21])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(pages.get(pid, 0) for pid in ours) * os.sysconf("SC_PAGE_SIZE")
