"""F4: the share of targets hit over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import curve_frame
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.targets import suite_targets
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import FloatArray, Settings


def ecdf(curves: Curves, runs: Runs, problems: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The share of (problem, target, seed) hit by each share of the budget, with its interval.

    ``curves`` must be a fair comparison; ``problems`` has the references. Seeds and targets count
    equally within a problem, and problems equally whatever number of targets they have. Columns
    as :func:`hpobench.analysis.core.frames.curve_frame`. (Hansen et al., COCO: performance assessment,
    2016.)
    """
    hits = hitting_times(runs, curves, suite_targets(problems, curves).loss)
    shares = hit_shares(hits.at, curves.share * curves.horizon[:, None])
    return curve_frame(curves, curves.share, suite_mean(shares, curves.problems, settings))


def hit_shares(at: FloatArray, times: FloatArray) -> FloatArray:
    """The share of its targets that each run had hit by each of ``times``.

    ``at`` as in :class:`hpobench.analysis.core.hits.Hits`, ``times`` of shape (problems, times); the
    result (algorithms, problems, seeds, times), NaN where there is no such run.
    """
    targets = np.count_nonzero(~np.isnan(at), axis=-1)
    shares = np.full((*at.shape[:-1], times.shape[1]), np.nan)
    for k in range(times.shape[1]):
        hit = np.count_nonzero(at <= times[:, k, None, None], axis=-1)
        np.divide(hit, targets, out=shares[..., k], where=targets > 0)
    return shares
