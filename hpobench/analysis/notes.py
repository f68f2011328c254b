"""What a reader must know to read the rest of a report correctly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpobench.analysis.core.budgets import worker_counts
from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.reference_losses import measured, unreferenced
from hpobench.analysis.exhibits import (
    conditions,
    cost,
    critical_difference,
    efficiency,
    mixed_model,
    number_of,
)
from hpobench.analysis.inference.bootstrap import coverage, enough_seeds
from hpobench.analysis.inference.rank_tests import too_few
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study, each_of_families
from hpobench.contract.wording import listed
from hpobench.store.read.reader import Results


def notes(study: Study) -> Iterator[str]:
    """Whole sentences."""
    results, shown = study.every, study.shown
    planned, ended = len(results.plan.get("cells", [])), len(results.cells)
    if planned > ended:
        yield (
            f"Only {ended:,} of {planned:,} planned runs have ended so far; the rest "
            "may change the picture."
        )
    *others, most = worker_counts(results)
    if others:
        yield (
            f"There are runs with {', '.join(map(str, others))} and {most} workers. Figures and "
            f"averages are of those with {most}; {number_of(efficiency)} is about all, and so are "
            f"the tables {number_of(cost)} and {number_of(conditions)} and the failures."
        )
    yield from _comparable(study)
    for comparison in shown:
        if why := too_few(comparison.curves):
            figure = number_of(critical_difference)
            yield f"{comparison.title}: there is no figure {figure}, for {why}."
    yield from _unmodelled(study)
    yield from _narrow(shown, study.settings)
    yield from _left_out(results)
    if problems := measured(results):
        yield (
            f"Nobody knows reference losses for {listed(problems)}. Regrets there are measured "
            "from these results themselves: 0 is the best loss at full fidelity, and the median of "
            "all trials' last losses stands in for that of a random configuration. Both move when "
            "results are added, so such regrets compare the algorithms of this report only."
        )
    yield from _failures(list(study.failures["kind"]), ended, int(study.curves.failed.sum()))


def _comparable(study: Study) -> Iterator[str]:
    curves, fair = study.curves, study.shown
    if len(study.failures) == len(study.every.cells):
        yield "Every run failed, so there is nothing to compare. The errors are below."
    elif not curves.problems:
        yield "No problem has reference losses, so regrets cannot be computed."
    elif not study.any_done:
        yield (
            "Every run on a problem with reference losses failed, so there is nothing to compare. "
            "The errors are below."
        )
    elif not fair:
        yield (
            "No algorithm was run on all problems and no problem with all algorithms, so there "
            "is no fair average over problems; read the problems one by one."
        )
    elif len(fair) > 1:
        yield (
            "Not every algorithm was run on every problem. Averages over problems are only fair "
            "among algorithms that ran on the same ones, so there are two comparisons: all "
            "problems with the algorithms that ran on each, and all algorithms on the problems "
            "that they share."
        )


def _unmodelled(study: Study) -> Iterator[str]:
    for comparison in each_of_families(study):
        if why := study.computed(mixed_model.reason, comparison):
            yield f"{comparison.title}: there is no table {number_of(mixed_model)}, for {why}."


def _narrow(fair: list[Comparison], settings: Settings) -> Iterator[str]:
    for comparison in fair:
        seeds = comparison.curves.present.sum(axis=2)
        held = coverage(seeds, settings)
        # Without a number there are no intervals at all, as the captions say.
        if len(seeds) > 1 and not np.isnan(held) and not enough_seeds(seeds, settings):
            yield (
                f"{comparison.title}: with so few seeds the intervals are too narrow. Were losses "
                f"normal, {settings.level:.0%} intervals of means would hold the truth in about "
                f"{held:.0%} of cases, so nothing is called clear here."
            )


def _left_out(results: Results) -> Iterator[str]:
    known = set(results.problems["problem"])
    counts = unreferenced(results)
    for what, problems in (
        ("No result and no reference for", [p for p in counts if p not in known]),
        ("No reference to measure from for", [p for p in counts if p in known]),
    ):
        n, their = sum(counts[p] for p in problems), "its" if len(problems) == 1 else "their"
        runs = "only run is" if n == 1 else f"{n:,} runs are"
        if problems:
            yield f"{what} {listed(problems)}: {their} {runs} not in the averages."


def _failures(kinds: list[str], runs: int, imputed: int) -> Iterator[str]:
    """How many runs failed, by kind; ``imputed`` of them are in the averages."""
    if not kinds:
        return
    parts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    of_all = f"{len(kinds):,} of {runs:,} {'run' if runs == 1 else 'runs'} failed ({parts})"
    if imputed == len(kinds):
        yield f"{of_all}; each counts as the clip value."
    elif imputed:
        yield f"{of_all}; {imputed:,} on problems with a reference count as the clip value."
    else:
        yield f"{of_all}."
