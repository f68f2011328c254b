"""Seals: a hash of a whole file inside the file, so that a damaged byte is found on reading.

Files of events and trials have the hash of their content in their name. Files whose names are fixed
carry it in a member called :data:`KEY`, computed with zeros in its place: a table among the
metadata in its footer, JSON as its last member. A file is so replaced together with its hash, and
pandas, DuckDB and polars read it as ever. Files written before there were seals have none, and
pass.
"""

from __future__ import annotations

import hashlib
import re

KEY = "hpobench_sha256"
BLANK = "0" * 64
# The bytes between the key and the hash: parquet's (Thrift's) type and length, or JSON's.
_SEAL = re.compile(re.escape(KEY.encode()) + rb'(?:\x18\x40|": ")(.{64})', re.DOTALL)


def sealed(data: bytes) -> bytes:
    """``data``, which has :data:`BLANK` where the seal belongs, with its seal."""
    begin, end = _place(data) or (0, 0)
    if data[begin:end] != BLANK.encode():
        raise ValueError(f"there is no blank {KEY} to fill")
    return data[:begin] + _digest(data, begin, end) + data[end:]


def intact(data: bytes) -> bool:
    """Whether ``data`` is what was sealed; true for data without a seal."""
    if (place := _place(data)) is None:
        return True
    return data[slice(*place)] == _digest(data, *place)


def is_sealed(data: bytes) -> bool:
    """Whether ``data`` has a seal, right or wrong."""
    return _place(data) is not None


def _place(data: bytes) -> tuple[int, int] | None:
    """Where the seal lies: the last one, because labels and errors before it may look like one."""
    at = data.rfind(KEY.encode())
    found = _SEAL.match(data, at) if at >= 0 else None
    return found.span(1) if found else None


def _digest(data: bytes, begin: int, end: int) -> bytes:
    found = hashlib.sha256(data[:begin])
    found.update(BLANK.encode())
    found.update(memoryview(data)[end:])
    return found.hexdigest().encode()
