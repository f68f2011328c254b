"""Critical differences with more groups than algorithms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import critical_difference
from hpobench.analysis.inference.rank_tests import rank_tests
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import caption_of, curves_of, drawn, made_nr, study_of
from tests.unit.exhibits.test_critical_difference import CROSSED, members


def test_more_groups_than_algorithms_become_a_bar_for_each_algorithm(tmp_path: Path) -> None:
    curves = curves_of(made_nr(39, 15, 3), CROSSED[:39])
    found = rank_tests(curves)
    figure = drawn(critical_difference, study_of(curves, Settings()), found.ranks)
    order = found.ranks["algorithm"][found.ranks["share"] == 1.0].tolist()
    last = found.pairs[found.pairs["share"] == 1.0]
    alike = np.eye(39, dtype=bool)
    for pair in last[~last["apart"]].itertuples():
        i, j = order.index(pair.a), order.index(pair.b)
        alike[i, j] = alike[j, i] = True
    bars = members(figure.axes[-1])
    assert bars[:-1] == [np.flatnonzero(row).tolist() for row in alike]
    assert bars[-1] == list(range(39))
    assert "at its ring" in caption_of(critical_difference, curves, Settings(), found.ranks)
    save(figure, tmp_path / "many")
