"""The paper from made-up results: the real text, set for real."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import StoreError, SuiteError, UsageError
from hpobench.contract.package import PAPER
from hpobench.paper import draft
from hpobench.paper.study import Study, read_study
from tests.results_factory import MadeProblem, make_results
from tests.stored import write

CLAIMS = """
source: Somebody, "Something", 1999
suite: counting-ones
axis: time
measured: Made up.
claims:
  - {id: one, kind: order, says: TPE is better., where: here, confirmed: false, problem: p1,
     algorithm: tpe + fifo, than: random + fifo, at: 300}
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The paper's own sources with made-up publications: one, and another that says the same."""
    folder = tmp_path / "sources"
    shutil.copytree(PAPER, folder)
    shutil.rmtree(folder / "published")
    (folder / "published").mkdir()
    for name in ("else", "somebody"):
        (folder / "published" / f"{name}.yaml").write_text(CLAIMS)
    return read_study(folder)


@pytest.fixture
def results(tmp_path: Path, study: Study) -> dict[str, Path]:
    problems = [MadeProblem(f"p{i}", budget=600.0) for i in range(1, 6)]
    write(make_results(problems=problems, seeds=3, failed=()), tmp_path / "made")
    return dict.fromkeys(study.parts, tmp_path / "made")


def test_the_paper_is_made_of_the_results(
    study: Study, results: dict[str, Any], tmp_path: Path
) -> None:
    pdf = draft.draft(study, results, tmp_path / "out")
    assert pdf.read_bytes().startswith(b"%PDF")
    data = json.loads((tmp_path / "out" / "data.json").read_text())
    leader = data["parts"]["study"]["fair"][0]["rows"][0]
    assert leader["algorithm"] == "gp + asha"
    assert re.fullmatch(r"[\d.]+ \[[\d.]+, [\d.]+\]", leader["nr"])
    first, second = data["published"]
    assert first["claims"][0]["published"] == "below 1"
    assert first["coverage"] == "75%"  # three seeds
    assert [len(first["figures"]), len(second["figures"])] == [1, 0]
    again = draft.draft(study, results, tmp_path / "again")
    assert again.read_bytes() == pdf.read_bytes()


def test_figures(
    study: Study,
    results: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_disk: Path,
) -> None:
    """One that is drawn, one that the report lacks; on a full disk, and the paper there."""
    paths = draft.figure(study, "regret", results, tmp_path / "out")
    assert [path.name for path in paths] == [f"regret.{kind}" for kind in draft.KINDS]
    assert all(path.stat().st_size for path in paths)
    monkeypatch.setattr(draft, "report_of", lambda _: None)  # it is there by now
    picture = study.figures["regret"].model_copy(update={"figure": "mean_regrets"})
    changed = Study(study.folder, study.parts, {"regret": picture})
    with pytest.raises(UsageError, match=r"has no mean_regrets\.pdf; it has .*mean_regret"):
        draft.figure(changed, "regret", results, tmp_path / "out")
    with pytest.raises(StoreError, match="cannot write the paper to"):
        draft.draft(study, results, small_disk)
    with pytest.raises(StoreError, match="cannot write the figure to"):
        draft.figure(study, "regret", results, small_disk / "more")


def test_numbers_are_not_typed() -> None:
    """Outside of code, the text holds no digit."""
    text = (PAPER / "paper.typ").read_text(encoding="utf-8")
    text = re.sub(r"//.*", "", text)
    text = re.sub(r"^ *#(?:let|set|show) .*$", "", text, flags=re.MULTILINE)
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    assert re.findall(r".*(?<![\w#@<.-])\d.*", text) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parts: {a: {suite: x}}\n", "figures"),
        (
            "parts: {a: {suite: x}}\nfigures: {f: {part: b, figure: g}}\n",
            r":2: figures\.f\.part: no part 'b' among a",
        ),
        (
            "parts: {a: {suit: x}}\nfigures: {f: {part: a, figure: g}}\n",
            r"parts\.a\.suit: no such key; did you mean suite\?",
        ),
    ],
)
def test_a_study_that_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(SuiteError, match=says):
        read_study(tmp_path)


def test_the_papers_own_study_is_whole() -> None:
    """Each publication's suite is a part, by its name."""
    study = read_study(PAPER)
    suites = {part.suite for part in study.parts.values()}
    for file in (PAPER / "published").glob("*.yaml"):
        suite = re.search(r"^suite: (.*)$", file.read_text(), flags=re.MULTILINE)
        assert suite is not None
        assert f"suites/{suite[1]}.yaml" in suites
