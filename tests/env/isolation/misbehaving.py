# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""Searchers in an environment of their own, each with one bad habit."""

from __future__ import annotations

import ctypes
import os
import random
import sys

from hpobench.api import Config, Exhausted, Fidelity, NothingYet, Searcher, Space
from hpobench.contract.errors import UsageError

RUNS: list[int] = []
"""What a run leaves behind in the process."""


class Tame(Searcher):
    """Random search."""

    name = "tame"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        RUNS.append(seed)
        self._space, self._rng = space, random.Random(seed)

    def ask(self, trial: int) -> Config:
        if trial == 2:
            self.misbehave()
        return self._space.sample(self._rng)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass

    def misbehave(self) -> None:
        pass


class Segfaults(Tame):
    """Crashes in native code."""

    name = "segfaults"

    def misbehave(self) -> None:
        ctypes.string_at(0)


class Hangs(Tame):
    """Never answers, and cannot be interrupted from Python."""

    name = "hangs"
    call_timeout = 1.0

    def misbehave(self) -> None:
        # PyDLL holds on to the interpreter's lock meanwhile.
        ctypes.PyDLL(None).sleep(1000)


class Prints(Tame):
    """Writes to standard output by every way there is, and reads standard input."""

    name = "prints"

    def ask(self, trial: int) -> Config:
        print('{"config": {}}')
        os.write(1, b"no JSON\n")
        ctypes.CDLL(None).system(b"echo from a shell")
        assert sys.stdin.read() == ""
        return super().ask(trial)


class Floods(Tame):
    """Writes more to standard error than any pipe holds, then fails."""

    name = "floods"

    def misbehave(self) -> None:
        for number in range(20_000):
            print(f"warning {number}", file=sys.stderr)
        raise RuntimeError("enough")


class Leaks(Tame):
    """Takes all the memory it can get."""

    name = "leaks"

    def misbehave(self) -> None:
        kept = []
        while True:
            kept.append(bytearray(1 << 28))


class Exits(Tame):
    """Calls ``sys.exit``."""

    name = "exits"

    def misbehave(self) -> None:
        sys.exit(0)


class Vanishes(Tame):
    """Ends its process."""

    name = "vanishes"

    def misbehave(self) -> None:
        os._exit(0)


class Raises(Tame):
    """Raises."""

    name = "raises"

    def misbehave(self) -> None:
        raise KeyError("nothing here")


class Refuses(Tame):
    """Refuses its options."""

    name = "refuses"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, size: int = 0) -> None:
        raise UsageError(f"refuses: size must not be {size}")


class Strange(Tame):
    """Proposes what is no JSON."""

    name = "strange"

    def ask(self, trial: int) -> Config:
        return {"x": {1, 2}}  # type: ignore[dict-item]


class Waits(Tame):
    """Wants to see the first loss before it goes on, and stops after the third trial."""

    name = "waits"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        super().__init__(space, seed=seed, fidelity=fidelity)
        self._seen = False

    def ask(self, trial: int) -> Config:
        if trial == 3:
            raise Exhausted("three are enough")
        if trial and not self._seen:
            raise NothingYet
        return super().ask(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self._seen = True


class Babbles(Tame):
    """Proposes more than anybody can want."""

    name = "babbles"

    def ask(self, trial: int) -> Config:
        return {"x": "x" * (1 << 25)}


class Tells(Tame):
    """Proposes nothing real, but tells of where it runs in its errors."""

    name = "tells"

    def ask(self, trial: int) -> Config:
        told = {
            "runs": RUNS,
            "hash": hash("text"),
            "threads": os.environ["OMP_NUM_THREADS"],
            "libraries": sorted({"numpy", "ray", "pandas", "pydantic"} & set(sys.modules)),
            "importable": _importable("pydantic"),
            "random": random.random(),
            "pid": os.getpid(),
            "folder": str(self.suite_folder),
        }
        raise UsageError(repr(told))


def _importable(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True
