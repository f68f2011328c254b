"""Seeds are added until the ranking is decided, or the cap is reached."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.errors import StoreError, UsageError
from hpobench.store import files
from hpobench.store.reader import load_plan, load_results

if TYPE_CHECKING:
    from hpobench.experiment import Summary
    from hpobench.grid import Plan
    from hpobench.stats.sequential import Decision, Rule
    from hpobench.suite import Suite

FILE = "decision.json"
"""Beside the results: the rule, and what was found at each look."""


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
    """Look after look, what ``run`` says of its cells and what they say of the ranking.

    ``suite`` has all seeds that ``rule`` allows, ``plan`` their cells. Each look runs the cells of
    the first seeds, finds those of the looks before stored, and so ends as it did when the same
    command is given again, interrupted or not. The folder's plan and suite are those of the last
    look. Raises :class:`UsageError` where the folder holds looks by another rule, and
    :class:`TooFewError` where there is nothing to compare.
    """
    from hpobench.stats.contest import contest
    from hpobench.stats.normalise import normalised
    from hpobench.stats.sequential import decide, sentence

    # Cells of one seed stand for algorithms, problems, budgets, and that these are the seeds.
    question = _digest(cell.id for cell in plan.cells if cell.seed == suite.seeds[0])
    _check_rule(folder, question, rule)
    taken: list[Decision] = []
    for seeds in rule.looks:
        part = suite.with_seeds(suite.seeds[:seeds])
        summary = run(part, _cells_of(plan, part.seeds))
        found = contest(load_results(folder))
        decision = decide(normalised(found.curves)[..., -1], found.curves.names, rule)
        taken.append(decision)
        content = {
            "rule": dataclasses.asdict(rule),
            "question": question,
            "results": _stored(folder),
            "comparison": found.title,
            "looks": [_plain(one) for one in taken],
            "decided": decision.decided,
            "sentence": sentence(decision, rule),
        }
        files.replace(folder / FILE, json.dumps(content, indent=1, sort_keys=True).encode())
        yield summary, decision
        if decision.decided:
            return


def decision_sentence(folder: Path) -> str | None:
    """What was decided of the results in ``folder``, in words; ``None`` where nothing was, or the
    results have changed since (other seeds, say, or failed cells that ran again)."""
    found = _read(folder)
    return found["sentence"] if found and found["results"] == _stored(folder) else None


def _cells_of(plan: Plan, seeds: Sequence[int]) -> Plan:
    wanted = set(seeds)
    cells = tuple(cell for cell in plan.cells if cell.seed in wanted)
    return dataclasses.replace(plan, cells=cells)


def _check_rule(folder: Path, question: str, rule: Rule) -> None:
    """One question has one rule: looks by another would spend alpha a second time."""
    found = _read(folder)
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


def _read(folder: Path) -> dict[str, Any] | None:
    path = folder / FILE
    if not path.exists():
        return None
    with files.explained(path):
        text = path.read_text(encoding="utf-8")
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise StoreError(f"{path}: {error}; remove it and run the suite again") from error
    return found


def _stored(folder: Path) -> str:
    """A digest of the cells of the present plan and how each ended."""
    table = files.read_table(folder / "cells.parquet")
    statuses = dict(zip(*(table[name].to_pylist() for name in ("cell", "status")), strict=True))
    return _digest(f"{name} {statuses.get(name)}" for name in load_plan(folder)["cells"])


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _plain(decision: Decision) -> dict[str, Any]:
    return {**decision._asdict(), "others": [other._asdict() for other in decision.others]}
