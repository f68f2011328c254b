"""``python -m tests.soak [ROUND ...] --seconds 3600 --kills 1000 --seed 7 --record``.

Exit 1 if a round ended otherwise than it must.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import sys
import time

from tests.soak.figures import Figures, record
from tests.soak.rounds import ROUNDS, run_round


def main() -> int:
    today = datetime.datetime.now(datetime.UTC).date().toordinal() * 1000
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("rounds", nargs="*", metavar="ROUND", help=f"of {', '.join(ROUNDS)}")
    parser.add_argument("--seconds", type=float, default=3600.0, help="no round begins after them")
    parser.add_argument("--kills", type=int, default=1000, help="in all, with the faults")
    parser.add_argument("--each", type=int, default=10, help="kills in a round at most")
    parser.add_argument("--seed", type=int, default=today, help="by default another every day")
    parser.add_argument("--record", action="store_true", help="add a line to docs/soak.md")
    given = parser.parse_args()
    begin, figures = time.monotonic(), Figures()
    for number, name in enumerate(itertools.cycle(given.rounds or ROUNDS)):
        left = given.seconds - (time.monotonic() - begin)
        if left <= 0 or figures.struck.total() >= given.kills:
            break
        tally = run_round(name, given.seed + number, given.each, left)
        print(f"{name}, seed {given.seed + number}: {tally}", flush=True)
        figures.add(name, given.seed + number, tally)
    line = figures.line(time.monotonic() - begin)
    print(line, end="")
    if given.record:
        record(line)
    return 1 if figures.differed else 0


if __name__ == "__main__":
    sys.exit(main())
