"""The options of a run that adds seeds until the ranking is decided."""

from __future__ import annotations

import click

from hpobench.cli.shared import F
from hpobench.verbs.execution import MARGIN, MAX_SEEDS


def deciding_options(command: F) -> F:
    """``--until-decided``, ``--max-seeds`` and ``--margin``."""
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
    cap = click.option(
        "--max-seeds",
        type=click.IntRange(min=1),
        help=f"With --until-decided: the most seeds to run.  [default: {MAX_SEEDS}]",
    )
    margin = click.option(
        "--margin",
        type=click.FloatRange(min=0, max=1),
        help="With --until-decided: differences in mean normalised regret below it do not matter; "
        f"with 0 all do.  [default: {MARGIN}]",
    )
    return until(cap(margin(command)))
