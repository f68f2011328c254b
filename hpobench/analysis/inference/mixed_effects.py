"""A linear mixed model of scores, by statsmodels:

    score ~ searcher * scheduler + log10(budget) + (1 | family / problem / seed)

Effects of searchers, schedulers and the budget are the same everywhere; families, the problems in
them and the seeds of these shift all scores at random.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import NotAvailableError

GROUPS = ("family", "problem", "seed")
_MOST_STEPS = 1000  # of Nelder and Mead's method, which takes about 100


class MixedModel(NamedTuple):
    """What was fitted by restricted maximum likelihood."""

    effects: pd.DataFrame
    """A row for each column of the design: ``estimate, error, p``."""
    spread: pd.Series
    """Standard deviations by :data:`GROUPS`, and ``rest``; NaN for a group that is the same as
    the one that it is in, such as a problem where families have one each."""


def design(algorithms: Sequence[Algorithm]) -> tuple[pd.DataFrame, FloatArray]:
    """The effects of a cross of searchers and schedulers, against the first of each.

    Returns the labels of each effect, ``searcher`` and ``scheduler`` (missing where the effect is
    one for all), and the rows of the design without the intercept, shape (algorithms, effects).
    Effects that the algorithms cannot tell from those before, as in a cross with gaps, are left
    out.
    """
    searchers = list(dict.fromkeys(a.searcher for a in algorithms))[1:]
    schedulers = list(dict.fromkeys(a.scheduler for a in algorithms))[1:]
    wanted: list[tuple[str | None, str | None]] = [(s, None) for s in searchers]
    wanted += [(None, c) for c in schedulers]
    wanted += product(searchers, schedulers)
    labels, columns = [], np.ones((len(algorithms), 1))
    for one, other in wanted:
        own = [one in (None, a.searcher) and other in (None, a.scheduler) for a in algorithms]
        tried = np.column_stack([columns, own])
        if np.linalg.matrix_rank(tried) == tried.shape[1]:
            labels.append((one, other))
            columns = tried
    frame = pd.DataFrame(labels, columns=["searcher", "scheduler"], dtype=object)
    return frame, columns[:, 1:]


def mixed_model(score: FloatArray, columns: FloatArray, groups: pd.DataFrame) -> MixedModel:
    """The model of ``score`` with fixed effects of ``columns`` and an intercept before them.

    ``columns`` has shape (rows, effects); ``groups`` has the columns :data:`GROUPS`. Raises
    :class:`NotAvailableError` without statsmodels, and :class:`ArithmeticError` where nothing can
    be fitted.
    """
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError as error:
        raise NotAvailableError(
            "the mixed model needs statsmodels: pip install 'hpobench[stats]'"
        ) from error
    # Numbers, which formulas take whatever the labels are; a problem is one of its family, and a
    # seed one of its problem.
    keys = [list(GROUPS[: i + 1]) for i in range(len(GROUPS))]
    numbered = {key[-1]: groups.groupby(key, sort=False).ngroup().to_numpy() for key in keys}
    names = [f"x{i}" for i in range(columns.shape[1])]
    data = pd.DataFrame(numbered).assign(score=score)
    data = pd.concat([data, pd.DataFrame(columns, columns=names)], axis=1)
    model = MixedLM.from_formula(
        f"score ~ {' + '.join(names)}",
        data,
        groups="family",
        re_formula="1",
        vc_formula={
            name: f"0 + C({name})"
            for whole, name in pairwise(GROUPS)
            if data[name].nunique() > data[whole].nunique()
        },
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # that a spread is 0, which the table shows
        try:
            # Three spreads need no slopes, by which others stop early where one is about 0.
            fit = model.fit(method="nm", maxiter=_MOST_STEPS)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise ArithmeticError(f"no mixed model could be fitted: {error}") from error
    if not (fit.converged and np.isfinite(fit.bse_fe).all()):
        raise ArithmeticError("the fit of the mixed model did not converge")
    variances = {"family": float(fit.cov_re.iloc[0, 0])}
    variances |= dict(zip(model.exog_vc.names, fit.vcomp, strict=True))
    variances |= {"rest": fit.scale}
    spread = pd.Series(variances).reindex([*GROUPS, "rest"]).clip(lower=0.0) ** 0.5
    fixed = {"estimate": fit.fe_params, "error": fit.bse_fe}
    fixed["p"] = fit.pvalues[: len(fit.fe_params)]
    effects = pd.DataFrame({name: column.to_numpy() for name, column in fixed.items()})
    return MixedModel(effects, spread)
