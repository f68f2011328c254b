"""Finding damage in a results folder, and repairing what can be repaired.

Files of the index are restored from their copies. What files of events and trials hold is nowhere
else, so cells whose files are damaged are dropped from the index, and the next run makes them anew.
Nothing is deleted: files that cannot be used move into the folder ``damaged/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import is_there, own_folder, read_whole, write_whole
from hpobench.store.format import disk, index, seal
from hpobench.store.write.writer import Writer

ASIDE = "damaged"
_COLUMNS = (
    *("cell", "problem", "status", "trials", "results"),
    *(f"{kind}_shard" for kind in disk.COUNTS),
)


@dataclass(frozen=True)
class Damage:
    """A file that cannot be used as it is."""

    path: Path
    reason: str
    cells: tuple[str, ...] = ()
    """The stored cells whose results it costs."""


def find_damage(folder: Path) -> list[Damage]:
    """All damage in the results folder ``folder``, which is read completely.
    Raises :class:`UsageError` if it is no results folder, and :class:`StoreError` if it is of
    another version of the schema. ``output/`` and ``journals/`` are not looked at."""
    disk.refuse_links(folder)
    places = (folder, folder / index.COPIES)
    if not any(is_there(place / name) for place in places for name in index.names(folder)):
        raise UsageError(f"{folder}: {index.what_is_there(folder)}")
    found = list(_damaged_index(folder))
    broken = {damage.path.name for damage in found if damage.path.parent == folder}
    if broken <= {index.SUITE, index.PLAN, index.DECISION}:
        found += _damaged_rows(folder)
    return found


def _damaged_index(folder: Path) -> Iterator[Damage]:
    for name in index.names(folder):
        own, copy = folder / name, folder / index.COPIES / name
        if is_there(copy) and (reason := index.reason(copy)) is not None:
            yield Damage(copy, reason)
        if not is_there(own) and (is_there(copy) or name == index.PLAN):
            yield Damage(own, "the file is missing")
        elif is_there(own) and (reason := index.reason(own)) is not None:
            yield Damage(own, reason)
        elif name == index.SUITE and is_there(copy) and not seal.is_sealed(read_whole(own)):
            yield Damage(own, "its end is missing")


def _damaged_rows(folder: Path) -> Iterator[Damage]:
    stored = index.load_cells(folder, _COLUMNS)
    for kind in disk.COUNTS:
        for name, cells in disk.members(stored, kind):
            whose = tuple(sorted(cells["cell"].to_pylist()))
            try:
                disk.read_rows(folder, kind, cells)
            except disk.DamagedError as error:
                yield Damage(folder / name, error.what, whose)
            except disk.OtherVersionError:
                raise
            except StoreError as error:
                yield Damage(folder / name, str(error), whose)
    known = pa.array([row["problem"] for row in index.load_problems(folder)], pa.string())
    unknown = pc.invert(pc.is_in(stored["problem"], value_set=known))
    lost = stored.filter(pc.and_(pc.equal(stored["status"], "done"), unknown))["cell"].to_pylist()
    if lost:
        yield Damage(folder / index.PROBLEMS, "problems of cells are missing", tuple(sorted(lost)))


def repair(folder: Path) -> list[str]:
    """Repair ``folder``; returns what was done, a sentence for each file.
    Raises :class:`StoreError` while a run writes into ``folder``, or if it cannot be written."""
    with disk.lock(folder):
        broken = [d.path for d in _damaged_index(folder) if d.path.parent == folder]
        done = [_restored(folder, path) for path in broken]
        lost = list(_damaged_rows(folder))
        for damage in lost:
            if damage.path.name not in index.names(folder) and is_there(damage.path):
                _set_aside(damage.path)
            done.append(f"{damage.path}: dropped {disk.listed(damage.cells)}")
        if not index.cell_files(folder):
            for path in sorted(folder.glob("*-*.parquet")):
                _set_aside(path)
        Writer(folder).forget(cell for damage in lost for cell in damage.cells)
        done += _copied(folder)
    return done


def _restored(folder: Path, path: Path) -> str:
    """Put the copy of ``path`` in its place, or else set it aside; returns what was done."""
    copy = folder / index.COPIES / path.name
    if is_there(copy) and index.reason(copy) is None:
        disk.replace(path, read_whole(copy))
        return f"{path}: restored from {copy}"
    if is_there(path):
        _set_aside(path)
    cost = {
        index.CELLS: "all cells are run anew by the next run",
        index.PROBLEMS: "all cells that are done are run anew by the next run",
        index.DECISION: "the same `hpobench run` decides the same again",
    }.get(path.name, "the next run writes anew what it held")
    return f"{path}: has no copy that is whole, and was moved into {folder / ASIDE}; {cost}"


def _set_aside(path: Path) -> None:
    with disk.explained(path):
        path.rename(own_folder(path.parent / ASIDE) / path.name)


def _copied(folder: Path) -> Iterator[str]:
    """Write the copies that are missing or damaged; yields what was done."""
    for name in index.names(folder):
        own, copy = folder / name, folder / index.COPIES / name
        damaged = is_there(copy) and index.reason(copy) is not None
        if damaged:
            yield f"{copy}: written anew"
        if is_there(own) and (damaged or not is_there(copy)):
            with disk.explained(copy):
                own_folder(copy.parent)
                write_whole(copy, read_whole(own))
        elif damaged:
            copy.unlink()
