"""Searchers that change what all code in a process shares, each in another way, and leave it so."""

from __future__ import annotations

import atexit
import builtins
import decimal
import functools
import gc
import hashlib
import heapq
import io
import itertools
import json
import locale
import logging
import math
import multiprocessing
import operator
import os
import random
import resource
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from ray.tune.execution.tune_controller import TuneController
from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler
from ray.tune.schedulers.async_hyperband import _Bracket

from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.contract import parameters, seeding
from hpobench.plugins import signature
from hpobench.problems.synthetic.branin import Branin
from hpobench.running.cells.tuning import Run
from hpobench.running.ray.trial import TrialSource
from hpobench.running.stages.virtual import VirtualStage


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *args, **keywords: value


def _patch(owner: Any, name: str, value: Any = 0.25) -> Callable[[Space], None]:
    """Replaces a function by a constant one."""
    return lambda space: setattr(owner, name, _constant(value))


def _call(function: Callable[..., Any], *args: Any) -> Callable[[Space], Any]:
    return lambda space: function(*args)


def _forever(function: Callable[[], object]) -> Callable[[Space], None]:
    """Calls the function again and again in a thread that stays."""

    def loop() -> None:
        while True:
            function()
            time.sleep(0.0005)

    return lambda space: threading.Thread(target=loop, daemon=True).start()


def _swap(owner: Any, name: str, function: Callable[[Any], Any]) -> Callable[[Space], None]:
    """Wraps the result of a function."""
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def outer(*args: Any, **keywords: Any) -> Any:
        return function(inner(*args, **keywords))

    return lambda space: setattr(owner, name, outer)


def _trim(space: Space) -> None:
    object.__setattr__(space, "parameters", space.parameters[::-1])


def _narrow(space: Space) -> None:
    for parameter in space:
        if isinstance(parameter, parameters.Float):
            object.__setattr__(parameter, "high", parameter.low + parameter.high / 9)


def _trace(*_: object) -> None:
    time.sleep(1e-6)


def _small_limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


KINDS: dict[str, Callable[[Space], object]] = {
    "random.random": _patch(random, "random"),
    "random.gauss": _patch(random, "gauss"),
    "random.uniform": _patch(random, "uniform"),
    "random.shuffle": _patch(random, "shuffle", None),
    "random.seed": _patch(random, "seed", None),
    "random.setstate": _patch(random, "setstate", None),
    "Random.random": _patch(Random, "random"),
    "Random.gauss": _patch(Random, "gauss"),
    "Random.seed": _patch(Random, "seed", None),
    "hidden random": _patch(random._inst, "random"),
    "seeding": _call(random.seed, 0),
    "numpy seeding": _call(np.random.seed, 0),
    "numpy.rand": _patch(np.random, "rand"),
    "numpy.seed": _patch(np.random, "seed", None),
    "numpy.set_state": _patch(np.random, "set_state", None),
    "numpy.choice": _patch(np.random, "choice", 0),
    "numpy.default_rng": _patch(np.random, "default_rng", np.random.default_rng(0)),
    "bit generator": _call(np.random.mtrand.set_bit_generator, np.random.PCG64(1)),
    "numpy errors": lambda space: np.seterr(all="raise"),
    "math.log": _patch(math, "log"),
    "math.sin": _patch(math, "sin"),
    "math.cos": _patch(math, "cos"),
    "math.isfinite": _patch(math, "isfinite", value=False),
    "math.pi": lambda space: setattr(math, "pi", 3.0),
    "sum": _swap(builtins, "sum", lambda value: value * 1.01),
    "sorted": _swap(builtins, "sorted", lambda value: value[::-1]),
    "round": _patch(builtins, "round", 1),
    "min": _swap(builtins, "min", lambda value: value),
    "json": _patch(json, "dumps", "{}"),
    "blake2b": _patch(hashlib, "blake2b", hashlib.sha256(b"0")),
    "heappush": _patch(heapq, "heappush", None),
    "heappop": _swap(heapq, "heappop", lambda value: value),
    "median": _patch(statistics, "median"),
    "itemgetter": _patch(operator, "itemgetter"),
    "count": _patch(itertools, "count", iter([])),
    "uniform": _patch(seeding, "uniform"),
    "derive_seed": _patch(seeding, "derive_seed", 1),
    "Space.sample": _swap(Space, "sample", lambda config: dict(reversed(config.items()))),
    "Space.from_unit": _swap(Space, "from_unit", lambda config: config),
    "Space.check": _patch(Space, "check", None),
    "Float.from_unit": _patch(parameters.Float, "from_unit", 0.5),
    "reversed space": _trim,
    "narrow space": _narrow,
    "Branin.curve": _swap(Branin, "curve", lambda curve: curve._replace(losses=[7.0])),
    "Branin.space": lambda space: setattr(Branin, "space", space),
    "signature": _patch(signature, "derive_seed", 1),
    "VirtualStage": _patch(VirtualStage, "_look_up", (1.0, None, 1.0)),
    "Run": _patch(Run, "finish", None),
    "TrialSource": _patch(TrialSource, "next_trial", None),
    "FIFOScheduler": _patch(FIFOScheduler, "on_trial_result", "STOP"),
    "AsyncHyperBand": _patch(AsyncHyperBandScheduler, "on_trial_result", "STOP"),
    "Bracket": _patch(_Bracket, "cutoff", 0.0),
    "TuneController": _patch(TuneController, "_maybe_update_trial_queue", None),
    "seeding thread": _forever(lambda: (random.seed(1), np.random.seed(1))),  # noqa: NPY002
    "drawing thread": _forever(lambda: (random.random(), np.random.rand())),  # noqa: NPY002
    "patching thread": _forever(lambda: setattr(random, "random", _constant(0.5))),
    "recursion limit": _call(sys.setrecursionlimit, 200),
    "warnings": _call(warnings.simplefilter, "error"),
    "decimal": lambda space: setattr(decimal.getcontext(), "prec", 1),
    "working folder": _call(os.chdir, "/"),
    "environment": _call(os.environ.update, {"HPOBENCH_DATA": "/nowhere", "LC_ALL": "C"}),
    "umask": _call(os.umask, 0o777),
    "locale": _call(locale.setlocale, locale.LC_ALL, "C"),
    "trace": _call(sys.settrace, _trace),
    "signals": _call(signal.signal, signal.SIGALRM, signal.SIG_IGN),
    "alarm": _call(signal.alarm, 1),
    "sockets": _call(socket.setdefaulttimeout, 1e-3),
    "garbage": _call(gc.disable),
    "logging": _call(logging.disable, logging.CRITICAL),
    "modules": _call(sys.modules.__setitem__, "random", types.ModuleType("random")),
    "path": _call(sys.path.insert, 0, "/nowhere"),
    "temporary": lambda space: setattr(tempfile, "tempdir", "/nowhere"),
    "descriptors": _call(_small_limit, resource.RLIMIT_CORE, 0),
    "nice": _call(os.nice, 1),
    "output": lambda space: setattr(sys, "stdout", None),
    "errors": lambda space: setattr(sys, "stderr", io.StringIO()),
    "atexit": _call(atexit.register, os._exit, 3),
    "switching": _call(sys.setswitchinterval, 1e-6),
    "start method": _call(multiprocessing.set_start_method, "spawn", True),
}
"""What each does, to the space that it is given or to anything else."""


class Offender(Searcher):
    """Draws at random, and does what it should not when it is asked for its second trial."""

    name = "offender"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, kind: str) -> None:
        self.space, self.rng, self.kind = space, Random(seed), kind

    def ask(self, trial: int) -> Config:
        config = self.space.from_unit([self.rng.random() for _ in self.space])
        if trial == 1:
            KINDS[self.kind](self.space)
        return config

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass
