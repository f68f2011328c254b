"""What the whole process shares, and what tests must find as it was."""

from __future__ import annotations

from typing import Any

import numpy as np


def numpy_state() -> list[int]:
    """The state of NumPy's global generator."""
    state: Any = np.random.get_state()  # noqa: NPY002
    return list(state[1].tolist())
