"""Several results folders read as one, as a merge would store them, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hpobench.store.join.merging import merged_plan
from hpobench.store.read.reader import Results, by_cell, in_order, load_results


def load_together(folders: Sequence[Path]) -> Results:
    """The results in ``folders`` as those of one suite: all shards of one run, or the union of
    several suites. A cell that several hold is taken once.

    Raises what :func:`hpobench.store.join.merging.merge` and :func:`load_results` raise.
    """
    stores, plan, _ = merged_plan(folders)
    every = [load_results(store.folder) for store in stores]
    own, taken = [], set[str]()
    for results in every:
        own.append(results.select(~results.cells["cell"].isin(taken)))
        taken.update(results.cells["cell"])
    cells = in_order(_joined([one.cells for one in own]), plan)
    return Results(
        name=plan["name"],
        suite=plan["suite"],
        cells=cells,
        events=by_cell(_joined([one.events for one in own]), cells),
        trials=by_cell(_joined([one.trials for one in own]), cells),
        problems=_latest(_joined([one.problems for one in every])),
        plan=plan,
    )


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all ``frames``, which have the same columns."""
    # pandas warns of types that it would guess from frames without rows.
    joined = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
    labels = [name for name, kind in frames[0].dtypes.items() if kind == "category"]
    return joined.astype(dict.fromkeys(labels, "category"))  # other labels make them plain objects


def _latest(problems: pd.DataFrame) -> pd.DataFrame:
    """The row of each problem; of several that with the latest reference losses."""
    version = problems["version"].fillna(0)
    order = version.sort_values(ascending=False, kind="stable").index
    return problems.loc[order].drop_duplicates("problem").sort_index().reset_index(drop=True)
