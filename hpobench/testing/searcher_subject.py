"""A searcher as checks look at it: driven, timed, remembered."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter

from hpobench.contract.algorithms import Exhausted, NothingYet, Searcher
from hpobench.contract.errors import HpobenchError
from hpobench.contract.space import Space
from hpobench.plugins.build import build_searcher
from hpobench.plugins.compatibility import trait
from hpobench.testing.driving import FATES, FIDELITY, ask, call, drive, loss_of, steps_of, tell
from hpobench.testing.memory import memory_of_processes
from hpobench.testing.spaces import SPACES
from hpobench.testing.subject import Subject
from hpobench.testing.verdict import Misbehaved

MOST_TRIALS = 60
LEAST_TRIALS = 8
OBSERVATIONS = (10, 100, 1000)
"""After which thinking is timed."""


@dataclass(frozen=True)
class SearcherSubject(Subject):
    patience: float = 10.0
    """Seconds for which a run may go on asking."""
    given_trials: int | None = None
    """Trials of a run; ``None``: as many as there is patience for."""

    def claims(self, name: str) -> bool:
        return bool(trait(self.cls, name))

    @property
    def isolated(self) -> bool:
        return self.entry.script is not None

    @functools.cached_property
    def conditional(self) -> bool:
        """Whether it claims to understand conditions, and does not refuse such a space clearly:
        suites spare it such problems then."""
        if not self.claims("conditional"):
            return False
        try:
            build_searcher(self.ref, SPACES["conditional"], 0, FIDELITY).close()
        except HpobenchError:
            return False
        except Exception:  # checks tell
            return True
        return True

    @property
    def spaces(self) -> Mapping[str, Space]:
        """Those that it claims to understand."""
        return {n: s for n, s in SPACES.items() if self.conditional or not s.conditional}

    @contextlib.contextmanager
    def building(self, space: Space, seed: int) -> Iterator[Searcher]:
        """A searcher as a cell gets it, closed afterwards."""
        built = call("__init__", build_searcher, self.ref, space, seed, FIDELITY)
        with contextlib.closing(built) as searcher:
            yield searcher

    def drive(self, space: Space, seed: int, fates: Sequence[str] = FATES) -> str:
        """Proposals as JSON, for True and 1 are equal in Python."""
        with self.building(space, seed) as searcher:
            return json.dumps(drive(searcher, space, self.trials, fates))

    @functools.cached_property
    def trials(self) -> int:
        if self.given_trials is not None:
            return self.given_trials
        done = sum(1 for _ in self._ask_and_tell(MOST_TRIALS))
        return done if done >= LEAST_TRIALS else LEAST_TRIALS

    @functools.cached_property
    def histories(self) -> dict[str, str]:
        """With seed 0, by the name of the space."""
        return {name: told_of(name, self.drive, space, 0) for name, space in self.spaces.items()}

    @functools.cached_property
    def long_run(self) -> list[tuple[float, int | None]]:
        """Of every trial, told at once, the seconds of thinking and the memory afterwards."""
        last = OBSERVATIONS[-1] + 5
        every = last // 20
        return [
            (seconds, memory_of_processes() if trial % every == 0 else None)
            for trial, seconds in enumerate(self._ask_and_tell(last))
        ]

    def _ask_and_tell(self, trials: int) -> Iterator[float]:
        """The seconds that each trial took the searcher, until patience is out."""
        space = SPACES["mixed"]
        with self.building(space, 0) as searcher:
            begin = monotonic()
            for trial in range(trials):
                if monotonic() - begin > self.patience:
                    return
                started = perf_counter()
                try:
                    config = ask(searcher, space, trial)
                except (Exhausted, NothingYet):
                    return
                steps = steps_of(searcher, trial) if searcher.schedules_itself else FIDELITY.steps
                tell(searcher, trial, steps, loss_of(space, config), final=True)
                yield perf_counter() - started


def told_of(space: str, function: Callable[..., str], *args: object) -> str:
    """What ``function`` returns; says in which space it went wrong."""
    try:
        return function(*args)
    except Misbehaved as error:
        raise Misbehaved(f"on the {space} space: {error}") from error
