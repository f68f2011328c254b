"""The global generators of random numbers: seeded for a trial, saved with it, put back.

Code that nobody wrote for hpobench draws from them: ``random``, ``numpy.random`` and, where it is
imported already, ``torch``.
"""

from __future__ import annotations

import random
import sys
from typing import Any, cast


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
    states = {
        "random": [version, list(numbers), gauss],
        "numpy": [name, keys.tolist(), *rest],
    }
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
