"""Runs of two results that belong together: the same labels and seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.settings import BoolArray
from hpobench.contract.errors import UsageError
from hpobench.plugins.signature import moved
from hpobench.store.read.reader import Results

KEY = ["searcher", "scheduler", "problem", "seed"]  # labels, and what a seed means the same for
CONDITIONS = ("workers", "stage", "budget")  # what a run is given, whatever the algorithm
_SCALE = ("metric", "direction", "heldout", "fidelity", "steps", "unit", "space")


@dataclass(frozen=True)
class Pairs:
    """The runs that two results share: row ``i`` of ``base.cells`` belongs to that of ``new``."""

    base: Results
    new: Results
    same: BoolArray
    """Of each pair: whether the two ended alike and came by the same results, bit by bit."""
    missing: pd.DataFrame
    """Runs of BASE alone, by :data:`KEY`; runs of problems that are left out do not count."""
    added: pd.DataFrame
    """Runs of NEW alone."""
    left_out: dict[str, str]
    """Problems of both that cannot be compared, each with the reason."""

    def together(self) -> Results:
        """All runs as one, with the references of NEW. Seeds are renumbered: the ``i``-th of all
        is ``2 i`` in BASE and ``2 i + 1`` in NEW."""
        seeds = pd.Index(sorted(self.new.cells["seed"].unique()))
        parts: dict[str, list[pd.DataFrame]] = {"cells": [], "events": [], "trials": []}
        for side, results in enumerate((self.base, self.new)):
            for name, frames in parts.items():
                frame = getattr(results, name)
                frame = frame.assign(cell=[f"{side} {cell}" for cell in frame["cell"]])
                if name == "cells":
                    frame["seed"] = 2 * seeds.get_indexer(pd.Index(frame["seed"])) + side
                frames.append(frame)
        joined: Any = {n: pd.concat(frames, ignore_index=True) for n, frames in parts.items()}
        return replace(self.new, **joined)


def paired(base: Results, new: Results) -> Pairs:
    """The runs of both.

    Problems that are not the same, or whose runs had other budgets, numbers of workers or stages,
    are left out. Reference losses may differ. Raises :class:`UsageError` if nothing is left, or
    where labels and seed name more than one run.
    """
    for side, results in (("BASE", base), ("NEW", new)):
        twice = results.cells.loc[results.cells.duplicated(KEY), KEY]
        if len(twice):
            raise UsageError(
                f"{side} has several runs of {'/'.join(map(str, twice.iloc[0]))}, with other "
                "numbers of workers, say; compare results of one number each"
            )
    old = {str(row["problem"]): row for _, row in base.problems.iterrows()}
    left_out = {}
    for _, problem in new.problems.iterrows():
        name = str(problem["problem"])
        if name in old and (reason := _why_not(old[name], problem, base, new)):
            left_out[name] = reason
    ours, theirs = (r.cells[~r.cells["problem"].isin(left_out)] for r in (base, new))
    both = ours[KEY].merge(theirs[KEY])
    if both.empty:
        raise UsageError(_nothing(base, new, left_out))
    base, new = _rows(base, both), _rows(new, both)
    same = np.array([a == b for a, b in zip(_histories(base), _histories(new), strict=True)])
    return Pairs(base, new, same, _except(ours, both), _except(theirs, both), left_out)


def _why_not(before: pd.Series, now: pd.Series, base: Results, new: Results) -> str | None:
    """What is no longer the same of a problem, or of what its runs were given."""
    for column in _SCALE:
        if before[column] != now[column]:
            return f"its {column} was {before[column]} and is {now[column]}"
    signatures = [row["signature"] for row in (before, now)]
    built = all(isinstance(text, str) for text in signatures)  # else it could never be built
    if built and (change := moved(*map(json.loads, signatures))):
        return f"it is not the same any more: {change}"
    given = []
    for cells in (base.cells, new.cells):
        own = cells[cells["problem"] == now["problem"]]
        budgets = [json.dumps(json.loads(spec)["budget"], sort_keys=True) for spec in own["spec"]]
        given.append(own.assign(budget=budgets))
    for what in CONDITIONS:
        ours, theirs = (sorted(part[what].unique().tolist()) for part in given)
        if ours != theirs:
            return f"{what}: {_alternatives(ours)} in BASE, {_alternatives(theirs)} in NEW"
    return None


def _alternatives(values: Sequence[Any]) -> str:
    return " or ".join(map(str, values))


def _nothing(base: Results, new: Results, left_out: dict[str, str]) -> str:
    if left_out:
        reasons = "".join(f"\n  {name}: {reason}" for name, reason in left_out.items())
        return f"nothing can be compared; problems left out:{reasons}"
    for label in KEY:
        if not set(base.cells[label]) & set(new.cells[label]):
            ours, theirs = (_alternatives(list(dict.fromkeys(r.cells[label]))) for r in (base, new))
            return f"nothing can be compared: BASE has the {label} {ours}, NEW has {theirs}"
    return "nothing can be compared: no run of BASE has the labels and the seed of one of NEW"


def _except(cells: pd.DataFrame, both: pd.DataFrame) -> pd.DataFrame:
    found = cells[KEY].merge(both, how="left", indicator="_in")
    return found.loc[found["_in"] == "left_only", KEY].reset_index(drop=True)


def _rows(results: Results, keys: pd.DataFrame) -> Results:
    """The runs of ``keys``, in their order, and their problems."""
    cells = keys.merge(results.cells, how="left")
    problems = results.problems[results.problems["problem"].isin(cells["problem"])]
    events, trials = (_of(frame, cells) for frame in (results.events, results.trials))
    problems = problems.reset_index(drop=True)
    return replace(results, cells=cells, problems=problems, events=events, trials=trials)


def _of(frame: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``cells``, in the order of these."""
    run = pd.Index(cells["cell"]).get_indexer(pd.Index(frame["cell"]))
    order = np.argsort(run, kind="stable")
    return frame.iloc[order[np.count_nonzero(run < 0) :]].reset_index(drop=True)


def _histories(results: Results) -> list[tuple[str, bytes]]:
    """How each run ended, and a digest of each of its results in their order."""
    # Without the cells' ids, which differ between the two sides where code did.
    rows = pd.util.hash_pandas_object(results.events.drop(columns="cell"), index=False).to_numpy()
    bounds = np.searchsorted(run_of(results, results.events), np.arange(len(results.cells) + 1))
    events = [rows[low:high].tobytes() for low, high in pairwise(bounds)]
    return list(zip(results.cells["status"], events, strict=True))
