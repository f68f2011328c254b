"""Running what is missing of the study, and making the paper, a figure or the checklist of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hpobench.analysis.study import Study as Analysed
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.contract.package import PAPER
from hpobench.paper import draft, pictures
from hpobench.paper.checklist import Asked, checklist
from hpobench.paper.facts import Facts
from hpobench.paper.study import read_study
from hpobench.store.read.reader import load_results
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import load_suite
from hpobench.verbs.execution import execute
from hpobench.verbs.progress import Shown


class Making:
    """The paper from the results in ``results``, or with ``quick`` from fewer in its folder
    ``quick``; ``tell`` is given a line for each step."""

    def __init__(self, results: Path, tell: Callable[[str], None], *, quick: bool) -> None:
        self.folder = results / "quick" if quick else results
        self._quick, self._tell = quick, tell
        self._study = read_study(PAPER)
        self._command = "python -m hpobench paper" + (" --quick" if quick else "")

    def paper(self) -> tuple[Path, Path]:
        """The paper as PDF and as LaTeX source."""
        draft.require_typst()
        parts = self._study.chosen(quick=self._quick)
        analysed = {part: self._run(part) for part in parts}
        self._tell("drawing the figures and setting the paper")
        return draft.draft(self._study, analysed, self._command, self.folder)

    def figure(self, name: str) -> list[Path]:
        """The files of one figure; raises :class:`UnknownNameError` if there is none."""
        if name not in self._study.figures:
            raise UnknownNameError("figure", name, self._study.figures)
        picture = self._study.figures[name]
        return pictures.figure(picture, name, self._run(picture.part), self.folder / "figures")

    def checklist(self) -> tuple[list[Asked], list[str]]:
        """The reproducibility checklist of the results that are stored, and the parts that have
        not run; raises :class:`UsageError` if none has."""
        places = dict(self._places())
        stored = {part: place for part, place in places.items() if (place / "plan.json").exists()}
        if not stored:
            raise UsageError(
                f"{self.folder} has no results of the study; run `{self._command}` first"
            )
        parts = {part: Facts(_analysed(place)) for part, place in stored.items()}
        return checklist(parts, self._command), [part for part in places if part not in stored]

    def _places(self) -> Iterator[tuple[str, Path]]:
        for part in self._study.chosen(quick=self._quick):
            name = load_suite(self._study.suite(part, quick=self._quick)).name
            yield part, self.folder / name

    def _run(self, part: str) -> Analysed:
        """Run what is missing of ``part``, and read its results.

        The paper is made although cells fail, because it reports them.
        """
        seeds = self._study.parts[part].quick_seeds if self._quick else None
        suite = load_suite(self._study.suite(part, quick=self._quick), seeds=seeds)
        self._tell(f"suite {suite.name}")
        execute(suite, RunOptions(results=self.folder, report=False), Shown())
        return _analysed(self.folder / suite.name)


def _analysed(place: Path) -> Analysed:
    return Analysed(load_results(place))
