"""Comparing two results, or two algorithms of one: ``compare`` and ``bisect`` both come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from hpobench.analysis.core.pairing import Pairs, paired
from hpobench.analysis.inference.effects import Score
from hpobench.analysis.inference.gate import Gate, gate
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.contract.wording import count, interval, number
from hpobench.reporting.regression import headline, markdown
from hpobench.store.format import disk
from hpobench.store.read.reader import Results, load_results

Verdict = Literal["good", "bad", "skipped"]


def compare(
    base: Path,
    new: Path | None,
    base_algorithm: str | None = None,
    new_algorithm: str | None = None,
    *,
    scores: Sequence[Score] = ("final",),
    alpha: float = 0.05,
    tolerance: float = 0.0,
    summary: Path | None = None,
) -> Gate:
    """Whether the results in the folder ``new`` are worse than those in ``base``, or without
    ``new`` whether one algorithm in ``base`` is worse than another one. A ``summary`` for readers
    is written as Markdown.

    Raises :class:`UsageError` unless two folders or two algorithms of one are named.
    """
    algorithms = (base_algorithm, new_algorithm)
    if new is not None and algorithms == (None, None):
        sides = load_results(base), load_results(new)
    elif new is None and base_algorithm is not None and new_algorithm is not None:
        sides = of_algorithms(base, base_algorithm, new_algorithm)
    else:
        raise UsageError(
            "name two folders, or one folder and two of its algorithms: `hpobench compare BASE "
            "NEW`, or `hpobench compare FOLDER --base ALGORITHM --new ALGORITHM`"
        )
    chosen = list(dict.fromkeys(scores))
    found = gate(paired(*sides), scores=chosen, alpha=alpha, tolerance=tolerance)
    if summary:
        disk.replace(summary, markdown(found).encode())
    return found


def of_algorithms(folder: Path, base: str, new: str) -> tuple[Results, Results]:
    """The runs of two algorithms in one folder, with the labels of ``new`` on both sides.

    ``base`` and ``new`` are the labels of searchers, or ``SEARCHER/SCHEDULER``. Raises
    :class:`UsageError` where one names a scheduler and the other none, or both name the same, and
    :class:`UnknownNameError` for a label that no run has.
    """
    if base == new:
        raise UsageError(f"--base and --new both name {base}; name two algorithms")
    if ("/" in base) != ("/" in new):
        raise UsageError(
            f"--base {base} --new {new}: name two searchers, or two of SEARCHER/SCHEDULER"
        )
    results = load_results(folder)
    # Runs are paired by their labels: the base takes those of the new one.
    labels = dict(zip(("searcher", "scheduler"), new.split("/", 1), strict=False))
    chosen, renamed = _runs(results, "--new", new), _runs(results, "--base", base)
    return replace(renamed, cells=renamed.cells.assign(**labels)), chosen


def _runs(results: Results, option: str, algorithm: str) -> Results:
    searcher, _, scheduler = algorithm.partition("/")
    cells = results.cells
    keep = cells["searcher"] == searcher
    if scheduler:
        keep &= cells["scheduler"] == scheduler
    if not keep.any():
        labels = cells["searcher"]
        known = labels + "/" + cells["scheduler"] if scheduler else labels
        raise UnknownNameError(f"algorithm of {option}", algorithm, set(known))
    return results.select(keep)


@dataclass(frozen=True)
class Judge:
    """Compares as :func:`compare` does; with ``any_change`` every difference is bad."""

    any_change: bool
    alpha: float
    tolerance: float

    def __call__(self, folder: Path, base: str, new: str) -> tuple[Verdict, str]:
        """The verdict on the searcher ``new`` of ``folder``, and what was found of it.

        A searcher of which every run fails is ``skipped``: it shows nothing of the library. Raises
        :class:`UsageError` if every run of ``base`` fails, and with too few seeds to tell.
        """
        pairs = paired(*of_algorithms(folder, base, new))
        if (error := _failure(pairs.base.cells)) is not None:
            raise UsageError(f"no run of {base} has ended well: {error}")
        if (error := _failure(pairs.new.cells)) is not None:
            return "skipped", f"no run has ended well: {error}"
        if not self.any_change:
            return self._worse(pairs)
        if others := int((~pairs.same).sum()):
            return "bad", f"{others} of {count(len(pairs.same), 'pair')} of runs differ"
        return "good", f"all {len(pairs.same)} pairs of runs are the same, bit by bit"

    def _worse(self, pairs: Pairs) -> tuple[Verdict, str]:
        found = gate(pairs, alpha=self.alpha, tolerance=self.tolerance)
        if found.outcome == "undecided":
            raise UsageError(f"{headline(found)}; give more by --seeds")
        if found.outcome == "same":
            return "good", "all runs are the same, bit by bit"
        row = found.effects.iloc[0]
        words = [
            f"mean regret {number(row.base)} -> {number(row.new)}, "
            f"{number(row.estimate)}{interval(row.low, row.high, ' ')}"
        ]
        if worse := int((found.effects["verdict"] == "worse").sum()):
            words.append(f"{worse} of {len(found.effects)} tests say worse")
        if failed := len(found.broken):
            words.append(f"{count(failed, 'run')} failed that did not")
        return "bad" if found.outcome == "regression" else "good", "; ".join(words)


def _failure(cells: pd.DataFrame) -> str | None:
    """The first error, if every run of ``cells`` has one."""
    if (cells["status"] == "done").any():
        return None
    return str(cells["error"].iloc[0]).partition("\n")[0]
