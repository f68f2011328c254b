"""What Ray's schedulers and ours answer to the same history."""

from __future__ import annotations

import itertools
import warnings
from random import Random

import numpy as np

from hpobench.running.ray.fast import equal
from tests.scheduler_histories.player import Player, Record
from tests.scheduler_histories.schedulers import BUILD, TURNS


def record(name: str, seed: int, *, ours: bool) -> Record:
    """What one history was answered, by a scheduler of ours or of Ray's."""
    rng = Random(f"{name} {seed}")
    mode = rng.choice(["min", "max"])
    scheduler = BUILD[name](rng)
    if ours:
        scheduler = equal(scheduler)
    assert scheduler.set_search_properties("loss", mode)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the generator of Ray's ASHA
    return Player(scheduler, rng).play(rng.randint(10, 60))


def difference(histories: int, first: int = 0) -> str | None:
    """A message on the first of so many histories whose records differ, if one does."""
    seeds = range(first, first + histories)
    state = np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's on infinite numbers
            played = zip(itertools.cycle(TURNS), seeds, strict=False)
            return next(filter(None, itertools.starmap(_difference, played)), None)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _difference(name: str, seed: int) -> str | None:
    theirs, ours = (record(name, seed, ours=flag) for flag in (False, True))
    if theirs == ours:
        return None
    pairs = itertools.zip_longest(theirs, ours)
    at, (due, got) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
    return f"{name}, seed {seed}, entry {at}: Ray {due}, ours {got}"
