"""What an environment of its own costs a searcher.

    python -m benchmarks.isolation                  overhead of a call, beside in process
    python -m benchmarks.isolation --environments   building them all, cold and warm; sizes

Overhead: the same plugin in process and, with a header put before it, in a process of its own,
asked and told in turn on a mixed space; milliseconds of wall time for an ask and a tell, medians
of interleaved repeats. Both must propose the same.

Environments: each in a fresh folder, first with an empty cache of uv's (every package is
downloaded, some are compiled), then again from that cache.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from hpobench.api import Categorical, Config, Fidelity, Float, Int, Searcher, Space
from hpobench.contract.cell import PluginRef
from hpobench.plugins.building import build_searcher
from hpobench.plugins.isolation.environments import FOLDER_VARIABLE, Environment, lock, size_of
from hpobench.plugins.isolation.script import read_script
from hpobench.plugins.options import resolve
from hpobench.plugins.registry import Registry

SPACE = Space(
    [
        Float("x", -5, 10),
        Float("rate", 1e-6, 1e-1, log=True),
        Int("layers", 1, 8),
        Categorical("kind", ("a", "b", "c")),
    ]
)
HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = [{}]\n# ///\n'


@contextlib.contextmanager
def building(file: Path, cls: str) -> Iterator[Searcher]:
    ref = PluginRef("searcher", cls, cls, {}, str(file), cls)
    resolved, _ = resolve(use_class(ref), {})
    ref = PluginRef("searcher", cls, cls, resolved, str(file), cls)
    with contextlib.closing(build_searcher(ref, SPACE, 0, Fidelity())) as searcher:
        yield searcher


def use_class(ref: PluginRef) -> type:
    from hpobench.plugins.modules import load_class

    return load_class(ref.file, ref.cls)


def loop(searcher: Searcher, trials: int) -> tuple[float, list[Config]]:
    """Milliseconds an ask and a tell, and what was proposed."""
    proposed = []
    begin = perf_counter()
    for trial in range(trials):
        config = searcher.ask(trial)
        proposed.append(config)
        searcher.tell(trial, 1, float(config["x"]) ** 2, final=True)
    return (perf_counter() - begin) * 1000 / trials, proposed


def overhead(name: str, trials: int, repeat: int) -> None:
    entry = Registry().find("searcher", name)
    requires = ", ".join(f'"{text}"' for text in entry.requires)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / entry.file.name
        copy.write_text(HEADER.format(requires) + entry.file.read_text())
        script = read_script(copy)
        assert script is not None
        lock(script)
        Environment(script).build()
        times: dict[Path, list[float]] = {entry.file: [], copy: []}
        proposals: dict[Path, list[Config]] = {}
        for i in range(repeat + 1):
            for file in sorted(times, reverse=bool(i % 2)):
                with building(file, entry.cls) as searcher:
                    took, proposals[file] = loop(searcher, trials)
                times[file].append(took)
        assert proposals[entry.file] == proposals[copy], "they propose differently"
        here, there = (statistics.median(times[file][1:]) for file in (entry.file, copy))
        print(f"{name:12} {here:10.3f} {there:10.3f} {there - here:10.3f}")


def environments() -> None:
    entries = Registry().entries("searcher")
    scripts = {e.file: s for e in entries if (s := e.script) is not None}
    print(f"{'environment':16} {'cold s':>8} {'warm s':>8} {'MB':>8}")
    totals = [0.0, 0.0, 0.0]
    for script in scripts.values():
        with tempfile.TemporaryDirectory() as folder:
            os.environ["UV_CACHE_DIR"] = f"{folder}/cache"
            row = []
            for state in ("cold", "warm"):
                os.environ[FOLDER_VARIABLE] = f"{folder}/{state}"
                row.append(Environment(script).build().seconds)
            row.append(size_of(Environment(script).folder) / 1e6)
        totals = [total + value for total, value in zip(totals, row, strict=True)]
        print(f"{script.file.stem:16} {row[0]:8.1f} {row[1]:8.1f} {row[2]:8.0f}", flush=True)
    print(f"{'all':16} {totals[0]:8.1f} {totals[1]:8.1f} {totals[2]:8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", action="store_true")
    parser.add_argument("--searchers", nargs="+", default=["random", "optuna-tpe"])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    if options.environments:
        environments()
        return
    print(f"{'ms a trial':12} {'in process':>10} {'isolated':>10} {'added':>10}")
    for name in options.searchers:
        overhead(name, options.trials, options.repeat)


if __name__ == "__main__":
    main()
