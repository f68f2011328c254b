"""A library's own loop, run in the environment of the searcher that wraps it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.cell import Use
from hpobench.isolation.environments import Environment
from hpobench.isolation.searcher import surroundings
from hpobench.options import build_searcher, resolve
from hpobench.registry import Registry

_PRELUDE = """
import importlib.util, json, random, sys
given = json.loads(sys.argv[1])
random.seed(given["seed"])
for name in filter(importlib.util.find_spec, ("numpy", "torch")):
    library = __import__(name)
    (library.random.seed if name == "numpy" else library.manual_seed)(given["seed"])
printed, sys.stdout = sys.stdout, sys.stderr
"""
_CODA = "\nprint(json.dumps(result), file=printed)\n"


def own_loop(searcher: str, code: str, *, seed: int, **given: Any) -> Any:
    """What ``code`` leaves in ``result``, as JSON has it.

    It runs in the environment of ``searcher`` with the global generators seeded as the host
    seeds them, and finds ``seed`` and what else it needs in the dict ``given``.
    """
    script = Registry().find("searcher", searcher).script
    assert script is not None
    environment = Environment(script)
    environment.build()
    done = subprocess.run(
        [environment.python, "-c", _PRELUDE + code + _CODA, json.dumps({"seed": seed, **given})],
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
    use = Use("searcher", name, name, resolved, str(entry.file), entry.cls)
    return build_searcher(use, space, seed, fidelity or Fidelity())


def objective(config: Config) -> float:
    """A smooth bowl over the numbers of ``config``; a category costs by its length. Tests repeat
    it, word for word, in a library's loop."""
    return sum(
        len(value) if isinstance(value, str) else (float(value) - 0.3) ** 2
        for value in config.values()
    )
