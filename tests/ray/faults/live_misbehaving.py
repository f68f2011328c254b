"""Trials that go wrong in every way, and a searcher that asks for each of them."""

from __future__ import annotations

import ctypes
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from hpobench.api import (
    Categorical,
    Config,
    Exhausted,
    Fidelity,
    Searcher,
    Space,
    TrainedProblem,
    Training,
)


class _Abort(BaseException):
    """Not an ``Exception``: what a framework may use to unwind."""


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def _raise(error: BaseException) -> Any:
    raise error


def _print() -> dict[str, float]:
    print("to standard output")
    print("to standard error", file=sys.stderr)
    os.write(1, b"past Python\n")
    subprocess.run(["echo", "from a child"], check=True)
    return {"loss": 0.5}


HOW: dict[str, Callable[[], Any]] = {
    "fine": lambda: {"loss": 0.5},
    "raise": lambda: _raise(ValueError("no such learning rate")),
    "abort": lambda: _raise(_Abort("unwound")),
    "interrupt": lambda: _raise(KeyboardInterrupt()),
    "unspeakable": lambda: _raise(_Unspeakable()),
    "nan": lambda: {"loss": math.nan},
    "inf": lambda: {"loss": math.inf},
    "nothing": lambda: None,
    "words": lambda: {"loss": "low"},
    "sys-exit": lambda: sys.exit("had enough"),
    "os-exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "print": _print,
    "sleep": lambda: time.sleep(600),
    "swallow": lambda: _swallow(),
    "regex": lambda: re.match(r"(a+)+$", 60 * "a" + "b"),
    "native": lambda: sum(range(10**11)),  # never gives Python's lock away
    "save": lambda: {"loss": 0.5},
}


def _swallow() -> None:
    """A hang that takes every exception for its own."""
    while True:
        try:
            time.sleep(600)
        except BaseException:
            continue


class Misbehaving(TrainedProblem):
    """Does what its configuration says, at its second step."""

    name = "misbehaving"
    space = Space([Categorical("how", tuple(HOW))])
    fidelity = Fidelity("step", 3)

    def start(self, config: Config, seed: int) -> Training:
        return _Training(str(config["how"]))


class _Training(Training):
    def __init__(self, how: str) -> None:
        self._how, self._step = how, 0

    def step(self) -> Mapping[str, float]:
        self._step += 1
        if self._how != "os-exit":
            time.sleep(0.06)  # longer than a batch
        return {"loss": 1.0} if self._step != 2 else HOW[self._how]()

    def save(self) -> bytes | None:
        if self._how == "save":
            return "text, not bytes"  # type: ignore[return-value]
        return bytes([self._step])

    def load(self, state: bytes) -> None:
        self._step = state[0]


class InTurn(Searcher):
    """Each way in turn, and what is fine in between."""

    name = "in-turn"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, ways: list[str]) -> None:
        self._ways = [w for way in ways for w in (way, "fine")]

    def ask(self, trial: int) -> Config:
        if trial >= len(self._ways):
            raise Exhausted
        return {"how": self._ways[trial]}

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass
