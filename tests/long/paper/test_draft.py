"""The paper from made-up results: the real text, set for real."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pylatexenc.latexwalker import LatexWalker

from hpobench.analysis.study import Study as Analysed
from hpobench.contract.errors import StoreError, SuiteError, UnknownNameError
from hpobench.contract.package import PAPER
from hpobench.paper import draft
from hpobench.paper.pictures import figure
from hpobench.paper.study import Study, read_study
from hpobench.store.read.reader import load_results
from tests.support.night import night
from tests.support.present import present
from tests.support.results_factory import MadeProblem, make_results
from tests.support.stored import write

LATIN = "äöüéèÄÖÜß"
"""Letters that the source may have besides ASCII."""
CLAIMS = """
source: Somebody, "Something", 1999
suite: counting-ones
axis: time
measured: Made up.
claims:
  - {id: one, kind: order, says: TPE is better., where: here, problem: p1,
     algorithm: tpe + fifo, than: random + fifo, at: 300}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The paper's own sources with made-up publications: one, and another that says the same."""
    folder = tmp_path_factory.mktemp("paper") / "sources"
    shutil.copytree(PAPER, folder)
    shutil.rmtree(folder / "published")
    (folder / "published").mkdir()
    for name in ("else", "somebody"):
        (folder / "published" / f"{name}.yaml").write_text(CLAIMS)
    return read_study(folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, study: Study) -> dict[str, Analysed]:
    folder = tmp_path_factory.mktemp("made")
    problems = [MadeProblem(f"p{i}", budget=600.0) for i in range(1, 6)]
    write(make_results(problems=problems, seeds=3, failed=()), folder)
    return dict.fromkeys(study.parts, Analysed(load_results(folder)))


def draft_into(folder: Path, study: Study, results: dict[str, Analysed]) -> Path:
    draft.draft(study, results, "python -m hpobench paper", folder)
    return folder


def parts_of(folder: Path) -> tuple[bytes, str, str]:
    """The PDF and its two sources."""
    typst, latex = folder / "paper.typ", folder / "latex" / "paper.tex"
    return (folder / "paper.pdf").read_bytes(), typst.read_text(), latex.read_text()


@pytest.fixture(scope="module")
def drafted(
    tmp_path_factory: pytest.TempPathFactory, study: Study, results: dict[str, Analysed]
) -> Path:
    return draft_into(tmp_path_factory.mktemp("drafted"), study, results)


def test_the_paper_is_made_of_the_results(drafted: Path, study: Study) -> None:
    pdf, typst, latex = parts_of(drafted)
    assert pdf.startswith(b"%PDF")
    for source in (typst, latex):
        text = " ".join(source.split())
        assert re.search(
            r"In our experiments gp with asha ends at the lowest mean normalised", text
        )
        assert "Somebody, " in text
        assert text.count("above 1") == 0
        assert text.count("below 1") == 2  # the claim of each publication
        assert "hold the truth in about 75" in text  # three seeds
    figures = re.findall(r'image\("([^"]+)"', typst)
    assert len(figures) == len(study.figures) + 1  # both publications draw the same curves


@night
def test_a_second_draft_is_the_same(
    drafted: Path, study: Study, results: dict[str, Analysed], tmp_path: Path
) -> None:
    assert parts_of(draft_into(tmp_path, study, results)) == parts_of(drafted)


def test_the_latex_source_is_whole(drafted: Path) -> None:
    """All that is opened is closed, and all that is referred to is there."""
    *_, latex = parts_of(drafted)
    LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    folder = drafted / "latex"
    figures = re.findall(r"includegraphics\{([^}]+)\}", latex)
    assert all((folder / name).read_bytes().startswith(b"%PDF") for name in figures)
    labels = re.findall(r"\\label\{([^}]+)\}", latex)
    assert len(labels) == len(set(labels))
    assert set(re.findall(r"\\ref\{([^}]+)\}", latex)) <= set(labels)
    cited = {key for keys in re.findall(r"citep\{([^}]+)\}", latex) for key in keys.split(",")}
    known = re.findall(r"^@\w+\{(\w+),", (folder / "references.bib").read_text(), re.MULTILINE)
    assert cited == set(known)  # nothing is listed that is not cited
    assert latex.isascii() or set(filter(lambda c: not c.isascii(), latex)) <= set(LATIN)


def test_svg(study: Study, results: dict[str, Analysed], tmp_path: Path, small_disk: Path) -> None:
    """One that is drawn, one that no report has; on a full disk, and the paper there."""
    picture, made = study.figures["regret"], results["study"]
    paths = figure(picture, "regret", made, tmp_path / "out")
    kinds = ("png", "pdf", "csv", "caption.txt")
    assert [path.name for path in paths] == [f"regret.{kind}" for kind in kinds]
    assert all(path.stat().st_size for path in paths)
    wrong = picture.model_copy(update={"figure": "mean_regrets"})
    with pytest.raises(UnknownNameError, match=r"'mean_regrets'; did you mean mean_regret"):
        figure(wrong, "regret", made, tmp_path / "out")
    with pytest.raises(StoreError, match="cannot write the paper to"):
        draft.draft(study, results, "", small_disk)
    with pytest.raises(StoreError, match="cannot write the figure to"):
        figure(picture, "regret", made, small_disk / "more")


def test_numbers_are_not_typed() -> None:
    """Outside of what is filled in, the text holds no digit that is not part of a name."""
    text = (PAPER / "text.md").read_text()
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    assert re.findall(r".*(?<![\w@#-])\d.*", text) == []


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
    suites = {part.suite for part in read_study(PAPER).parts.values()}
    for file in (PAPER / "published").glob("*.yaml"):
        suite = present(re.search(r"^suite: (.*)$", file.read_text(), flags=re.MULTILINE))
        assert f"suites/{suite[1]}.yaml" in suites
