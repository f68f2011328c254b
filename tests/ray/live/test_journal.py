"""The journal: what was committed comes back, whatever happened to the file since."""

from __future__ import annotations

import errno
import fcntl
import gc
import io
import multiprocessing
import random
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import StoreError
from hpobench.running.stages.live import journal as module
from hpobench.running.stages.live.journal import Journal
from tests.support.present import present


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journals" / "cell.journal"


def write(path: Path, records: Any) -> None:
    journal = Journal(path)
    list(journal.records())
    for header, blob in records:
        journal.append(header, blob)
        journal.commit()
    journal.close()


def read(path: Path) -> list[tuple[Any, ...]]:
    """Headers and blobs, as a fresh process sees them."""
    journal = Journal(path)
    kept = list(journal.records())
    found = [(header, journal.read(saved) if saved else b"") for header, saved in kept]
    journal.close()
    return found


def made_up(count: int, seed: int = 0) -> list[tuple[Any, ...]]:
    rng = random.Random(seed)
    headers = ({"trial": i, "loss": rng.random(), "text": "é" * i} for i in range(count))
    return [(header, rng.randbytes(rng.randrange(0, 40))) for header in headers]


def test_comes_back(path: Any) -> None:
    records = made_up(20)
    write(path, records[:12])
    write(path, records[12:])
    assert read(path) == records


def test_nothing_is_durable_before_the_commit(path: Any) -> None:
    journal = Journal(path)
    saved = journal.append({"trial": 0}, b"state")
    assert path.stat().st_size == 0
    journal.commit()
    assert journal.read(present(saved)) == b"state"
    journal.close()


def test_a_tail_torn_at_any_byte_costs_the_last_record_alone(path: Any) -> None:
    records = made_up(4, seed=1)
    write(path, records[:3])
    before = path.stat().st_size
    write(path, records[3:])
    whole = path.read_bytes()
    for size in range(before, len(whole)):
        path.write_bytes(whole[:size])
        assert read(path) == records[:3]
        assert path.stat().st_size == before  # cut off, so that what follows is found
    more = ({"trial": 9}, b"more")
    write(path, [more])
    assert read(path) == [*records[:3], more]


def test_a_flipped_byte_is_noticed_wherever_it_is(path: Any) -> None:
    records = made_up(4, seed=2)
    write(path, records[:3])
    before = path.stat().st_size
    write(path, records[3:])
    whole = path.read_bytes()
    for at in range(before, len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        path.write_bytes(damaged)
        assert read(path) == records[:3], at


def test_a_length_that_is_nonsense_reads_no_further_than_the_file(path: Any) -> None:
    write(path, [({"trial": 0}, b"state")])
    with path.open("ab") as file:
        file.write(struct.pack("<III", 0, 2**32 - 1, 2**32 - 1) + b"{}")
    assert read(path) == [({"trial": 0}, b"state")]


def test_zeros_at_the_end_are_no_record(path: Any) -> None:
    """What some file systems leave where a crash came before the data."""
    write(path, [({"trial": 0}, b"state")])
    with path.open("ab") as file:
        file.write(bytes(4096))
    assert read(path) == [({"trial": 0}, b"state")]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMPACT_BYTES", 20_000)


def test_compaction_keeps_what_is_alive_and_replays_the_same(path: Any, eager: Any) -> None:
    journal = Journal(path)
    rng = random.Random(3)
    alive: dict[Any, Any] = {}
    headers, most = [], 0
    for i in range(400):
        header, blob = {"trial": i % 7, "loss": rng.random()}, rng.randbytes(1000)
        alive[i % 7] = journal.append(header, blob), blob
        journal.commit()
        headers.append(header)
        most = max(most, path.stat().st_size)
    assert most < 60_000  # of 400,000 and more
    assert all(journal.read(saved) == blob for saved, blob in alive.values())
    journal.close()
    again = read(path)
    assert [header for header, _ in again] == headers
    assert [blob for _, blob in again[-7:]] == [alive[h["trial"]][1] for h in headers[-7:]]
    assert list(path.parent.iterdir()) == [path]


def test_a_crash_keeps_the_old_file(path: Any, eager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [({"trial": i}, bytes(1000)) for i in range(19)]
    write(path, records)
    journal = Journal(path)
    list(journal.records())
    gc.collect()

    def crash(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", crash)
    journal.append({"trial": 19}, bytes(3000))
    with pytest.raises(KeyboardInterrupt):
        journal.commit()
    monkeypatch.undo()
    journal.close()
    assert len(list(path.parent.iterdir())) == 2
    assert read(path) == [*records, ({"trial": 19}, bytes(3000))]
    assert list(path.parent.iterdir()) == [path]


def test_headers_are_not_compacted(path: Any, eager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compactions = []
    compact = Journal._compact

    def counted(own: Journal) -> None:
        compactions.append(1)
        compact(own)

    monkeypatch.setattr(Journal, "_compact", counted)
    write(path, [({"trial": i, "text": "x" * 1000}, b"state") for i in range(200)])
    assert 1 <= len(compactions) <= 5
    assert [header["trial"] for header, _ in read(path)] == list(range(200))


def test_reading_while_another_appends(path: Any) -> None:
    """A copy of the file at any moment holds the first records, whole."""
    records = made_up(60, seed=4)
    journal = Journal(path)
    for i, (header, blob) in enumerate(records):
        journal.append(header, blob)
        journal.commit()
        copy = path.with_suffix(".copy")
        shutil.copy(path, copy)
        assert read(copy) == records[: i + 1]
    journal.close()


def test_reading_a_state_between_appends(path: Any) -> None:
    records = made_up(50, seed=5)
    journal = Journal(path)
    kept = []
    for header, blob in records:
        kept.append((journal.append(header, blob), blob))
        journal.commit()
        saved, expected = kept[len(kept) // 2]
        assert (journal.read(saved) if saved else b"") == expected
    journal.close()
    assert read(path) == records


def hold(path: Path, ready: Any, release: Any) -> None:
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ready.set()
        release.wait(30)


@pytest.fixture
def held(path: Any) -> Iterator[Any]:
    """Another process that holds the lock; ends when the returned event is set."""
    write(path, [({"trial": 0}, b"")])
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    (process := context.Process(target=hold, args=(path, ready, release))).start()
    assert ready.wait(30)
    yield release
    release.set()
    process.join()


def test_a_journal_that_another_process_holds_is_an_error_after_a_while(
    path: Any, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOCK_S", 0.3)
    with pytest.raises(StoreError, match="another process is running this cell"):
        Journal(path)


def test_a_journal_is_taken_over_when_its_holder_is_gone(path: Any, held: Any) -> None:
    held.set()
    assert read(path) == [({"trial": 0}, b"")]


# -- a full disk -----------------------------------------------------------------------------


class Full(io.FileIO):
    """A file on a disk that has ``room`` bytes left."""

    room = 0

    def write(self, data: Any) -> Any:
        data = bytes(data)[: self.room]
        if not data:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(data)
        return super().write(data)


@pytest.mark.parametrize("size", [100, 10_000])  # within Python's buffer, and beyond it
@pytest.mark.parametrize("room", [0, 1, 11, 12, 20, 40, 100])
def test_a_full_disk_is_said_and_commits_come_back(path: Any, room: int, size: int) -> None:
    records = [({"trial": i}, bytes(100)) for i in range(5)]
    write(path, records)
    journal = Journal(path)
    list(journal.records())
    journal._file.close()
    disk = Full(path, "a+")
    disk.room = room
    journal._file = io.BufferedRandom(disk)
    journal.append({"trial": 5}, bytes(size))
    with pytest.raises(StoreError, match="the disk is full; free some space"):
        journal.commit()
    journal.close()  # quiet: an error here would take the place of the one above
    assert read(path) == records


def test_space_that_comes_back_late_leaves_whole_records_only(path: Any) -> None:
    """Closing tries to write once more; it must not leave half a record before a whole one."""
    journal = Journal(path)
    journal._file.close()
    disk = Full(path, "a+")
    journal._file = io.BufferedRandom(disk)
    journal.append({"trial": 0}, b"state")
    with pytest.raises(StoreError):
        journal.commit()
    disk.room = 10**6
    journal.close()
    assert read(path) in ([], [({"trial": 0}, b"state")])
