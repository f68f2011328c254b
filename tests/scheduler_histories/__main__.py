"""The command of this package."""

from __future__ import annotations

import argparse
import logging
import sys

import tests.scheduler_histories
from tests.scheduler_histories.compare import difference


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(tests.scheduler_histories.__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    message = difference(options.histories, options.seed)
    print(message or f"{options.histories:,} histories: the same decisions")
    return message is not None


if __name__ == "__main__":
    sys.exit(main())
