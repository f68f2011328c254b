"""A library's own loop, run in the environment of the searcher that wraps it."""

from __future__ import annotations

import contextlib
import inspect
import json
import subprocess
from collections.abc import Callable, Container, Iterator
from typing import Any

from hpobench.api import Categorical, Config, Fidelity, Float, Int, Ordinal, Searcher, Space, When
from hpobench.contract.cell import PluginRef
from hpobench.plugins.building import build_searcher
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.remote import surroundings
from hpobench.plugins.options import resolve
from hpobench.plugins.registry import Registry
from tests.support.present import present

MIXED = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("n", 1, 4),
        Int("width", 1, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bb", "ccc")),
    ]
)
CONDITIONAL = Space(
    [
        Categorical("kind", ("a", "bb", "ccc")),
        Float("momentum", 0, 1, when=When("kind", ("a",))),
        Int("depth", 1, 9, when=When("kind", ("bb",))),
        # Of two choices.
        Float("rate", 1e-5, 1, log=True, when=When("kind", ("a", "ccc"))),
    ]
)

TUNED = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-5, 1, log=True),
        Int("width", 1, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bb", "ccc")),
        Float("momentum", 0, 1, when=When("kind", ("a",))),
    ]
)
PLAIN = Space(
    [
        Float("x", -1, 2),
        Float("rate", 1e-5, 1, log=True),
        Int("layers", 1, 4),
        Int("width", 16, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bbb", "cc")),
    ]
)

_PRELUDE = """
from __future__ import annotations
import importlib.util, json, random, sys
given = json.loads(sys.argv[1])
random.seed(given["seed"])
for name in filter(importlib.util.find_spec, ("numpy", "torch")):
    library = __import__(name)
    (library.random.seed if name == "numpy" else library.manual_seed)(given["seed"])
printed, sys.stdout = sys.stdout, sys.stderr
"""
_CODA = "print(json.dumps(result), file=printed)\n"


def own_loop(searcher: str, code: str, *, seed: int, **given: Any) -> Any:
    """What ``code`` leaves in ``result``, as JSON has it.

    It runs in the environment of ``searcher`` with the global generators seeded as the host
    seeds them, and finds ``seed`` and what else it needs in the dict ``given``, beside
    :func:`objective`.
    """
    script = present(Registry().find("searcher", searcher).script)
    (environment := Environment(script)).build()
    whole = "\n".join([_PRELUDE, inspect.getsource(objective), code, _CODA])
    done = subprocess.run(
        [environment.python, "-c", whole, json.dumps({"seed": seed, **given})],
        env=surroundings(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def build(
    name: str, space: Space, seed: int, fidelity: Fidelity | None = None, **options: Any
) -> Searcher:
    """The shipped searcher ``name`` as a cell gets it; close it afterwards."""
    entry = Registry().find("searcher", name)
    resolved, faults = resolve(entry.load(), options)
    assert not faults
    ref = PluginRef("searcher", name, name, resolved, str(entry.file), entry.cls)
    return build_searcher(ref, space, seed, fidelity or Fidelity())


def objective(config: Config) -> float:
    """A smooth bowl over the numbers of ``config``; a category costs by its length. A library's own
    loop finds it too."""
    return sum(
        len(value) if isinstance(value, str) else (float(value) - 0.3) ** 2
        for value in config.values()
    )


def trials_of(
    searcher: Searcher,
    space: Space,
    trials: int,
    *,
    workers: int = 1,
    failed: Container[int] = (),
    dropped: Container[int] = (),
    diverged: Container[int] = (),
    loss: Callable[[Config], float] = objective,
) -> Iterator[tuple[Config, int]]:
    """Each configuration and its last step. ``workers`` trials are under way at once and end in the
    order of their beginning, with their losses or as the three groups of numbers say."""
    proposed: list[Config] = []
    for trial in range(trials):
        if (ended := trial - workers) >= 0:
            steps = searcher.steps(ended) if searcher.schedules_itself else 1
            if ended in failed:
                searcher.failed(ended)
            elif ended in dropped:
                searcher.dropped(ended)
            elif ended in diverged:
                searcher.tell(ended, steps, 1e30, final=True)
            else:
                searcher.tell(ended, steps, loss(proposed[ended]), final=True)
        proposed.append(searcher.ask(trial))
        space.check(proposed[-1])
        yield proposed[-1], searcher.steps(trial) if searcher.schedules_itself else 1


def drive(
    name: str,
    space: Space,
    trials: int,
    *,
    seed: int = 0,
    workers: int = 1,
    failed: Container[int] = (),
    dropped: Container[int] = (),
    diverged: Container[int] = (),
    loss: Callable[[Config], float] = objective,
    **options: Any,
) -> list[Config]:
    """What the shipped searcher ``name`` proposes; see :func:`trials_of`."""
    ends = {"failed": failed, "dropped": dropped, "diverged": diverged}
    with contextlib.closing(build(name, space, seed, **options)) as searcher:
        driven = trials_of(searcher, space, trials, workers=workers, loss=loss, **ends)
        return [config for config, _ in driven]


THIRDS = range(2, 1000, 7)
"""Of seven trials the third fails, and the sixth diverges."""
SIXTHS = range(5, 1000, 7)
