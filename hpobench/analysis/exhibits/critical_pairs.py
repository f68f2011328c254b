"""The pairs that the tests of critical differences are about, as a file."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import critical_difference
from hpobench.analysis.study import Study

STEM = "critical_pairs"

subjects = critical_difference.subjects


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The ``pairs`` of :class:`hpobench.analysis.inference.rank_tests.RankTests`."""
    return study.computed(critical_difference.tested, comparison).pairs
