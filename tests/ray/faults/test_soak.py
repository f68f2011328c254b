"""A short soak: see ``tests.soak``, whose command, and `nox -s night`, soak for an hour."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.soak.figures import PAGE, Figures, record
from tests.soak.killing import Tally
from tests.soak.rounds import run_round
from tests.support.night import count


@pytest.mark.parametrize("name", ["store"])  # other tests kill runs, by day and by night
def test_disturbed_in_every_way_a_run_ends_as_if_undisturbed(name: str) -> None:
    tally = run_round(name, seed=1, kills=count(3, 20), seconds=120)
    assert not tally.faults, str(tally)
    assert tally.kills.total() >= 2


def test_the_figures_of_a_soak_are_one_line_of_its_page(tmp_path: Path) -> None:
    (page := tmp_path / "soak.md").write_bytes(PAGE.read_bytes())
    figures = Figures()
    figures.add("store", 3, Tally(Counter({"driver": 2, "disk EIO": 1}), ["it hangs"], cells=12))
    line = figures.line(3600)
    assert line.endswith("| 3,600 | 1 | 12 | driver 2 | disk EIO 1 | store 3 |\n")
    record(line, page)
    old = PAGE.read_text().splitlines()
    assert [row for row in page.read_text().splitlines() if row not in old] == [line.strip()]
