"""Results folders, on this machine or in an object store, as verbs are given them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.errors import UsageError
from hpobench.export import FORMATS as FORMATS  # the command line offers them

SHIPPED = "evidence"
"""The word for the archive that comes with hpobench."""


def fetched(
    given: Any, *, exists: bool = True, archive: bool = False, small: bool = False
) -> tuple[Path, Callable[[], None]]:
    """What is ``given`` as a path of this machine, and what brings back what changes there.

    Of a folder in an object store that is a copy, of a ``small`` one without events and trials.
    ``exists``: a results folder must be there, or with ``archive`` also a file, or the word for
    the shipped archive. Raises :class:`ValueError` that says what is there instead.
    """
    from hpobench.store.remote.place import Place, place_of

    if archive and exists and given == SHIPPED:  # what is to be written is never the shipped one
        from hpobench.evidence.archive import shipped

        given = shipped()
    place = Place(place_of(given))
    if isinstance(place.given, Path):
        if exists and not (place.given.exists() if archive else place.given.is_dir()):
            from hpobench.store.format.index import what_is_there  # it brings pyarrow

            raise ValueError(f"{place.given}: {what_is_there(place.given)}")
        return place.given, place.publish
    from hpobench.store.remote.remote_folder import is_small  # it brings pyarrow

    return place.fetch(is_small) if small else place.fetch(), place.publish


def merge(folders: Sequence[Path], into: Path | None) -> tuple[Path, int, int]:
    """Bring ``folders`` into one, as :func:`hpobench.store.join.merging.merge` says."""
    from hpobench.store.join.merging import merge as merged

    if into is not None and into.is_file():
        raise UsageError(f"{into}: is a file; results are merged into a folder")
    return merged(folders, into)


def export(folder: Path, to: str, out: Path) -> list[str]:
    """Write the results in ``folder`` in the format ``to`` into the new folder ``out``; returns
    what to know of them."""
    from hpobench.export import export as exported
    from hpobench.store.read.reader import load_results

    return list(exported(load_results(folder), to, out))
