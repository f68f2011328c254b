"""``python -m tests.fuzz [KIND ...] --mutants 500 --seconds 600 --seed 0``; exit 1 for a fault."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from tests.fuzz.frame import run_kind
from tests.fuzz.kinds import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="all by default")
    parser.add_argument("--mutants", type=int, default=500, help="of each kind")
    parser.add_argument("--seconds", type=float, default=3600.0, help="for each kind at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one mutant")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hpobench-fuzz-"))
    faults = 0
    for name in given.kinds or KINDS:
        numbers = range(given.mutants) if given.only is None else [given.only]
        tally = run_kind(KINDS[name], folder, itertools.chain(numbers), given.seed, given.seconds)
        print(tally, *map(str, tally.faults), sep="\n", flush=True)
        faults += len(tally.faults)
    print(f"mutants at fault are kept in {folder}" if faults else "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
