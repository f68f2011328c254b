"""Rankings at every setting that a reader can choose, each what ``hpobench recommend`` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hpobench.contract.wording import count
from hpobench.evidence.advice import advise
from hpobench.evidence.advice_text import answer
from hpobench.evidence.archive import Archive
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question
from hpobench.reporting.site.means import Means


class Rankings:
    """The rankings by an archive, whose runs are looked up once."""

    def __init__(self, archive: Archive, means: Means) -> None:
        self._archive, self._means = archive, means
        self._algorithms = {algorithm: n for n, algorithm in enumerate(means.algorithms)}
        facts = [archive.problems[name] for name in means.problems]
        of_run = means.runs.problem
        self._several = np.array([one.features.steps > 1 for one in facts])[of_run]
        self._family = np.array([one.family for one in facts])[of_run]
        conditional = np.array([one.features.conditional for one in facts])[of_run]
        searcher = np.array([one.searcher for one in means.algorithms])[means.runs.algorithm]
        self._understands = np.isin(searcher, searcher[conditional])

    def overall(self) -> list[dict[str, Any]]:
        """The views over all families, and those for spaces with conditions: of the searchers that
        ran on such spaces, as advice has it."""
        everything = np.ones(len(self._several), dtype=bool)
        return [
            *self._views(everything, conditional=False),
            *self._views(self._understands, conditional=True),
        ]

    def of_family(self, family: str) -> list[dict[str, Any]]:
        """The views over the problems of one family."""
        return [*self._views(self._family == family, conditional=False)]

    def _views(self, among: NDArray[np.bool_], *, conditional: bool) -> Iterator[dict[str, Any]]:
        """One view for each number of workers, with one step or several."""
        of_workers = self._means.runs.workers
        for n, workers in enumerate(self._means.workers):
            for several in (False, True):
                own = among & (of_workers == n) & (self._several == several)
                part = replace(self._archive, runs=self._archive.runs.filter(pa.array(own)))
                known = np.isfinite(self._means.runs.regret[own]).any(axis=0)
                places = np.flatnonzero(known).tolist()
                if places:
                    yield {
                        "workers": workers,
                        "several": several,
                        "conditional": conditional,
                        "settings": [self._setting(part, workers, several, at) for at in places],
                    }

    def _setting(self, part: Archive, workers: int, several: bool, place: int) -> dict[str, Any]:
        """The ranking by ``part`` of the archive at the budget in this ``place``."""
        # The runs are chosen already, so the steps alone count of what is asked.
        features = Features(1, 0, 0, 0, conditional=False, steps=2 if several else 1)
        advice = advise(part, Question(features, self._means.budgets[place], workers))
        where = f"{advice.budget:.3g} full evaluations with {count(workers, 'worker')}"
        return {
            "budget": place,
            "lead": f"{advice.choice.algorithm} leads at {where}.",
            "answer": list(answer(advice)),
            "problems": advice.problems,
            "families": advice.families,
            "rows": [
                [
                    self._algorithms[one.algorithm],
                    # Pages show three places; of four, 0.0055 would be shown as 0.005.
                    *(round(regret, 6) for regret in (one.regret, one.low, one.high)),
                    round(one.best, 3),
                    float(f"{one.thinking:.3g}"),
                    int(one.told_apart),
                ]
                for one in advice.ranked
            ],
        }


def main_view(views: Sequence[Mapping[str, Any]], workers: int) -> int:
    """The place of the view that a page opens with: with so many ``workers``, if there is one, and
    the most problems."""

    def preference(place: int) -> tuple[bool, int, int]:
        view = views[place]
        problems = max(setting["problems"] for setting in view["settings"])
        return view["workers"] == workers and not view["conditional"], problems, -place

    return max(range(len(views)), key=preference)
