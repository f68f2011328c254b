"""Curves written down directly, for statistics that start from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpobench.analysis.core.curves import Algorithm, Curves
from hpobench.analysis.settings import FloatArray

SHARES = np.array([0.1, 0.25, 0.5, 1.0])


def curves_of(nr: FloatArray, algorithms: Sequence[Algorithm] | None = None) -> Curves:
    """Curves whose normalised regrets are ``nr``, shape (algorithms, problems, seeds[, times]),
    NaN for runs that do not exist; without times the same at all of :data:`SHARES`."""
    nr = np.repeat(nr[..., None], len(SHARES), axis=3) if nr.ndim == 3 else nr
    k, problems, seeds, times = nr.shape
    present = ~np.isnan(nr[..., 0])
    return Curves(
        algorithms=tuple(algorithms or [Algorithm(f"a{i}", f"a{i}", "fifo") for i in range(k)]),
        problems=tuple(f"p{i}" for i in range(problems)),
        seeds=tuple(range(seeds)),
        share=SHARES[-times:],
        horizon=np.ones(problems),
        loss=nr,
        present=present,
        failed=np.zeros_like(present),
        optimum=np.zeros(problems),
        clip=np.ones(problems),
    )


def made_nr(algorithms: int, problems: int, seeds: int, times: int = 4) -> FloatArray:
    """Falling curves, better for later algorithms, that differ by problem and seed."""
    rng = np.random.default_rng([algorithms, problems, seeds])
    skill = np.linspace(0.4, 1.6, algorithms)[:, None, None, None]
    speed = rng.uniform(0.5, 2.0, (1, problems, 1, 1)) * rng.lognormal(
        0, 0.25, (algorithms, problems, 1, 1)
    )
    noise = rng.lognormal(0, 0.3, (algorithms, problems, seeds, 1))
    nr: FloatArray = np.exp(-skill * speed * np.linspace(0.6, 2.4, times)) * noise
    return nr.clip(0.0, 1.0)
