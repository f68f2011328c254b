"""Seeds from names, the same on every machine, and the global generators of random numbers.

Code that nobody wrote for hpobench draws from these: ``random``, ``numpy.random`` and, where it is
imported already, ``torch``.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import sys
from collections.abc import Iterator
from typing import Any, cast


def derive_seed(*parts: object, bits: int = 31) -> int:
    """A seed in ``[0, 2**bits)`` that depends on ``parts`` only.
    Parts are strings and numbers, whose ``repr`` does not depend on PYTHONHASHSEED. A seed of 31
    bits fits the argument of every library."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> (64 - bits)


def uniform(*parts: object) -> float:
    """A number in ``[0, 1)`` that depends on ``parts`` only, as noise for any order of calls."""
    return derive_seed(*parts, bits=53) / 2**53


@contextlib.contextmanager
def global_generators(seed: int) -> Iterator[None]:
    """Seed ``random`` and ``numpy.random`` inside the block, and restore both afterwards.
    Ray's ASHA, PBT and PB2 draw from these global generators."""
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


def seed_generators(seed: int) -> None:
    """Seed all global generators with ``seed``, from 0 to ``2**32 - 1``."""
    import numpy.random as legacy

    random.seed(seed)
    legacy.seed(seed)  # noqa: NPY002
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)


def generator_states() -> dict[str, Any]:
    """The states of the generators, as plain data for :func:`restore_generators`."""
    import numpy.random as legacy

    version, numbers, gauss = random.getstate()
    name, keys, *rest = cast(tuple[Any, ...], legacy.get_state())  # noqa: NPY002
    states = {"random": [version, list(numbers), gauss], "numpy": [name, keys.tolist(), *rest]}
    if (torch := sys.modules.get("torch")) is not None:
        states["torch"] = torch.get_rng_state().tolist()
    return states


def restore_generators(states: dict[str, Any]) -> None:
    """Set the generators to ``states``."""
    import numpy.random as legacy

    version, numbers, gauss = states["random"]
    random.setstate((version, tuple(numbers), gauss))
    legacy.set_state(tuple(states["numpy"]))  # noqa: NPY002
    if "torch" in states and (torch := sys.modules.get("torch")) is not None:
        torch.set_rng_state(torch.tensor(states["torch"], dtype=torch.uint8))
