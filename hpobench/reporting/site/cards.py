"""A card for each searcher and each scheduler: what it is, where it wins and loses, its hazards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from hpobench.contract.cell import Kind
from hpobench.plugins.registry import Entry
from hpobench.reporting.site import render
from hpobench.reporting.site.means import last_place
from hpobench.reporting.site.site_source import SiteSource

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


def pages(source: SiteSource) -> Iterator[tuple[str, bytes]]:
    kinds: tuple[Kind, ...] = ("searcher", "scheduler")
    for kind in kinds:
        places = source.places[kind]
        cards = {label: _card(source, kind, label) for label in places}

        yield render.page(
            source,
            f"{kind}s.html",
            "cards.html.j2",
            f"{kind.capitalize()}s",
            kind=kind,
            cards=sorted(cards.items(), key=lambda card: (-card[1]["share"][0], card[0])),
            places=places,
        )
        for label, card in cards.items():
            path = f"{kind}s/{places[label]}.html"
            yield render.page(source, path, "card.html.j2", label, kind=kind, **card)


def _card(source: SiteSource, kind: Kind, label: str) -> dict[str, Any]:
    means = source.means
    facts = (source.archive.searchers if kind == "searcher" else source.archive.schedulers)[label]
    entry = source.plugin(kind, facts.name)
    members = np.array([getattr(algorithm, kind) == label for algorithm in means.algorithms])
    of_runs = members[means.runs.algorithm]
    rows = sorted(_against(source, kind, members), key=lambda r: (r["difference"], r["problem"]))
    traits = []
    if entry is not None and kind == "searcher":
        for name, (having, lacking) in TRAITS.items():
            has = bool(entry.attributes.get(name))
            traits.append((name.replace("_", "-"), has, having if has else lacking))
    thinking = []
    for n, workers in enumerate(means.workers):
        seconds = means.runs.thinking[of_runs & (means.runs.workers == n)]
        if len(seconds):
            median, slow = np.quantile(seconds, [0.5, 0.95])
            thinking.append({"workers": workers, "median": float(median), "slow": float(slow)})
    several = len({row["problem"] for row in rows}) < len(rows)
    better = sum(row["difference"] < 0 for row in rows)
    return {
        "entry": entry,
        "facts": facts,
        "other": _held_against(kind, label),
        "traits": traits,
        "notes": [*_hazards(entry, kind)],
        "runs": int(of_runs.sum()),
        "failed": [*_failed(source, of_runs & ~means.runs.done)],
        "thinking": thinking,
        "rows": rows,
        "families": [*_by_family(rows)],
        "better": better,
        "share": _share(better, len(rows)),
        "first": sum(row["rank"] == 1 for row in rows),
        "compared": "comparisons" if several else "problems",
        "workers": means.workers[means.main_workers],
    }


def _share(better: int, count: int) -> tuple[float, float]:
    """Wilson's interval of 95 % of a share, from 0 to 1 where nothing is known.

    Cards are ordered by its lower end: a share of few comparisons would otherwise lead by chance.
    """
    if not count:
        return 0.0, 1.0
    low, high = binomtest(better, count).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


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
            "cells": source.cells(problem, algorithm, workers),
            "command": source.command(algorithm, problem, workers),
        }


def _against(
    source: SiteSource, kind: Kind, members: NDArray[np.bool_]
) -> Iterator[dict[str, Any]]:
    """The algorithms on each problem with the most common number of workers, and what each is held
    against, as :func:`_held_against` says.

    They are compared at the last budget that an algorithm reached together with one that it is held
    against, since schedulers may run for other budgets.
    """
    means, n = source.means, source.means.main_workers
    searchers = np.array([algorithm.searcher for algorithm in means.algorithms])
    plain = np.array([algorithm.scheduler == _PLAIN for algorithm in means.algorithms])
    others = (searchers[:, None] == searchers) & (plain[:, None] != plain)
    others |= kind == "searcher"
    for p, problem in enumerate(means.problems):
        regret = means.regret[n, p]
        known = np.isfinite(regret)
        for q in np.flatnonzero(members):
            place = last_place(known[q] & known[others[q]].any(axis=0))
            if place is None:
                continue
            own, every = float(regret[q, place]), regret[known[:, place], place]
            other = float(np.nanmedian(regret[others[q], place]))
            yield {
                "problem": problem,
                "family": source.archive.problems[problem].family,
                "budget": means.budgets[place],
                "algorithm": str(means.algorithms[q]),
                "cells": source.cells(problem, means.algorithms[q], means.workers[n]),
                "regret": own,
                "other": other,
                "difference": own - other,
                "rank": int((every < own).sum()) + 1,
                "of": len(every),
            }


def _held_against(kind: Kind, label: str) -> str:
    if kind == "searcher":
        return "the median algorithm"
    if label == _PLAIN:
        return "the same searcher under other schedulers (their median)"
    return f"the same searcher under {_PLAIN}"


def _by_family(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The mean difference on each family, the best first."""
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row["family"], []).append(row["difference"])
    found = {name: float(np.mean(values)) for name, values in families.items()}
    for name in sorted(found, key=lambda name: (found[name], name)):
        yield {"name": name, "difference": found[name], "count": len(families[name])}
