"""The Hartmann functions, shared by ``hartmann`` and ``mf-hartmann``.

Constants: https://www.sfu.ca/~ssurjano/hart3.html and hart6.html. The functions use plain floats,
because at this size they are faster than NumPy, and their last bits depend on one library fewer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from hpobench.api import Config, Float, Space
from hpobench.kit import UsageError

Dimension = Literal[3, 6]

HEIGHTS = (1.0, 1.2, 3.0, 3.2)
"""The heights of the four wells; the literature calls them alpha."""

WIDTHS = {
    3: ((3, 10, 30), (0.1, 10, 35), (3, 10, 30), (0.1, 10, 35)),
    6: (
        (10, 3, 17, 3.5, 1.7, 8),
        (0.05, 10, 17, 0.1, 8, 14),
        (3, 3.5, 1.7, 10, 17, 8),
        (17, 8, 0.05, 10, 0.1, 14),
    ),
}
CENTRES = {
    3: (
        (0.3689, 0.1170, 0.2673),
        (0.4699, 0.4387, 0.7470),
        (0.1091, 0.8732, 0.5547),
        (0.0381, 0.5743, 0.8828),
    ),
    6: (
        (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
        (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
        (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
        (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
    ),
}
OPTIMUM = {3: -3.8627797873326624, 6: -3.322368011415515}


def space(dimension: Dimension) -> Space:
    """The unit cube; raises :class:`UsageError` unless ``dimension`` is 3 or 6."""
    if dimension not in WIDTHS:
        raise UsageError(f"the Hartmann functions have dimension 3 or 6, not {dimension}")
    return Space([Float(f"x{i}", 0.0, 1.0) for i in range(dimension)])


def coordinates(config: Config) -> list[float]:
    return [float(config[f"x{i}"]) for i in range(len(config))]


def wells(x: Sequence[float]) -> list[float]:
    """The nearness of ``x`` to the centre of each of the four wells, in ``(0, 1]``."""
    return [
        math.exp(-sum(w * (a - c) ** 2 for w, a, c in zip(widths, x, centre, strict=True)))
        for widths, centre in zip(WIDTHS[len(x)], CENTRES[len(x)], strict=True)
    ]


def depth(nearness: Sequence[float]) -> float:
    """The function's value for the result of :func:`wells`."""
    return -sum(h * n for h, n in zip(HEIGHTS, nearness, strict=True))


def optimum(dimension: Dimension) -> tuple[float, str]:
    """The minimum and how it is known."""
    return OPTIMUM[dimension], "Nelder-Mead from the published minimiser to 1e-12"
