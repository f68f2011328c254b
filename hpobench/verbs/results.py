"""The results of a suite, as :func:`hpobench.run` and :func:`hpobench.load` return them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hpobench.analysis.results_frames import Analysis
from hpobench.contract.errors import UsageError
from hpobench.store.join.merging import load_together
from hpobench.store.read.reader import load_results


class SuiteResults(Analysis):
    """The stored results of a suite, and the report's tables as methods that return frames.

    Those of one folder stand for it wherever a path is asked for: ``hpobench.report(results)``.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        stored = load_results(folders[0]) if len(folders) == 1 else load_together(folders)
        super().__init__(stored)
        self.folders = tuple(folders)
        self.suite = stored.suite
        """The suite with all defaults written out. It runs again, given its plugin files."""
        self._planned = stored.plan["cells"]

    @property
    def folder(self) -> Path:
        """The folder of the results; raises :class:`UsageError` for those of several."""
        if len(self.folders) > 1:
            names = " ".join(map(str, self.folders))
            raise UsageError(
                f"these are the results of {len(self.folders)} folders; `hpobench merge {names} "
                "--into FOLDER` makes one of them, which has a report"
            )
        return self.folders[0]

    def __fspath__(self) -> str:
        return str(self.folder)

    @property
    def page(self) -> Path | None:
        """The page of the report; ``None`` if none is written."""
        page = self.folders[0] / "report" / "index.html"
        return page if len(self.folders) == 1 and page.exists() else None

    @property
    def failed(self) -> pd.DataFrame:
        """The cells that failed or timed out, each with its ``kind`` of failure and its ``error``;
        empty if all went well."""
        return self.failures()

    @property
    def missing(self) -> list[str]:
        """The planned cells that have not run, because the run was interrupted."""
        stored = set(self.cells["cell"])
        return [cell for cell in self._planned if cell not in stored]

    def __repr__(self) -> str:
        text = super().__repr__().removesuffix(">")
        for n, what in ((len(self.failed), "failed"), (len(self.missing), "missing")):
            text += f", {n:,} {what}" if n else ""
        return f"{text}; page: {self.page}>" if self.page else f"{text}>"
