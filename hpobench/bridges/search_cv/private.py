"""The only contact with scikit-learn's private names.

:class:`hpobench.SearchCV` is a search of scikit-learn's own in all but the order of candidates. So
it fits, scores and reports with scikit-learn's functions.
"""

from __future__ import annotations

from typing import Any

import joblib  # type: ignore[import-untyped]
from sklearn.base import _fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils.validation import _check_method_params

BaseSearch: Any = BaseSearchCV
CONSTRAINTS = {k: v for k, v in BaseSearch._parameter_constraints.items() if k != "pre_dispatch"}
effective_n_jobs: Any = joblib.effective_n_jobs
content_hash: Any = joblib.hash
check_fit_params: Any = _check_method_params
fit_and_score: Any = _fit_and_score
fit_context: Any = _fit_context
insert_error_scores: Any = _insert_error_scores
warn_or_raise: Any = _warn_or_raise_about_fit_failures
"""Warns of fits that failed, and raises ``ValueError`` if all of them did."""
