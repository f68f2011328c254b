"""``python -m tests.soak [ROUND ...] --kills 1000 --seconds 7200 --seed 0``; exit 1 for a fault."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter

from tests.soak.rounds import ROUNDS, run_round


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("rounds", nargs="*", metavar="ROUND", help=f"of {', '.join(ROUNDS)}")
    parser.add_argument("--kills", type=int, default=1000, help="in all")
    parser.add_argument("--each", type=int, default=25, help="kills in a round at most")
    parser.add_argument("--seconds", type=float, default=7200.0, help="no round begins after them")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    end = time.monotonic() + given.seconds
    kills: Counter[tuple[str, str]] = Counter()
    faults = 0
    for number, name in enumerate(itertools.cycle(given.rounds or ROUNDS)):
        left = end - time.monotonic()
        if left <= 0 or kills.total() >= given.kills:
            break
        tally = run_round(name, given.seed + number, given.each, left)
        print(f"{name}, seed {given.seed + number}: {tally}", flush=True)
        kills.update({(name, victim): n for victim, n in tally.kills.items()})
        faults += len(tally.faults)
    for (name, victim), count in sorted(kills.items()):
        print(f"{name:16}{victim:16}{count:6}")
    print(f"{kills.total()} kills, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
