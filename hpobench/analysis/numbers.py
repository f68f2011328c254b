"""Numbers written for readers: rounded, with their intervals, counted, as ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

MOST_NAMES = 20
"""In one sentence; suites have thousands of problems."""


def number(value: float, digits: int = 3) -> str:
    """``digits`` significant digits, thousands separated; a dash for what is not there."""
    if not math.isfinite(value):
        return "-"
    if value != 0 and not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    whole = 0 if value == 0 else math.floor(math.log10(abs(value))) + 1
    return f"{value:,.{max(digits - whole, 0)}f}"


def short(value: float) -> str:
    """A positive number with two significant digits in the least space: .012, 3e-4, 0."""
    if value == 0:
        return "0"
    if value < 0.001:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.2f}".lstrip("0") if value >= 0.0995 else f"{value:.3f}".lstrip("0")


def interval(low: float, high: float, before: str = "", digits: int = 3) -> str:
    """``[low, high]`` with ``before`` in front; empty where there is no interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{before}[{number(low, digits)}, {number(high, digits)}]"


def ends(table: pd.DataFrame) -> str:
    """For those who cannot see the curves in ``table``: where the first and the last end."""
    last = table.groupby("algorithm", sort=False)["estimate"].last().sort_values(kind="stable")
    if len(last) == 1:
        return f"{last.index[0]} ends at {number(float(last.iloc[0]))}."
    return (
        f"Lowest at the end: {last.index[0]} with {number(float(last.iloc[0]))}; "
        f"highest: {last.index[-1]} with {number(float(last.iloc[-1]))}."
    )


def first_and_last(table: pd.DataFrame) -> str:
    """For those who cannot see what is drawn of ``table``, the best algorithm in its first row."""
    names = list(dict.fromkeys(table["algorithm"]))
    return f"First: {names[0]}; last: {names[-1]}. The numbers are in the CSV file."


def far_apart(low: float, high: float) -> bool:
    """Whether positive numbers from ``low`` to ``high`` take a log axis, so that the lowest can be
    told apart."""
    return 0 < 5 * low < high


def count(n: int, noun: str) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """``a, b, c``; of more than :data:`MOST_NAMES` the first, and how many there are beside."""
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def ranges(seeds: list[int]) -> str:
    """``0-9, 12`` from the seeds."""
    parts: list[list[int]] = []
    for seed in sorted(seeds):
        if parts and parts[-1][-1] == seed - 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)
