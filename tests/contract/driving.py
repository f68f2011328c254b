"""A cell's worth of everything that may happen to a searcher."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from hpobench.api import Config, Exhausted, Fidelity, Searcher, Space
from hpobench.cell import Use
from hpobench.options import build_searcher, resolve
from hpobench.registry import Entry

FIDELITY = Fidelity("epoch", steps=9)
WORKERS = 4

OPTIONS: dict[str, dict[str, Any]] = {"optuna-gp": {"n_startup_trials": 3}}
"""Options that bring a searcher past its start within its trials here."""
TRIALS = {"optuna-gp": 10}
"""Trials of searchers that take a quarter of a second for each."""


def trials_of(entry: Entry) -> int:
    return TRIALS.get(entry.name, 60)


@contextlib.contextmanager
def building(entry: Entry, space: Space, seed: int) -> Iterator[Searcher]:
    """A searcher as a cell gets it, closed afterwards."""
    options, faults = resolve(entry.load(), OPTIONS.get(entry.name, {}))
    assert not faults
    use = Use("searcher", entry.name, entry.name, options, str(entry.file), entry.cls)
    with contextlib.closing(build_searcher(use, space, seed, FIDELITY)) as searcher:
        yield searcher


def loss_of(space: Space, config: Config) -> float:
    """A loss with a slope along every active parameter."""
    return sum((space[name].to_unit(value) - 0.3) ** 2 for name, value in config.items())


def drive(searcher: Searcher, space: Space, trials: int) -> list[Config]:
    """Ask for ``trials`` configurations, or all there are, each of them checked.

    Up to four trials run at once and end in any order: completed, with the loss of a diverged
    training, failed, dropped, or paused and continued from an older step.
    """
    events = Random("the same events for every searcher")
    proposed: list[Config] = []
    running: list[int] = []
    lasts: dict[int, int] = {}
    """The step that a fused searcher wants of a trial."""
    exhausted = False
    while running or (len(proposed) < trials and not exhausted):
        if len(running) < WORKERS and len(proposed) < trials and not exhausted:
            try:
                config = searcher.ask(len(proposed))
            except Exhausted:
                exhausted = True
                continue
            space.check(config)
            assert list(config) == [name for name in space.names if name in config]
            running.append(len(proposed))
            if searcher.fused:
                lasts[len(proposed)] = searcher.steps(len(proposed))
            proposed.append(config)
        else:
            trial = running.pop(events.randrange(len(running)))
            last = lasts.get(trial) or events.randint(1, FIDELITY.steps)
            _end(searcher, trial, last, loss_of(space, proposed[trial]), events)
    return proposed


def _end(searcher: Searcher, trial: int, steps: int, loss: float, events: Random) -> None:
    if events.random() < 0.5:
        for step in range(1, steps):
            searcher.tell(trial, step, loss + 1 / step, final=False)
    match events.choice(("completed", "completed", "diverged", "failed", "dropped", "paused")):
        case "completed":
            searcher.tell(trial, steps, loss, final=True)
        case "diverged":
            searcher.tell(trial, steps, 1e30, final=True)
        case "failed":
            searcher.failed(trial)
        case "dropped":
            searcher.dropped(trial)
        case "paused":
            searcher.paused(trial)
            searcher.resumed(trial)
            searcher.tell(trial, max(1, steps - 1), loss, final=False)
            searcher.tell(trial, steps, loss, final=True)


def propose_in_turn(searcher: Searcher, space: Space, trials: int) -> list[Config]:
    """Proposals with one trial at a time, each told its loss at once."""
    proposed = []
    for trial in range(trials):
        try:
            config = searcher.ask(trial)
        except Exhausted:
            break
        steps = searcher.steps(trial) if searcher.fused else FIDELITY.steps
        searcher.tell(trial, steps, math.sqrt(loss_of(space, config)), final=True)
        proposed.append(config)
    return proposed
