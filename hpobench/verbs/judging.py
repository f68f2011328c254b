"""Whether a searcher of a results folder is worse than another one, or does something else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hpobench.analysis.core.pairing import Pairs, paired
from hpobench.analysis.inference.gate import Gate, gate
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import count, interval, number
from hpobench.reporting.regression import headline
from hpobench.verbs.comparison import of_algorithms

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["good", "bad", "skipped"]


@dataclass(frozen=True)
class Judge:
    """Compares as ``hpobench compare`` does; with ``any_change`` every difference is bad."""

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
        return self._changed(pairs) if self.any_change else self._worse(pairs)

    def _changed(self, pairs: Pairs) -> tuple[Verdict, str]:
        number_of, others = len(pairs.same), int((~pairs.same).sum())
        if not others:
            return "good", f"all {number_of} pairs of runs are the same, bit by bit"
        return "bad", f"{others} of {count(number_of, 'pair')} of runs differ"

    def _worse(self, pairs: Pairs) -> tuple[Verdict, str]:
        found = gate(pairs, alpha=self.alpha, tolerance=self.tolerance)
        if found.outcome == "undecided":
            raise UsageError(f"{headline(found)}; give more by --seeds")
        return "bad" if found.outcome == "regression" else "good", _difference(found)


def _failure(cells: pd.DataFrame) -> str | None:
    """The first error, if every run of ``cells`` has one."""
    if (cells["status"] == "done").any():
        return None
    return str(cells["error"].iloc[0]).partition("\n")[0]


def _difference(found: Gate) -> str:
    if found.outcome == "same":
        return "all runs are the same, bit by bit"
    row = found.effects.iloc[0]
    words = [
        f"mean regret {number(row.base)} -> {number(row.new)}, "
        f"{number(row.estimate)}{interval(row.low, row.high, ' ')}"
    ]
    if worse := int((found.effects["verdict"] == "worse").sum()):
        words.append(f"{worse} of {len(found.effects)} tests say worse")
    if failed := len(found.broken):
        words.append(f"{count(failed, 'run')} failed that did not")
    return "; ".join(words)
