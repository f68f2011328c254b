"""What a start or a prior is worth: the same searcher with it and without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits._with_and_without import (
    GivenPair,
    claim,
    given_pairs,
    means,
    rows_of,
    saved_field,
)
from hpobench.analysis.inference.bootstrap import interval_valid, percentile_interval
from hpobench.analysis.inference.rank_tests import SHARES
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import Study, each_of_several
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field, Grid, algorithm_field
from hpobench.contract.wording import interval, number

TITLE = "What a start or a prior is worth"
STEM = "starts"
SHOWS = (
    "What known good configurations or a prior are worth: the time saved and the regret gained "
    "against the same searcher without."
)
TAB = "curves"


def subjects(study: Study) -> list[Comparison]:
    """The comparisons that hold a searcher with a start or a prior, and without."""
    return [one for one in each_of_several(study) if _pairs(study, one)]


def _pairs(study: Study, comparison: Comparison) -> list[GivenPair]:
    algorithms, cells = comparison.curves.algorithms, study.results.cells
    return [pair for key in ("start", "prior") for pair in given_pairs(algorithms, cells, key)]


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Rows of each algorithm with a start or a prior, at each of the shares of the budget.

    Columns ``algorithm, searcher, scheduler``; ``given``, what the start or the prior is, and
    ``plain``, the algorithm without it; ``share`` of the budget; ``gain`` with
    ``low`` and ``high``, the mean ``nr`` without the start less that with it; ``saved`` with
    ``saved_low`` and ``saved_high``, the part of that share which the start saves: the mean ``nr``
    that both have by then is reached so much earlier with the start, or later if it is negative.
    ``caught_up`` is the share of the budget after which the algorithm with the start
    is not clearly better any more: 0 if it never was, NaN if it is still at the end.
    """
    pairs, curves = _pairs(study, comparison), comparison.curves
    given, plain = rows_of(pairs, comparison)
    values = normalised(curves)[given + plain]
    mean, draws = means(study, comparison, values)
    n, settings = len(pairs), study.settings
    valid = (interval_valid(values[:n]) & interval_valid(values[n:]))[:, None]
    gain = percentile_interval(
        mean[n:] - mean[:n], draws[:, n:] - draws[:, :n], settings.level, valid
    )
    # Caught up is the share after the last one at which the start clearly helps.
    clear = gain.low > 0
    after = np.append(curves.share, np.nan)[clear.shape[1] - clear[:, ::-1].argmax(axis=1)]
    columns = algorithm_columns(tuple(pair.algorithm for pair in pairs)).assign(
        given=[pair.value for pair in pairs],
        plain=[pair.plain.name for pair in pairs],
        caught_up=np.where(clear.any(axis=1), after, 0.0),
    )
    frames = []
    for share, point in zip(SHARES, curves.points(SHARES), strict=True):
        saved = percentile_interval(
            _saved(mean[None, :n], mean[None, n:], curves.share, point)[0],
            _saved(draws[:, :n], draws[:, n:], curves.share, point),
            settings.level,
            valid[:, 0],
        )
        at_share: Any = {"share": share, "gain": gain.estimate[:, point]}
        at_share |= {"low": gain.low[:, point], "high": gain.high[:, point]}
        frames.append(columns.assign(**at_share, **saved.columns("saved")))
    return pd.concat(frames, ignore_index=True)


def _saved(started: FloatArray, plain: FloatArray, share: FloatArray, point: int) -> FloatArray:
    """The part of the budget up to ``point`` that the start saves on the way to what both have
    reached there; shape (repetitions, pairs).

    ``started`` and ``plain`` have shape (repetitions, pairs, times).
    """
    target = np.maximum(started[..., point], plain[..., point])[..., None]
    sooner = [share[(curves <= target).argmax(axis=-1)] for curves in (started, plain)]
    saved: FloatArray = (sooner[1] - sooner[0]) / share[point]
    return saved


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        "Saved is the part of a share of the budget by which the searcher with the start is "
        "earlier at the mean normalised regret that both have by then; below 0 it is later. Gain "
        "is what the start or the prior takes from that regret. Caught up is the share of the "
        "budget from which on it does not clearly help any more. Means are over "
        f"{phrases.suite(curves)}.{claim(study, comparison)}{phrases.failures(curves)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """Two columns for each share, and one for when the others have caught up."""
    heads = [f"{what} at {share:.0%}" for share in SHARES for what in ("Saved", "Gain")]
    rows = []
    for _, own in table.groupby(["algorithm", "plain"], sort=False):
        fields, caught = [algorithm_field(own["algorithm"].iloc[0])], own["caught_up"].iloc[0]
        for _, row in own.iterrows():
            detail = interval(row["low"], row["high"])
            fields += [saved_field(row), Field(number(row["gain"]), detail, key=row["gain"])]
        if np.isnan(caught):
            fields.append(Field("not by the end", key=2.0))
        else:
            fields.append(Field(f"at {caught:.0%}" if caught else "never behind", key=caught))
        rows.append(fields)
    return Grid(["Algorithm", *heads, "Caught up"], rows)
