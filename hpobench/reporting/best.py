"""The best configuration of each problem, to be copied as Python."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.exhibits._best_configurations import best_of_each
from hpobench.analysis.study import Study
from hpobench.contract.problem import Objective
from hpobench.contract.space import Space
from hpobench.contract.wording import number
from hpobench.plugins.registry import Registry
from hpobench.reporting.calls import FindingRun, search_cv, tuner
from hpobench.reporting.python_text import written


@dataclass(frozen=True)
class Form:
    """A text to copy."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Best:
    """The best configuration of one problem."""

    problem: str
    metric: str
    better: str
    """Which values of the metric are better: ``higher`` or ``lower``."""
    value: str
    heldout: str
    """Empty where the problem has no held-out data."""
    algorithm: str
    seed: int
    trial: int
    share: str
    """After how much of the budget it was found."""
    forms: list[Form]


def best_configurations(study: Study) -> list[Best]:
    """One for each problem with a finite result, in the order of the results."""
    if not study.knows_trials:
        return []
    table, cells = best_of_each(study.results), study.results.cells
    keys = ["problem", "searcher", "scheduler", "seed", "workers"]
    cells = cells.assign(algorithm=algorithm_names(cells)).set_index(keys, drop=False)
    cells = cells.loc[pd.MultiIndex.from_frame(table[keys])]
    problems = study.results.problems.set_index("problem", drop=False)
    shares, registry = _shares(study, cells, table), functools.cache(Registry)
    found = []
    for i, (_, row) in enumerate(table.iterrows()):
        cell, problem = cells.iloc[i], problems.loc[row["problem"]]
        run = FindingRun(
            spec=stored_mapping(cell["spec"]),
            space=Space.from_json(json.loads(problem["space"])),
            objective=Objective(problem["metric"], problem["direction"]),
            steps=int(problem["steps"]),
            trials=int(cell["trials"]),
            workers=int(cell["workers"]),
            seed=int(cell["seed"]),
            live=cell["stage"] == "live",
            registry=registry,
        )
        texts = {
            "Python dict": f"config = {written(row['config'])}",
            "SearchCV": search_cv(run),
            "ray.tune.Tuner": tuner(run),
        }
        best = Best(
            problem=row["problem"],
            metric=row["metric"],
            better="higher" if row["direction"] == "maximize" else "lower",
            value=number(row["value"]),
            heldout="" if np.isnan(row["heldout"]) else number(row["heldout"]),
            algorithm=cell["algorithm"],
            seed=int(row["seed"]),
            trial=int(row["trial"]),
            share=f"{100 * shares[i]:.3g} %",
            forms=[
                Form(f"best-{i}-{n}", title, text)
                for n, (title, text) in enumerate(texts.items())
                if text is not None
            ],
        )
        found.append(best)
    return found


def _shares(study: Study, cells: pd.DataFrame, best: pd.DataFrame) -> list[float]:
    """When each of ``best`` came in, as a share of the problem's longest run; ``cells`` are the
    rows of the runs that found them."""
    every, timed = study.results.cells, study.settings.axis.startswith("time")
    spent = "clock" if timed else "resource"
    longest = every.groupby("problem")[spent].max()
    events = study.results.events
    events = events[events["cell"].isin(set(cells["cell"]))]
    paid = events["clock"] if timed else events.groupby("cell", observed=True)["resource"].cumsum()
    events = events.assign(paid=paid)
    last = events[np.isfinite(events["loss"])].drop_duplicates(["cell", "trial"], keep="last")
    at = last.set_index([last["cell"].astype(object), "trial"])["paid"]
    pairs = zip(cells["cell"], best["trial"], strict=True)
    ends = longest.loc[best["problem"]].to_numpy(np.float64)
    return [float(min(at[pair] / end, 1.0)) for pair, end in zip(pairs, ends, strict=True)]
