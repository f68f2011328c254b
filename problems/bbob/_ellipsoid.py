"""The rotated ellipsoid of BBOB with any condition number; ioh provides only 10^6.

The function is f10 of Hansen et al., "Real-Parameter Black-Box Optimization Benchmarking 2009:
Noiseless Functions Definitions", 2009 (INRIA RR-6829), which also defines the notation. The
rotation is drawn by the generator of BBOB's reference implementation, so it is the same as COCO's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MODULUS, MULTIPLIER = 2**31 - 1, 16807
SHUFFLED, WARM_UP = 32, 40


def rotated_ellipsoid(
    best: Sequence[float], instance: int, condition: float
) -> Callable[[Sequence[float]], float]:
    """``f(x) - f_opt`` of f10 with its optimum at ``best`` and the given ``condition`` number."""
    dimension = len(best)
    turned = rotation(1_000_010 + 10_000 * instance, dimension)
    at = np.array(best)
    weights = condition ** (np.arange(dimension) / (dimension - 1))

    def regret(x: Sequence[float]) -> float:
        return float(weights @ oscillated(turned @ (np.array(x) - at)) ** 2)

    return regret


def oscillated(x: Array) -> Array:
    """The transformation T_osz: monotone, smooth except at zero, and near the identity."""
    log = np.log(np.abs(x), out=np.zeros_like(x), where=x != 0)
    first, second = np.where(x > 0, 10, 5.5), np.where(x > 0, 7.9, 3.1)
    waved = np.exp(log + 0.049 * (np.sin(first * log) + np.sin(second * log)))
    return np.asarray(np.sign(x) * waved)


def rotation(seed: int, dimension: int) -> Array:
    """The rotation matrix of ``seed``: Gaussian columns, orthonormalised by Gram-Schmidt."""
    uniforms = uniform_numbers(seed, 2 * dimension**2)
    radius, angle = np.reshape(uniforms, (2, dimension**2))
    normals = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    columns: list[Array] = []
    for column in np.reshape(normals, (dimension, dimension)):
        for before in columns:
            column = column - (column @ before) * before
        columns.append(column / np.sqrt(column @ column))
    return np.column_stack(columns)


def uniform_numbers(seed: int, count: int) -> list[float]:
    """Numbers of Park and Miller's minimal standard generator in a Bays-Durham shuffle."""
    state, states = seed, []
    for _ in range(WARM_UP):
        state = state * MULTIPLIER % MODULUS
        states.append(state)
    table = states[: -SHUFFLED - 1 : -1]  # the last states, beginning with the newest
    drawn, numbers = table[0], []
    for _ in range(count):
        state = state * MULTIPLIER % MODULUS
        place = drawn // (MODULUS // SHUFFLED + 2)
        drawn, table[place] = table[place], state
        numbers.append(drawn / MODULUS)
    return numbers
