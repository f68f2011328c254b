"""A card for each problem: its space, its reference, who does best on it, and every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import rankdata

from hpobench.contract.parameters import Categorical, Parameter
from hpobench.data import catalogue
from hpobench.evidence.advice_text import described
from hpobench.evidence.scores import FloatArray
from hpobench.reporting.site import render
from hpobench.reporting.site.means import last_place
from hpobench.reporting.site.source import ProblemDetails, SiteSource
from hpobench.reporting.site.suites import command

_FEWEST = 3
"""Runs of which an order can be compared."""


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    yield render.page(
        source, "problems.html", "problems.html.j2", "Problems", rows=[*_overview(source)]
    )
    yield render.data(source, "problems", [*_facts(source)])
    needs = {
        problem: name for name in catalogue.names() for problem in catalogue.listed(name).problems
    }
    for n, name in enumerate(source.means.problems):
        entry = source.plugin("problem", source.archive.problems[name].name)
        yield render.page(
            source,
            f"problems/{source.places.problems[name]}.html",
            "problem.html.j2",
            name,
            place=source.places.problems[name],
            facts=source.archive.problems[name],
            entry=entry,
            dataset=needs.get(entry.name) if entry else None,
            parameters=_parameters(source.details.get(name)),
            details=source.details.get(name),
            order=[*_order(source, n)],
        )
        yield render.data(source, f"cells-{source.places.problems[name]}", _cells(source, n))


def _overview(source: SiteSource) -> Iterator[dict[str, Any]]:
    """One row for each problem: its features, and the algorithm that does best with the most common
    number of workers."""
    means, workers = source.means, source.means.workers[source.means.main_workers]
    for n, name in enumerate(means.problems):
        yield {
            "name": name,
            "place": source.places.problems[name],
            "facts": source.archive.problems[name],
            "runs": int((means.runs.problem == n).sum()),
            **_best(source, n, workers),
        }


def _best(source: SiteSource, problem: int, workers: int) -> dict[str, Any]:
    """The algorithm of the least mean regret at the last budget that any algorithm reached."""
    means = source.means
    own = means.regret[means.workers.index(workers), problem]
    place = last_place(np.isfinite(own).any(axis=0))
    if place is None:
        return {"best": "", "regret": None, "cells": ""}
    algorithm = int(np.nanargmin(own[:, place]))
    return {
        "best": str(means.algorithms[algorithm]),
        "regret": float(own[algorithm, place]),
        "cells": source.places.cells(means.problems[problem], means.algorithms[algorithm], workers),
    }


def _facts(source: SiteSource) -> Iterator[dict[str, Any]]:
    """What the advice page and the comparison say of problems."""
    means = source.means
    for n, name in enumerate(means.problems):
        facts = source.archive.problems[name]
        workers = np.unique(means.runs.workers[means.runs.problem == n])
        yield {
            "name": name,
            "place": source.places.problems[name],
            "family": facts.family,
            "features": asdict(facts.features),
            "described": described(facts.features),
            "heldout": facts.heldout,
            "workers": [means.workers[w] for w in workers],
        }


def _parameters(details: ProblemDetails | None) -> list[dict[str, str]]:
    """One row for each parameter of the space."""
    if details is None:
        return []
    return [
        {
            "name": parameter.name,
            "kind": parameter.kind,
            "values": _values(parameter),
            "scale": "logarithmic" if getattr(parameter, "log", False) else "",
            "when": _condition(parameter),
        }
        for parameter in details.space
    ]


def _values(parameter: Parameter) -> str:
    if isinstance(parameter, Categorical):
        return ", ".join(map(str, parameter.choices))
    return f"{parameter.low:g} to {parameter.high:g}"


def _condition(parameter: Parameter) -> str:
    if (when := parameter.when) is None:
        return ""
    return f"{when.parent} is {' or '.join(map(str, when.values))}"


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
        correlation = _spearman(regret[known, n], regret[known, -1])
        if correlation is not None:
            yield {"budget": budget, "correlation": correlation, "runs": int(known.sum())}


def _spearman(early: FloatArray, late: FloatArray) -> float | None:
    if len(early) < _FEWEST or not np.ptp(early) or not np.ptp(late):
        return None
    return float(np.corrcoef(rankdata(early), rankdata(late))[0, 1])


def _cells(source: SiteSource, problem: int) -> dict[str, Any]:
    """Every run on a problem, and the commands that make them again."""
    means, name = source.means, source.means.problems[problem]
    own = np.flatnonzero(means.runs.problem == problem)
    commands: dict[str, str] = {}
    rows = []
    for row in own:
        algorithm, workers = int(means.runs.algorithm[row]), means.workers[means.runs.workers[row]]
        commands.setdefault(
            f"{algorithm}/{workers}",
            command(source.suites, means.algorithms[algorithm], name, workers),
        )
        rows.append(
            [
                algorithm,
                workers,
                int(means.runs.seed[row]),
                means.runs.cell[row].hex(),
                int(means.runs.done[row]),
                render.whole(means.runs.regret[row]),
            ]
        )
    return {"rows": rows, "commands": commands}
