"""The options of a run that adds seeds until the ranking is decided."""

from __future__ import annotations

import click

from hpobench.cli.shared import F
from hpobench.verbs.options import MARGIN, MAX_SEEDS


def deciding_options(command: F) -> F:
    """``--until-decided``, ``--within``, ``--max-seeds`` and ``--margin``."""
    until = click.option(
        "--until-decided",
        is_flag=True,
        help="Add seeds to the suite's until the ranking is decided: the algorithm of the lowest "
        "mean normalised regret is shown to be better than every other one, but for those that "
        "are shown to lie within --margin of it. Looks after the suite's number of seeds, after "
        "twice as many each time, and at --max-seeds. The chance that anything said in the end is "
        "wrong is held at 5 %, over all algorithms and all looks, as far as differences of "
        "seeds are symmetric; strong skew can nearly double it.",
    )
    within = click.option(
        "--within",
        metavar="TIME",
        help="Like --until-decided, and ends when this wall time is over (90s, 20min, 1h), of "
        "which a fifth, at most 30 s, is left for the report. As many seeds are planned as fit; if "
        "two do not, budgets are shortened. A suite that names no searchers gets those that the "
        "evidence says are the best. What is finished by then is stored, and the "
        "same command goes on with as much time again.",
    )
    cap = click.option(
        "--max-seeds",
        type=click.IntRange(min=1),
        help=f"With --until-decided or --within: the most seeds to run.  [default: {MAX_SEEDS}]",
    )
    margin = click.option(
        "--margin",
        type=click.FloatRange(min=0, max=1),
        help="With --until-decided or --within: differences in mean normalised regret below it do "
        f"not matter; with 0 all do.  [default: {MARGIN}]",
    )
    return until(within(cap(margin(command))))
