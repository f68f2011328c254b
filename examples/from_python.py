"""Run a small suite from Python, ask its results who leads, and draw their curves.

    python examples/from_python.py [FOLDER]

Runs what is missing below FOLDER (by default ``results``), some seconds of work on one core, and
puts ``curves.png`` beside the results.
"""

from __future__ import annotations

import sys

import hpobench

SUITE = {
    "name": "example",
    "searchers": ["random", "optuna-tpe"],
    "schedulers": ["fifo", "asha"],
    "problems": [{"mf-hartmann": {"dimension": 3, "quality": ["good", "bad"]}}],
    "seeds": 3,
    "budget": {"evaluations": 15},
}


def main(folder: str = "results") -> None:
    results = hpobench.run(SUITE, results=folder, report=False)
    table = results.standings()
    print(table[["algorithm", "nr", "behind"]].to_string(index=False))
    print(f"{len(results.failed)} of {len(results.cells)} runs failed")
    results.plot.curves().savefig(results.folder / "curves.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
