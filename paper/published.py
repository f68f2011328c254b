"""Our results beside what others published, claim by claim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.incumbent import look_up
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
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.paper.claims import Claim, Order, Publication, Speedup, Value
from hpobench.store.read.reader import Results

COLUMNS = ["source", "claim", "says", "where", "published"]
COLUMNS += ["ours", "low", "high", "bound", "agrees", "why"]


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
    other, else "undecided". ``why``: the claim's own text, where it does not agree.

    Raises :class:`UsageError` where the results lack what a claim is about.
    """
    study = Study(results, settings_of(publication, settings))
    rows = []
    for claim in publication.claims:
        ours, bound = _measured(claim, study)
        estimate, low, high = (float(np.asarray(part).item()) for part in ours)
        agrees = claim.agrees(low, high)
        rows.append(
            {
                "source": publication.source,
                "claim": claim.id,
                "says": claim.says,
                "where": claim.where,
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


def _measured(claim: Claim, study: Study) -> tuple[Interval, str]:
    """Our value with its interval, and which kind of bound it is."""
    match claim:
        case Value():
            return _value(claim, study), ""
        case Order():
            return _ratio(claim, study), ""
        case Speedup():
            return _speedup(claim, study)


def _value(claim: Value, study: Study) -> Interval:
    part = _at(claim, claim.at, study, claim.algorithm)
    row = final_loss(part, study.results.problems, study.settings).iloc[0]
    return Interval(row["mean"], row["low"], row["high"])


def _ratio(claim: Order, study: Study) -> Interval:
    part = _at(claim, claim.at, study, claim.algorithm, claim.than)
    better, worse = (part.names.index(name) for name in (claim.algorithm, claim.than))
    means = seed_means(part.loss)[:, 0]
    draws = resampled_means(part.loss[:, 0], claim.problem, study.settings)
    estimate, resampled = (
        relative_to_random(x[..., better, :], x[..., worse, :], part.optimum)
        for x in (means, draws)
    )
    valid = np.array([interval_valid(part.loss).all()])
    return percentile_interval(estimate, resampled, study.settings.level, valid)


def _speedup(claim: Speedup, study: Study) -> tuple[Interval, str]:
    part = _part(claim, study, claim.algorithm, claim.than)
    hits = hitting_times(study.runs, part, tolerance_targets(part, [claim.target]))
    spent, hit = (x[..., 0] for x in spending(hits))
    table = ert_ratios(
        part.algorithms,
        part.problems,
        spent,
        hit,
        baseline=np.full(len(part.names), part.names.index(claim.than)),
        horizon=part.horizon,
        undecided=np.nan,
        settings=study.settings,
    )
    own = (table["algorithm"] == claim.algorithm) & (table["problem"] == claim.problem)
    row = table[own].iloc[0]
    return Interval(row["ratio"], row["low"], row["high"]), str(row["bound"])


def _at(claim: Claim, at: float, study: Study, *algorithms: str) -> Curves:
    part = _part(claim, study, *algorithms)
    if at > part.horizon[0]:
        raise UsageError(
            f"claim {claim.id!r} is about {at:g} on the {study.settings.axis} axis, but the runs "
            f"on {claim.problem} end at {part.horizon[0]:g}; give the suite a larger budget"
        )
    return snapshot(study.runs, part, at)


def _part(claim: Claim, study: Study, *algorithms: str) -> Curves:
    """The curves of the claim's problem and of ``algorithms``."""
    curves = study.curves
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


def snapshot(runs: Runs, curves: Curves, at: float) -> Curves:
    """The runs of ``curves`` at ``at`` on their axis, which is then all of the budget there is.

    As on the grid, the clip stands in before a run's first result, and a run that has ended stays
    at its final incumbent.
    """
    loss = np.full((*curves.present.shape, 1), np.nan)
    for a, p, s in np.argwhere(curves.present):
        steps = runs.incumbents.steps(runs.of(curves, a, p, s))
        loss[a, p, s] = look_up(*steps, np.array([at]), float(curves.clip[p]))
    horizon = np.full(len(curves.problems), at)
    return replace(curves, share=np.ones(1), horizon=horizon, loss=loss)


def relative_to_random(
    mean_loss: FloatArray, mean_random_loss: FloatArray, optimum: FloatArray
) -> FloatArray:
    """``(E[loss] - optimum) / (E[random search's loss] - optimum)``: random search is a flat 1.

    Takes means over seeds; NaN where random search itself sits at the optimum.
    """
    below = mean_random_loss - optimum
    return np.divide(
        mean_loss - optimum, below, out=np.full_like(mean_loss - below, np.nan), where=below > 0
    )
