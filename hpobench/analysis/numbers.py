"""What is said of a drawing to those who cannot see it, and when an axis is logarithmic."""

from __future__ import annotations

import pandas as pd

from hpobench.contract.wording import number


def short(value: float) -> str:
    """A positive number with two significant digits in the least space: .012, 3e-4, 0."""
    if value == 0:
        return "0"
    if value < 0.001:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.2f}".lstrip("0") if value >= 0.0995 else f"{value:.3f}".lstrip("0")


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
