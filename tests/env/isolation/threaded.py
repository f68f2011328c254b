# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""A file that starts a thread as it is imported, as some libraries do."""

from __future__ import annotations

import os
import random
import threading
import time

from hpobench.api import Config, Fidelity, Searcher, Space

threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()


class Threaded(Searcher):
    """Random search, with the number of its process in ``pid``."""

    name = "threaded"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self._space, self._rng = space, random.Random(seed)

    def ask(self, trial: int) -> Config:
        return {**self._space.sample(self._rng), "pid": os.getpid()}

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass
