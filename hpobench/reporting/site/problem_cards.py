"""A card for each problem: its space, its reference, who does best on it, and every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import rankdata

from hpobench.contract.parameters import Categorical
from hpobench.data import catalogue
from hpobench.evidence.advice_text import described
from hpobench.reporting.site import render
from hpobench.reporting.site.means import last_place
from hpobench.reporting.site.site_source import ProblemDetails, SiteSource

_FEWEST = 3
"""Runs of which an order can be compared."""


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    rows = [*_overview(source)]
    yield render.page(source, "problems.html", "problems.html.j2", "Problems", rows=rows)
    yield render.data(source, "problems", [*_facts(source)])
    needs = {
        problem: name for name in catalogue.names() for problem in catalogue.listed(name).problems
    }
    for n, name in enumerate(source.means.problems):
        facts, place = source.archive.problems[name], source.places["problem"][name]
        entry = source.plugin("problem", facts.name)
        yield render.page(
            source,
            f"problems/{place}.html",
            "problem.html.j2",
            name,
            place=place,
            facts=facts,
            entry=entry,
            dataset=needs.get(entry.name) if entry else None,
            parameters=[*_parameters(source.details.get(name))],
            details=source.details.get(name),
            order=[*_order(source, n)],
        )
        yield render.data(source, f"cells-{place}", _cells(source, n))


def _overview(source: SiteSource) -> Iterator[dict[str, Any]]:
    """One row for each problem: its features, and the algorithm of the least mean regret with the
    most common number of workers at the last budget that any algorithm reached."""
    means, main = source.means, source.means.main_workers
    for n, name in enumerate(means.problems):
        row = {
            "name": name,
            "place": source.places["problem"][name],
            "facts": source.archive.problems[name],
            "runs": int((means.runs.problem == n).sum()),
        }
        regret = means.regret[main, n]
        place = last_place(np.isfinite(regret).any(axis=0))
        if place is None:
            yield {**row, "best": "", "regret": None, "cells": ""}
            continue
        best = int(np.nanargmin(regret[:, place]))
        algorithm = means.algorithms[best]
        cells = source.cells(name, algorithm, means.workers[main])
        found = {"best": str(algorithm), "regret": float(regret[best, place]), "cells": cells}
        yield {**row, **found}


def _facts(source: SiteSource) -> Iterator[dict[str, Any]]:
    """What the advice page and the comparison say of problems."""
    means = source.means
    for n, name in enumerate(means.problems):
        facts = source.archive.problems[name]
        workers = np.unique(means.runs.workers[means.runs.problem == n])
        yield {
            "name": name,
            "place": source.places["problem"][name],
            "family": facts.family,
            "features": asdict(facts.features),
            "described": described(facts.features),
            "heldout": facts.heldout,
            "workers": [means.workers[w] for w in workers],
        }


def _parameters(details: ProblemDetails | None) -> Iterator[dict[str, str]]:
    """One row for each parameter of the space."""
    for parameter in details.space if details else ():
        values = (
            ", ".join(map(str, parameter.choices))
            if isinstance(parameter, Categorical)
            else f"{parameter.low:g} to {parameter.high:g}"
        )
        when = parameter.when
        yield {
            "name": parameter.name,
            "kind": parameter.kind,
            "values": values,
            "scale": "logarithmic" if getattr(parameter, "log", False) else "",
            "when": f"{when.parent} is {' or '.join(map(str, when.values))}"
            if when is not None
            else "",
        }


def _order(source: SiteSource, problem: int) -> Iterator[dict[str, float]]:
    """Spearman's correlation over runs between the regrets at each budget and at the last one.

    The runs are those with the most common number of workers that reached the last budget.
    """
    means = source.means
    own = (means.runs.problem == problem) & (means.runs.workers == means.main_workers)
    regret = means.runs.regret[own]
    regret = regret[np.isfinite(regret[:, -1])]
    if len(regret) < _FEWEST:
        return
    for n, budget in enumerate(means.budgets[:-1]):
        known = np.isfinite(regret[:, n])
        early, late = regret[known, n], regret[known, -1]
        # Where all are equal there is no order, and the correlation is not defined.
        if len(early) >= _FEWEST and np.ptp(early) and np.ptp(late):
            correlation = float(np.corrcoef(rankdata(early), rankdata(late))[0, 1])
            yield {"budget": budget, "correlation": correlation, "runs": len(early)}


def _cells(source: SiteSource, problem: int) -> dict[str, Any]:
    """Every run on a problem, and the commands that make them again."""
    means, name = source.means, source.means.problems[problem]
    own = np.flatnonzero(means.runs.problem == problem)
    commands: dict[str, str] = {}
    rows = []
    for row in own:
        algorithm, workers = int(means.runs.algorithm[row]), means.workers[means.runs.workers[row]]
        command = source.command(means.algorithms[algorithm], name, workers)
        commands.setdefault(f"{algorithm}/{workers}", command)
        seed, cell = int(means.runs.seed[row]), means.runs.cell[row].hex()
        regret = render.whole(means.runs.regret[row])
        rows.append([algorithm, workers, seed, cell, int(means.runs.done[row]), regret])
    return {"rows": rows, "commands": commands}
