"""The pairs that the tests of critical differences are about, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.study import Study

if TYPE_CHECKING:
    pass


from hpobench.analysis.exhibits import critical_difference

STEM = "critical_pairs"

subjects = critical_difference.subjects


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The ``pairs`` of :class:`hpobench.analysis.inference.rank_tests.RankTests`."""
    return study.computed(critical_difference.tested, comparison).pairs
