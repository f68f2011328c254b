"""Adds seeds until the ranking is decided or the largest number of seeds is reached."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import UsageError
from hpobench.store.decision import FILE, digest, read_decision, stored_digest, write_decision
from hpobench.store.reader import load_results

if TYPE_CHECKING:
    from hpobench.analysis.inference.sequential import Decision, Rule
    from hpobench.running.experiment import Summary
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Suite


def grown(suite: Suite, cap: int) -> Suite:
    """``suite`` with ``cap`` seeds: its own, then the whole numbers above them.

    Raises :class:`UsageError` if it has more already, :class:`SuiteError` if cells are too many.
    """
    own = suite.seeds
    if cap < len(own):
        raise UsageError(
            f"--max-seeds {cap}: the suite has {len(own)} seeds already; give at least as many, "
            "or fewer --seeds to begin with"
        )
    further = itertools.count(max(own) + 1)
    return suite.with_seeds([*own, *itertools.islice(further, cap - len(own))])


def until_decided(
    suite: Suite, plan: Plan, rule: Rule, folder: Path, run: Callable[[Suite, Plan], Summary]
) -> Iterator[tuple[Summary, Decision]]:
    """Yield for every look the summary of its cells and the decision that their results allow.

    ``suite`` has all seeds that ``rule`` allows, and ``plan`` has their cells. Each look runs the
    cells of the first seeds and finds the cells of earlier looks stored. So the same command, given
    again, decides the same, whether or not it was interrupted. The folder keeps the plan and suite
    of the last look. Raises :class:`UsageError` where the folder holds looks by another rule, and
    :class:`TooFewError` where there is nothing to compare.
    """
    from hpobench.analysis.core.normalise import normalised
    from hpobench.analysis.inference.sequential import decide, sentence
    from hpobench.analysis.study import Study

    # The cells of the first seed identify algorithms, problems and budgets, and where seeds begin.
    question = digest(plan.cells.with_seeds(suite.seeds[:1]).ids())
    _check_rule(folder, question, rule)
    taken: list[Decision] = []
    for seeds in rule.looks:
        part = suite.with_seeds(suite.seeds[:seeds])
        cells = plan.cells.with_seeds(part.seeds)
        summary = run(part, dataclasses.replace(plan, cells=cells))
        found = Study(load_results(folder)).main_comparison()
        decision = decide(normalised(found.curves)[..., -1], found.curves.names, rule)
        taken.append(decision)
        content = {
            "rule": dataclasses.asdict(rule),
            "question": question,
            "results": stored_digest(folder),
            "comparison": found.title,
            "looks": [_plain(one) for one in taken],
            "decided": decision.decided,
            "sentence": sentence(decision, rule),
        }
        write_decision(folder, content)
        yield summary, decision
        if decision.decided:
            return


def _check_rule(folder: Path, question: str, rule: Rule) -> None:
    """Refuse another rule for the same question: its looks would spend alpha a second time."""
    found = read_decision(folder)
    if not found or found["question"] != question:
        return
    before = found["rule"]
    if before != json.loads(json.dumps(dataclasses.asdict(rule))):
        looks = ", ".join(map(str, before["looks"]))
        raise UsageError(
            f"{folder / FILE}: these results were looked at before, by another rule: at {looks} "
            f"seeds, with a margin of {before['margin']:g}; more or other looks would make errors "
            f"likelier than {before['alpha']:.0%}. Give the same --max-seeds and --margin and the "
            "same seeds to begin with, or begin anew with fresh seeds (--seeds 1000-1009)"
        )


def _plain(decision: Decision) -> dict[str, Any]:
    return {**decision._asdict(), "others": [other._asdict() for other in decision.others]}
