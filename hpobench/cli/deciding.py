"""The options of a run that adds seeds, and what it prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cli.shared import F
from hpobench.contract.errors import UsageError

if TYPE_CHECKING:
    from hpobench.analysis.inference.sequential import Rule
    from hpobench.running.experiment import Summary
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Suite

MAX_SEEDS, MARGIN = 100, 0.01


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


def decided_by(
    suite: Suite, until_decided: bool, max_seeds: int | None, margin: float | None, retry: bool
) -> tuple[Suite, Rule | None]:
    """The suite with all seeds that may come to run, and the rule; ``None`` without
    ``--until-decided``. Raises :class:`UsageError` where options do not go together, and
    :class:`TooFewError` for a cap that could decide nothing."""
    if not until_decided:
        if max_seeds is not None or margin is not None:
            raise UsageError("--max-seeds and --margin are for --until-decided")
        return suite, None
    if retry:
        raise UsageError(
            "--retry-failed would change looks after they were taken; run the suite with it alone "
            "(and --seeds as far as they are stored), then with --until-decided again"
        )
    from hpobench.analysis.inference.sequential import Rule, looks
    from hpobench.running.deciding import grown

    cap = MAX_SEEDS if max_seeds is None else max_seeds
    whole = grown(suite, cap)
    return whole, Rule(looks(len(suite.seeds), cap), MARGIN if margin is None else margin)


def show_looks(rule: Rule) -> None:
    """Print when a run by ``rule`` looks."""
    click.echo(f"\nlooks after {', '.join(map(str, rule.looks))} seeds, and ends once decided")


def run_looks(
    suite: Suite,
    plan: Plan,
    rule: Rule,
    folder: Path,
    run: Callable[[Suite, Plan], Summary],
    tell: Callable[[Summary], None],
) -> Summary:
    """Run until decided and print what each look found; returns the summary of the last."""
    from hpobench.analysis.inference.sequential import sentence
    from hpobench.running.deciding import until_decided

    for number, (summary, decision) in enumerate(
        until_decided(suite, plan, rule, folder, run), start=1
    ):
        tell(summary)
        click.echo(f"look {number} of at most {len(rule.looks)}: {sentence(decision, rule)}")
    return summary
