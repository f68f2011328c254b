"""Where the pages of a site lie: safe file names for labels that may hold anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpobench.analysis.text.csv_files import Names, slug
from hpobench.evidence.archive import Archive
from hpobench.evidence.scores import Algorithm


@dataclass(frozen=True)
class Places:
    """The file names, without their ends, of what has a page or data of its own, by label."""

    searchers: dict[str, str]
    schedulers: dict[str, str]
    problems: dict[str, str]
    families: dict[str, str]

    @classmethod
    def of(cls, archive: Archive) -> Places:
        runs = archive.runs
        used = set(runs["problem"].unique().to_pylist())
        return cls(
            _named(runs["searcher"].unique().to_pylist()),
            _named(runs["scheduler"].unique().to_pylist()),
            _named(used),
            _named({archive.problems[name].family for name in used}),
        )

    def key(self, algorithm: Algorithm) -> str:
        """By which links name ``algorithm``; file names have no full stop."""
        return f"{self.searchers[algorithm.searcher]}.{self.schedulers[algorithm.scheduler]}"

    def cells(self, problem: str, algorithm: Algorithm, workers: int) -> str:
        """The address, from the site's root, of the cells of ``algorithm`` on ``problem``."""
        return (
            f"problems/{self.problems[problem]}.html#cells={self.key(algorithm)}&workers={workers}"
        )


def _named(labels: Iterable[str]) -> dict[str, str]:
    names = Names()
    return {label: names.free(slug(label).lower()) for label in sorted(labels)}
