"""Seeded Gaussian noise that does not depend on the order of calls."""

from __future__ import annotations

from random import Random
from statistics import NormalDist

from hpobench.kit import derive_seed

_STANDARD = NormalDist()


def normals(n: int, *parts: object) -> list[float]:
    """``n`` standard normal numbers drawn from ``parts``, which are strings and plain numbers.

    The numbers are the normal quantiles of ``Random.random``, because Python guarantees that its
    stream is the same in all releases.
    """
    rng = Random(derive_seed(*parts, bits=64))
    return [_STANDARD.inv_cdf(max(rng.random(), 2**-54)) for _ in range(n)]
