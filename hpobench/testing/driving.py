"""The searcher that is checked: its spaces, and everything that may happen to it in a cell."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, TypeVar

from hpobench.api import Config, Exhausted, Fidelity, NothingYet, Searcher
from hpobench.contract.errors import HpobenchError, SpaceError
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, When
from hpobench.contract.space import Space
from hpobench.plugins.building import build_searcher
from hpobench.plugins.compatibility import trait
from hpobench.testing.plugin_check import Misbehaved, PluginSubject

MOST_TRIALS, LEAST_TRIALS = 60, 8
OBSERVATIONS = (10, 100, 1000)  # after which a searcher's thinking time is measured
T = TypeVar("T")

SPACES = {
    "continuous": Space([Float("x", -5, 10), Float("rate", 1e-6, 1e-1, log=True)]),
    "mixed": Space(
        [
            Float("x", -5, 10),
            Int("layers", 1, 4),
            Int("width", 1, 1024, log=True),
            Ordinal("batch", (8, 32, 128)),
            # True and 1 are equal in Python but not the same choice.
            Categorical("kind", ("a", "b", True, 1)),
        ]
    ),
    "conditional": Space(
        [
            Categorical("model", ("tree", "net")),
            Int("depth", 1, 9, when=When("model", ("tree",))),
            Categorical("optimizer", ("sgd", "adam"), when=When("model", ("net",))),
            Float("momentum", 0.0, 0.99, when=When("optimizer", ("sgd",))),
            Float("rate", 1e-5, 1.0, log=True),
        ]
    ),
    "categorical": Space(
        [
            Categorical("a", ("p", "q", "r", "s")),
            Categorical("b", (True, False)),
            Categorical("c", (0.1, 0.2)),
        ]
    ),
}
FIDELITY = Fidelity("epoch", steps=9)
FATES = ("completed", "completed", "diverged", "failed", "dropped", "paused")
"""How trials may end; one that stands here twice is twice as likely."""


def loss_of(space: Space, config: Config) -> float:
    """A loss with a slope along every active parameter."""
    return sum((space[name].to_unit(value) - 0.3) ** 2 for name, value in config.items())


def drive(
    searcher: Searcher,
    space: Space,
    trials: int,
    fates: Sequence[str] = FATES,
    given: Sequence[Config] = (),
) -> list[Config]:
    """Ask for ``trials`` configurations, or all there are, each of them checked.

    Up to four trials run at once. They end in any order, each by one of ``fates``: completed, with
    the loss of a diverged training, failed, dropped, or paused and continued from an older step.
    The searcher adopts the configurations ``given`` for the first trials.
    Fewer ``trials`` give the beginning of the same history.

    Raises :class:`Misbehaved` with the call that went wrong.
    """
    events = Random("the same events for every searcher")
    proposed: list[Config] = []
    running: list[int] = []
    lasts: dict[int, int] = {}  # the last step of each trial, where the searcher schedules itself
    waits = exhausted = False
    while running or (len(proposed) < trials and not exhausted):
        wanted = len(proposed) < trials and not exhausted
        if len(running) < 4 and wanted and not waits:
            number = len(proposed)
            try:
                if number < len(given):
                    proposed.append(adopt(searcher, number, given[number]))
                else:
                    proposed.append(ask(searcher, space, number))
            except Exhausted:
                exhausted = True
                continue
            except NothingYet:
                if not running:
                    text = f"ask({number}) waits for results, and no trial runs"
                    raise Misbehaved(text) from None
                waits = True
                continue
            running.append(number)
            if searcher.schedules_itself:
                lasts[number] = steps_of(searcher, number)
        else:
            trial = running.pop(events.randrange(len(running)))
            last = lasts.get(trial) or events.randint(1, FIDELITY.steps)
            talk = events.random() < 0.5
            fate = events.choice(fates)
            _end(searcher, trial, last, loss_of(space, proposed[trial]), fate, talk=talk)
            waits = False
    return proposed


def ask(searcher: Searcher, space: Space, trial: int) -> Config:
    """A proposal of the searcher, which is valid, complete and in the space's order."""
    config = call(f"ask({trial})", searcher.ask, trial)
    if not isinstance(config, dict):
        raise Misbehaved(f"ask({trial}) returned {config!r:.200}, not a configuration")
    try:
        space.check(config)
    except SpaceError as error:
        raise Misbehaved(f"ask({trial}) returned {config!r:.200}: {error}") from None
    if list(config) != (order := [name for name in space.names if name in config]):
        raise Misbehaved(
            f"ask({trial}) returned {', '.join(config)}; the space's order is {', '.join(order)}: "
            "build it with space.build(values)"
        )
    for name, value in config.items():
        if type(value) not in (int, float, str, bool):
            raise Misbehaved(
                f"ask({trial}) returned {name} as {type(value).__name__}; make it plain Python's"
            )
    return config


def adopt(searcher: Searcher, trial: int, config: Config) -> Config:
    """``config``, once the searcher has adopted it; raises :class:`Misbehaved` if it does not."""
    answer: object = call(f"adopt({trial}, {config})", searcher.adopt, trial, dict(config))
    if answer is not True:
        raise Misbehaved(f"adopt({trial}, {config}) returned {answer!r}, after True for others")
    return config


def steps_of(searcher: Searcher, trial: int) -> int:
    """The steps that the searcher wants of a trial: all, unless it schedules itself."""
    if not searcher.schedules_itself:
        return FIDELITY.steps
    steps: object = call(f"steps({trial})", searcher.steps, trial)
    if not isinstance(steps, int) or not 1 <= steps <= FIDELITY.steps:
        raise Misbehaved(f"steps({trial}) returned {steps!r}, not 1 to {FIDELITY.steps}")
    return steps


def tell(searcher: Searcher, trial: int, step: int, loss: float, *, final: bool) -> None:
    _charge(searcher, trial, step)
    what = f"tell({trial}, step {step}, loss {loss:.6g}, final={final})"
    call(what, searcher.tell, trial, step, loss, final=final)


def call(what: str, method: Callable[..., T], *args: Any, **keywords: Any) -> T:
    """The result of ``method``; raises :class:`Misbehaved` if it raises what it must not."""
    try:
        return method(*args, **keywords)
    except (Exhausted, NothingYet):
        raise
    except (Exception, SystemExit) as error:
        raise Misbehaved(f"{what} raised {type(error).__name__}: {error}") from error


def one_by_one(
    searcher: Searcher, space: Space, trials: int, loss: Callable[[Config], float | None]
) -> Iterator[Config]:
    """Up to ``trials`` proposals. The searcher learns each ``loss`` at once; ``None``: it fails."""
    for trial in range(trials):
        try:
            config = ask(searcher, space, trial)
        except Exhausted:
            return
        steps = steps_of(searcher, trial)
        if (value := loss(config)) is None:
            call(f"failed({trial})", searcher.failed, trial)
        else:
            tell(searcher, trial, steps, value, final=True)
        yield config


def propose_in_turn(searcher: Searcher, space: Space, trials: int) -> list[Config]:
    """Proposals with one trial at a time."""
    return list(
        one_by_one(searcher, space, trials, lambda config: math.sqrt(loss_of(space, config)))
    )


def _end(searcher: Searcher, trial: int, steps: int, loss: float, fate: str, *, talk: bool) -> None:
    """End a trial by ``fate``; with ``talk`` the searcher learns of every step before the last."""
    if talk:
        for step in range(1, steps):
            tell(searcher, trial, step, loss + 1 / step, final=False)
    if fate in ("failed", "dropped"):
        _charge(searcher, trial, steps)
        call(f"{fate}({trial})", getattr(searcher, fate), trial)
        return
    if fate == "paused":
        call(f"paused({trial})", searcher.paused, trial)
        call(f"resumed({trial})", searcher.resumed, trial)
        tell(searcher, trial, max(1, steps - 1), loss, final=False)
    # 1e30 is the loss of a training that got out of hand.
    tell(searcher, trial, steps, 1e30 if fate == "diverged" else loss, final=True)


def _charge(searcher: Searcher, trial: int, step: int) -> None:
    if searcher.cost_aware:
        call(f"charged({trial}, {step} s)", searcher.charged, trial, float(step))


@dataclass(frozen=True)
class SearcherSubject(PluginSubject):
    patience: float = 10.0  # seconds for which a run goes on asking
    given_trials: int | None = None  # of a run; ``None``: as many as there is patience for

    def claims(self, name: str) -> bool:
        return bool(trait(self.cls, name))

    @functools.cached_property
    def conditional(self) -> bool:
        """Whether it claims to understand conditions and does not refuse a conditional space."""
        if not self.claims("conditional"):
            return False
        try:
            build_searcher(self.ref, SPACES["conditional"], 0, FIDELITY).close()
        except Exception as error:  # suites do not give it such problems; others the checks report
            return not isinstance(error, HpobenchError)
        return True

    @property
    def spaces(self) -> Mapping[str, Space]:
        """The spaces that it claims to understand."""
        return {n: s for n, s in SPACES.items() if self.conditional or not s.conditional}

    @contextlib.contextmanager
    def building(self, space: Space, seed: int) -> Iterator[Searcher]:
        """A searcher as a cell gets it, until the end of the block."""
        built = call("__init__", build_searcher, self.ref, space, seed, FIDELITY)
        with contextlib.closing(built) as searcher:
            yield searcher

    def drive(self, space: Space, seed: int, fates: Sequence[str] = FATES) -> str:
        """Its proposals as JSON, because True and 1 are equal in Python."""
        with self.building(space, seed) as searcher:
            return json.dumps(drive(searcher, space, self.trials, fates))

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
            loss = functools.partial(loss_of, space)
            begin = started = perf_counter()
            for _ in one_by_one(searcher, space, trials, loss):
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
