"""Seeds from names: one number for every role in a cell, the same on every machine."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator


def derive_seed(*parts: object, bits: int = 31) -> int:
    """A seed in ``[0, 2**bits)`` that depends on ``parts`` only.

    Parts are strings and numbers, whose ``repr`` does not depend on PYTHONHASHSEED. A seed of 31
    bits fits the argument of every library.
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> (64 - bits)


def uniform(*parts: object) -> float:
    """A number in ``[0, 1)`` that depends on ``parts`` only, as noise for any order of calls."""
    return derive_seed(*parts, bits=53) / 2**53


@contextlib.contextmanager
def global_generators(seed: int) -> Iterator[None]:
    """Seed ``random`` and ``numpy.random`` inside the block, and restore both afterwards.

    Ray's ASHA, PBT and PB2 draw from these global generators.
    """
    import numpy.random as legacy

    generator = legacy.get_bit_generator()  # type: ignore[attr-defined]
    python, numpy = random.getstate(), legacy.get_state()  # noqa: NPY002
    random.seed(seed)
    legacy.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        # Put back whatever is there now, because one generator cannot take the state of another.
        legacy.set_bit_generator(generator)  # type: ignore[attr-defined]
        legacy.set_state(numpy)  # noqa: NPY002
