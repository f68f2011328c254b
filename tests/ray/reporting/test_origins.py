from __future__ import annotations

import re
import shlex
from html import unescape
from pathlib import Path

import pandas as pd

from hpobench.analysis.settings import Settings
from hpobench.analysis.text.fields import anchor
from hpobench.reporting.html import write_report
from tests.support.command_line import python
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=100, points=20)
SUITE = """
name: twice
searchers: [random, {name: sobol, as: "it's [2]"}]
problems: [{counting-ones: {categorical: 2, continuous: 2}}]
seeds: [1, 2, 5]
budget: {evaluations: 2}
"""


def commands(page: Path) -> list[str]:
    return [
        unescape(text) for text in re.findall(r">(python -m hpobench run [^<]*)<", page.read_text())
    ]


def test_numbers_lead_to_their_runs(tmp_path: Path) -> None:
    page = write_report(make_results(), tmp_path, settings=SETTINGS).read_text()
    ids = set(re.findall(r'id="([^"]*)"', page))
    links = set(re.findall(r'href="#([^"]*)"', page))
    assert links <= ids
    cells = pd.read_csv(tmp_path / "tables" / "runs.csv")
    pairs = cells[["algorithm", "problem"]].drop_duplicates().itertuples(index=False)
    assert {anchor(*pair) for pair in pairs} | {anchor(a) for a in cells["algorithm"]} <= links


def test_the_commands_run_the_same_cells_again(tmp_path: Path) -> None:
    """Each from the results' own folder, into another one; in the end all events are there."""
    (tmp_path / "twice.yaml").write_text(SUITE)
    hpobench("run twice.yaml", tmp_path)
    folder = tmp_path / "results" / "twice"
    told = commands(folder / "report" / "index.html")
    assert len(told) == 2
    for command in told:
        assert command.startswith("python -m hpobench ")
        hpobench(command.removeprefix("python -m hpobench ") + " --no-report", folder)
    first, again = (rows(place) for place in (folder, folder / "again" / "twice"))
    pd.testing.assert_frame_equal(first, again)
    assert first["cell"].nunique() == 6


def hpobench(command: str, folder: Path) -> None:
    python("-m", "hpobench", *shlex.split(command), cwd=folder)


def rows(folder: Path) -> pd.DataFrame:
    """All stored events but for what other suites left, by cell."""
    frames = [pd.read_parquet(file) for file in sorted(folder.glob("events-*.parquet"))]
    events = pd.concat(frames).astype({"cell": str, "decision": str})
    return events.sort_values(["cell"], kind="stable", ignore_index=True)
