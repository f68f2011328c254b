"""Our results beside what others published, claim by claim."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, compute_curves
from hpobench.analysis.core.hits import Runs, compute_runs, hitting_times
from hpobench.analysis.core.normalise import relative_to_random
from hpobench.analysis.core.snapshot import snapshot
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.exhibits.final_loss import final_loss
from hpobench.analysis.inference.bootstrap import (
    Interval,
    interval_valid,
    percentile_interval,
    resampled_means,
    seed_means,
)
from hpobench.analysis.inference.ert import spending
from hpobench.analysis.inference.ert_ratio import ert_ratios
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.paper.claims import Claim, Order, Publication, Speedup, Value
from hpobench.store.reader import Results

COLUMNS = ["source", "claim", "says", "where", "confirmed", "published"]
COLUMNS += ["ours", "low", "high", "bound", "agrees", "why"]


@dataclass(frozen=True)
class _Case:
    """The results of a suite on a publication's axis."""

    results: Results
    curves: Curves
    runs: Runs
    settings: Settings


def settings_of(publication: Publication, settings: Settings) -> Settings:
    """``settings`` on the publication's axis, with its incumbents."""
    return replace(settings, axis=publication.axis, fidelity=publication.fidelity)


def compare(publication: Publication, results: Results, settings: Settings) -> pd.DataFrame:
    """One row per claim of ``publication``; ``results`` are those of its suite.

    Columns as :data:`COLUMNS`. ``ours`` with its bootstrap interval ``low`` to ``high`` is, by the
    kind of claim, the mean value of the metric; the mean regret over that of the algorithm that is
    said to be worse; or the expected running time of the one that is said to be slower over the
    algorithm's. ``bound``: ``>=`` or ``<=`` where one of the two never hit, ``none`` where neither
    did, as in :func:`hpobench.analysis.inference.ert_ratio.ert_ratios`.

    ``agrees``: "yes" where the whole interval is on the claim's side, "no" where it is on the
    other, else "undecided". ``why``: the claim's own text, where it does not agree. ``confirmed``:
    False where a claim is as remembered.

    Raises :class:`UsageError` where the results lack what a claim is about.
    """
    settings = settings_of(publication, settings)
    curves, runs = compute_curves(results, settings), compute_runs(results, settings)
    case = _Case(results, curves, runs, settings)
    rows = []
    for claim in publication.claims:
        ours, bound = _measured(claim, case)
        estimate, low, high = (float(np.asarray(part).item()) for part in ours)
        agrees = claim.agrees(low, high)
        rows.append(
            {
                "source": publication.source,
                "claim": claim.id,
                "says": claim.says,
                "where": claim.where,
                "confirmed": claim.confirmed,
                "published": claim.printed,
                "ours": estimate,
                "low": low,
                "high": high,
                "bound": bound,
                "agrees": agrees,
                "why": "" if agrees == "yes" else claim.differs,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _measured(claim: Claim, case: _Case) -> tuple[Interval, str]:
    """Ours, and what of a bound it is."""
    match claim:
        case Value():
            return _value(claim, case), ""
        case Order():
            return _ratio(claim, case), ""
        case Speedup():
            return _speedup(claim, case)


def _value(claim: Value, case: _Case) -> Interval:
    part = _at(claim, claim.at, case, claim.algorithm)
    row = final_loss(part, case.results.problems, case.settings).iloc[0]
    return Interval(row["mean"], row["low"], row["high"])


def _ratio(claim: Order, case: _Case) -> Interval:
    part = _at(claim, claim.at, case, claim.algorithm, claim.than)
    better, worse = (part.names.index(name) for name in (claim.algorithm, claim.than))
    means = seed_means(part.loss)[:, 0]
    draws = resampled_means(part.loss[:, 0], claim.problem, case.settings)
    estimate, resampled = (
        relative_to_random(x[..., better, :], x[..., worse, :], part.optimum)
        for x in (means, draws)
    )
    valid = np.array([interval_valid(part.loss).all()])
    return percentile_interval(estimate, resampled, case.settings.level, valid)


def _speedup(claim: Speedup, case: _Case) -> tuple[Interval, str]:
    part = _part(claim, case, claim.algorithm, claim.than)
    hits = hitting_times(case.runs, part, tolerance_targets(part, [claim.target]))
    spent, hit = (x[..., 0] for x in spending(hits))
    table = ert_ratios(
        part.algorithms,
        part.problems,
        spent,
        hit,
        baseline=np.full(len(part.names), part.names.index(claim.than)),
        horizon=part.horizon,
        undecided=np.nan,
        settings=case.settings,
    )
    own = (table["algorithm"] == claim.algorithm) & (table["problem"] == claim.problem)
    row = table[own].iloc[0]
    return Interval(row["ratio"], row["low"], row["high"]), str(row["bound"])


def _at(claim: Claim, at: float, case: _Case, *algorithms: str) -> Curves:
    part = _part(claim, case, *algorithms)
    if at > part.horizon[0]:
        raise UsageError(
            f"claim {claim.id!r} is about {at:g} on the {case.settings.axis} axis, but the runs "
            f"on {claim.problem} end at {part.horizon[0]:g}; give the suite a larger budget"
        )
    return snapshot(case.runs, part, at)


def _part(claim: Claim, case: _Case, *algorithms: str) -> Curves:
    """The curves of the claim's problem and of ``algorithms``."""
    curves = case.curves
    if claim.problem not in curves.problems:
        raise UnknownNameError(f"problem of claim {claim.id!r}", claim.problem, curves.problems)
    here = np.array([problem == claim.problem for problem in curves.problems])
    ran = [
        a.name
        for a, (there,) in zip(curves.algorithms, curves.complete[:, here], strict=True)
        if there
    ]
    for name in algorithms:
        if name not in ran:
            raise UnknownNameError(f"algorithm of claim {claim.id!r}", name, ran)
    return curves.select(np.array([name in algorithms for name in curves.names]), here)
