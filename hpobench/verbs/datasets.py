"""Data sets that are not shipped: what there is, fetching, and whether files are good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hpobench.contract.wording import megabytes
from hpobench.data import catalogue, local, openml
from hpobench.data.catalogue import Dataset
from hpobench.data.local import VARIABLE, Found
from hpobench.data.local import roots as roots  # the command line names them


def listed() -> list[Found]:
    """Every data set, where it is or would be put."""
    return [local.look(dataset) for dataset in local.everything()]


def facts(found: Found) -> dict[str, Any]:
    """What there is to know of a data set, for programs."""
    names = ("name", "title", "problems", "size", "licence", "citation", "source")
    mending = None if found.state == "here" else found.mending
    own = {name: getattr(found.dataset, name) for name in names}
    return {**own, "state": found.state, "folder": str(found.folder), "mending": mending}


class Wanted(NamedTuple):
    """A data set that is to be fetched into a data folder."""

    dataset: Dataset
    root: Path

    @classmethod
    def named(cls, name: str, root: Path) -> Wanted:
        """The data set that ``data list`` calls ``name``, or ``openml:ID``."""
        of_openml = catalogue.is_openml(name)
        return cls(openml.described(name, root) if of_openml else catalogue.listed(name), root)

    @property
    def folder(self) -> Path:
        return self.root / self.dataset.folder

    def lines(self) -> Iterator[str]:
        """What the data set is, whose it is and where it goes."""
        one, archive = self.dataset, self.dataset.archive
        yield f"{one.name}: {one.title}{f' ({megabytes(one.size)})' if one.files else ''}"
        yield f"  licence  {one.licence}"
        yield f"  cite     {one.citation}"
        size = f" ({megabytes(archive.size)}, not kept)" if archive else ""
        yield f"  from     {one.url or one.source}{size}"
        yield f"  into     {self.folder}"

    def fetch(self, tell: Callable[[str, int], None]) -> list[str]:
        """Download what is missing; returns the files that came. ``tell`` is given a file's path
        and how many bytes are done."""
        if catalogue.is_openml(self.dataset.name):
            return openml.fetch(self.dataset, self.root)
        from hpobench.data.download import fetch

        return fetch(self.dataset, self.root, tell)


def advice(root: Path) -> str | None:
    """What makes the data in ``root`` be found; ``None`` if it is."""
    if root in roots():
        return None
    return f"to use what is there: export {VARIABLE}={root}"


def verify(names: Sequence[str]) -> tuple[list[Found], dict[str, str]]:
    """Compare the hashes of the data sets ``names``, or of all that are there; returns every copy
    that there is, and what to do about those that were named and are not there, by their names."""
    chosen = [local.dataset(name) for name in names] or local.everything()
    copies = [Found(one, root, local.verify(one, root)) for one in chosen for root in roots()]
    there = [copy for copy in copies if copy.state != "absent"]
    found = {copy.dataset.name for copy in there}
    lacking = [one.name for one in chosen if names and one.name not in found]
    return there, {name: str(local.missing(name)) for name in lacking}
