"""Adds seeds until the ranking is decided or the largest number of seeds is reached."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from hpobench.analysis.inference.sequential import Decision, Rule, decide, looks, sentence
from hpobench.contract.errors import TooFewError, UsageError
from hpobench.running.plan.experiment import Summary
from hpobench.store.format.index import DECISION, read_decision, write_json
from hpobench.store.read.reader import digest, load_results, stored_digest
from hpobench.suites.grid import Plan
from hpobench.suites.suite import Suite

_FEW = 8
"""The fewest seeds that can decide at the first of several looks."""


def grown(suite: Suite, cap: int) -> Suite:
    """``suite`` with ``cap`` seeds: its own, then the whole numbers above them. Raises
    :class:`UsageError` if it has more already, :class:`SuiteError` if cells are too many."""
    own = suite.seeds
    if cap < len(own):
        raise UsageError(
            f"--max-seeds {cap}: the suite has {len(own)} seeds already; give at least as many, "
            "or fewer --seeds to begin with"
        )
    further = itertools.count(max(own) + 1)
    return suite.with_seeds([*own, *itertools.islice(further, cap - len(own))])


def looks_within(first: int, fitting: int, cap: int) -> tuple[int, ...]:
    """When to look in a run that has time for about ``fitting`` seeds and may go on up to ``cap``.
    The last look that fits takes all of these seeds; earlier ones are at half of them, a quarter,
    ... as long as that is ``first`` or more; later ones are for runs that go on. Empty if so few
    seeds can decide nothing."""
    begin = max(1, min(fitting, cap))
    while begin // 2 >= max(first, _FEW):
        begin //= 2
    for last in range(cap, begin - 1, -1):
        with contextlib.suppress(TooFewError):
            if (found := looks(begin, last))[0] <= fitting:
                return found
    return ()


def rule_of(folder: Path, suite: Suite, plan: Plan) -> Rule | None:
    """The rule by which the results of ``plan`` in ``folder`` were looked at; ``None`` if they were
    not."""
    found = read_decision(folder / DECISION)
    if not found or found["question"] != _question(suite, plan):
        return None
    rule = found["rule"]
    return Rule(tuple(rule["looks"]), rule["margin"], rule["alpha"])


def until_decided(
    suite: Suite,
    plan: Plan,
    rule: Rule,
    folder: Path,
    run: Callable[[Suite, Plan], Summary],
    fits: Callable[[int], bool] = lambda _: True,
) -> Iterator[tuple[Summary, Decision | None]]:
    """Yield for every look the summary of its cells and the decision that their results allow,
    which is ``None``, and the last one, where time was over before all of them had run.

    ``suite`` has all seeds that ``rule`` allows, and ``plan`` has their cells. Each look runs the
    cells of the first seeds and finds those of earlier looks stored, so that the same command, also
    after an interruption, decides the same. ``fits`` says whether time is left for a
    look at so many seeds, if cells have run for an earlier one. Raises :class:`UsageError` where
    the folder holds looks by another rule, :class:`TooFewError` where nothing can be compared.
    """
    from hpobench.analysis.core.normalise import normalised
    from hpobench.analysis.study import Study

    before = rule_of(folder, suite, plan)
    if before is not None and before != rule:  # its looks would spend alpha a second time
        looked = ", ".join(map(str, before.looks))
        raise UsageError(
            f"{folder / DECISION}: these results were looked at before, by another rule: at "
            f"{looked} seeds, with a margin of {before.margin:g}; more or other looks would make "
            f"errors likelier than {before.alpha:.0%}. Give the same --max-seeds and --margin and "
            "the same seeds to begin with, or begin anew with fresh seeds (--seeds 1000-1009)"
        )
    taken: list[Decision] = []
    ran = 0
    for seeds in rule.looks:
        if ran and not fits(seeds):
            return
        part = suite.with_seeds(suite.seeds[:seeds])
        cells = plan.cells.with_seeds(part.seeds)
        summary = run(part, dataclasses.replace(plan, cells=cells))
        ran += summary.ran
        if summary.late:
            yield summary, None
            return
        found = Study(load_results(folder)).main_comparison()
        decision = decide(normalised(found.curves)[..., -1], found.curves.names, rule)
        taken.append(decision)
        content = {
            "rule": dataclasses.asdict(rule),
            "question": _question(suite, plan),
            "results": stored_digest(folder),
            "comparison": found.title,
            "looks": [
                one._asdict() | {"others": [other._asdict() for other in one.others]}
                for one in taken
            ],
            "decided": decision.decided,
            "sentence": sentence(decision, rule),
        }
        write_json(folder / DECISION, content)
        yield summary, decision
        if decision.decided:
            return


def _question(suite: Suite, plan: Plan) -> str:
    """A digest of algorithms, problems and budgets, and of where seeds begin: all of this is in the
    cells of the first seed."""
    return digest(plan.cells.with_seeds(suite.seeds[:1]).ids())
