"""A card for each searcher and each scheduler: what it is, where it wins and loses, its hazards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpobench.plugins.registry import Entry
from hpobench.reporting.site import render
from hpobench.reporting.site.means import last_place
from hpobench.reporting.site.source import SiteSource
from hpobench.reporting.site.suites import command

Kind = Literal["searcher", "scheduler"]
TRAITS: Mapping[str, tuple[str, str]] = {
    "parallel": (
        "It takes account of trials under way.",
        "It takes no account of trials under way, so workers at the same time may repeat one "
        "another.",
    ),
    "conditional": (
        "It understands spaces with conditions.",
        "It does not understand spaces with conditions, and is not run on them.",
    ),
    "multi_fidelity": (
        "It learns from losses of different fidelities.",
        "It does not tell fidelities apart: the last loss of a stopped trial counts as if the "
        "trial were complete.",
    ),
    "cost_aware": ("It learns what trials cost.", "It does not learn what trials cost."),
    "deterministic": (
        "The same seed gives the same proposals.",
        "The same seed does not promise the same proposals; repeated runs differ.",
    ),
}
"""Of a searcher's capabilities, what it means to have one and to lack it."""
_HAZARDS = ("parallel", "conditional", "deterministic")
"""The capabilities whose lack is a hazard; to lack the others costs nothing but their use."""
_PLAIN = "fifo"
"""The scheduler that stops nothing, beside which others are judged."""


@dataclass(frozen=True)
class Against:
    """An algorithm on one problem, and what it is held against."""

    problem: str
    family: str
    budget: float
    """In full evaluations."""
    algorithm: str
    cells: str
    """The address of its runs from the site's root."""
    regret: float
    other: float
    """The regret that it is held against."""
    rank: int
    """Among the algorithms that ran on the problem; 1 is the best."""
    of: int

    @property
    def difference(self) -> float:
        return self.regret - self.other


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    kinds: tuple[Kind, ...] = ("searcher", "scheduler")
    for kind in kinds:
        labels: Mapping[str, str] = getattr(source.places, f"{kind}s")
        cards = {label: _card(source, kind, label) for label in labels}
        best_first = sorted(cards, key=lambda label: (-_share_better(cards[label]), label))
        yield render.page(
            source,
            f"{kind}s.html",
            "cards.html.j2",
            f"{kind.capitalize()}s",
            kind=kind,
            cards={label: cards[label] for label in best_first},
            against=_held_against(kind, ""),
            places=labels,
        )
        for label, place in labels.items():
            yield render.page(
                source,
                f"{kind}s/{place}.html",
                "card.html.j2",
                label,
                kind=kind,
                **cards[label],
            )


def _share_better(card: Mapping[str, Any]) -> float:
    return float(card["better"] / max(len(card["rows"]), 1))


def _card(source: SiteSource, kind: Kind, label: str) -> dict[str, Any]:
    means = source.means
    plugins = source.archive.searchers if kind == "searcher" else source.archive.schedulers
    facts = plugins[label]
    entry = source.plugin(kind, facts.name)
    members = np.array([getattr(algorithm, kind) == label for algorithm in means.algorithms])
    of_runs = members[means.runs.algorithm]
    rows = sorted(_against(source, kind, members), key=lambda row: (row.difference, row.problem))
    return {
        "entry": entry,
        "facts": facts,
        "other": _held_against(kind, label),
        "traits": _traits(entry, kind),
        "notes": [*_hazards(entry, kind)],
        "runs": int(of_runs.sum()),
        "failed": [*_failed(source, of_runs & ~means.runs.done)],
        "thinking": [*_thinking(source, members)],
        "rows": rows,
        "families": [*_by_family(rows)],
        "better": sum(row.difference < 0 for row in rows),
        "first": sum(row.rank == 1 for row in rows),
        "compared": "problems"
        if len({row.problem for row in rows}) == len(rows)
        else "comparisons",
        "workers": means.workers[means.main_workers],
    }


def _traits(entry: Entry | None, kind: Kind) -> list[tuple[str, bool, str]]:
    """Each capability, whether the searcher has it, and what that means."""
    if entry is None or kind == "scheduler":
        return []
    return [
        (name.replace("_", "-"), bool(entry.attributes.get(name)), texts[0 if has else 1])
        for name, texts in TRAITS.items()
        for has in [bool(entry.attributes.get(name))]
    ]


def _hazards(entry: Entry | None, kind: Kind) -> Iterator[str]:
    if entry is None:
        yield f"No {kind} of this name is installed here, so its capabilities are not known."
        return
    if kind == "searcher":
        for name in _HAZARDS:
            if not entry.attributes.get(name):
                yield TRAITS[name][1]
    elif entry.attributes.get("needs_fidelity"):
        yield "It decides between steps, so it needs problems whose trials have several."
    yield from entry.attributes.get("notes", ())


def _failed(source: SiteSource, which: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    means = source.means
    for row in np.flatnonzero(which):
        algorithm = means.algorithms[means.runs.algorithm[row]]
        problem = means.problems[means.runs.problem[row]]
        workers = means.workers[means.runs.workers[row]]
        yield {
            "algorithm": str(algorithm),
            "problem": problem,
            "workers": workers,
            "seed": int(means.runs.seed[row]),
            "cells": source.places.cells(problem, algorithm, workers),
            "command": command(source.suites, algorithm, problem, workers),
        }


def _thinking(source: SiteSource, members: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    """The seconds for each trial by number of workers."""
    means = source.means
    of_runs = members[means.runs.algorithm]
    for n, workers in enumerate(means.workers):
        seconds = means.runs.thinking[of_runs & (means.runs.workers == n)]
        if len(seconds):
            median, slow = np.quantile(seconds, [0.5, 0.95])
            yield {"workers": workers, "median": float(median), "slow": float(slow)}


def _against(source: SiteSource, kind: Kind, members: NDArray[np.bool_]) -> Iterator[Against]:
    """The algorithms on each problem with the most common number of workers.

    They are compared at the last budget that an algorithm reached together with one that it is held
    against, since schedulers may run for other budgets.
    """
    means, n = source.means, source.means.main_workers
    others = [_others(source, kind, q) for q in range(len(means.algorithms))]
    for p, problem in enumerate(means.problems):
        regret = means.regret[n, p]
        known = np.isfinite(regret)
        for q in np.flatnonzero(members):
            place = last_place(known[q] & known[others[q]].any(axis=0))
            if place is None:
                continue
            own = float(regret[q, place])
            every = regret[known[:, place], place]
            yield Against(
                problem,
                source.archive.problems[problem].family,
                means.budgets[place],
                str(means.algorithms[q]),
                source.places.cells(problem, means.algorithms[q], means.workers[n]),
                own,
                float(np.nanmedian(regret[others[q], place])),
                int((every < own).sum()) + 1,
                len(every),
            )


def _others(source: SiteSource, kind: Kind, algorithm: int) -> NDArray[np.bool_]:
    """Shape (algorithms,): what an algorithm is held against, as :func:`_held_against` says."""
    algorithms = source.means.algorithms
    if kind == "searcher":
        return np.ones(len(algorithms), dtype=bool)
    own = algorithms[algorithm]
    return np.array(
        [
            other.searcher == own.searcher
            and (other.scheduler == _PLAIN) != (own.scheduler == _PLAIN)
            for other in algorithms
        ]
    )


def _held_against(kind: Kind, label: str) -> str:
    if kind == "searcher":
        return "the median algorithm"
    if label == _PLAIN:
        return "the same searcher under other schedulers (their median)"
    return f"the same searcher under {_PLAIN}"


def _by_family(rows: list[Against]) -> Iterator[dict[str, Any]]:
    """The mean difference on each family, the best first."""
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row.difference)
    found = {name: float(np.mean(values)) for name, values in families.items()}
    for name in sorted(found, key=lambda name: (found[name], name)):
        yield {"name": name, "difference": found[name], "count": len(families[name])}
