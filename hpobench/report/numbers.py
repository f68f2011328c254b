"""Numbers as a reader wants them."""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """``digits`` significant digits, thousands separated; a dash for what is not there."""
    if not math.isfinite(value):
        return "-"
    if value != 0 and not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    whole = 0 if value == 0 else math.floor(math.log10(abs(value))) + 1
    return f"{value:,.{max(digits - whole, 0)}f}"


def interval(low: float, high: float, before: str = "", digits: int = 3) -> str:
    """``[low, high]`` with ``before`` in front; empty where there is no interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{before}[{number(low, digits)}, {number(high, digits)}]"
