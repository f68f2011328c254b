"""Numbers, counts, times and names as people read them, and times as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

SAME = 1e-9
"""Numbers near 1 that differ by no more are equal: the rest comes from rounding."""
MOST_NAMES = 20
"""In one sentence; suites have thousands of problems."""
_UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def number(value: float, digits: int = 3) -> str:
    """``digits`` significant digits, thousands separated; a dash for what is not there."""
    if not math.isfinite(value):
        return "-"
    if value != 0 and not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}"
    whole = 0 if value == 0 else math.floor(math.log10(abs(value))) + 1
    return f"{value:,.{max(digits - whole, 0)}f}"


def apart(values: Sequence[float], digits: int = 3) -> list[str]:
    """Each of ``values`` by :func:`number`, with as many digits more as tell it from the others."""

    def text(value: float) -> str:
        others = [other for other in values if abs(other - value) > SAME]
        for n in range(digits, 17):  # a float has no more
            found = number(value, n)
            if all(number(other, n) != found for other in others):
                return found
        return number(value, digits)

    return [text(value) for value in values]


def interval(low: float, high: float, before: str = "", digits: int = 3) -> str:
    """``[low, high]`` with ``before`` in front; empty where there is no interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{before}[{number(low, digits)}, {number(high, digits)}]"


def count(n: int, noun: str) -> str:
    """``1 seed``, ``2 seeds``, ``1,000 seeds``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed(names: Iterable[object], most: int = MOST_NAMES) -> str:
    """``a, b, c``; of more than ``most`` the first, and how many there are beside."""
    every = list(map(str, names))
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def ranges(numbers: Iterable[int], most: int | None = None) -> str:
    """``0-9, 12``; of more than ``most`` ranges the first and the last ones."""
    runs: list[list[int]] = []
    for value in sorted(numbers):
        if runs and value == runs[-1][-1] + 1:
            runs[-1][1:] = [value]
        else:
            runs.append([value])
    shown = ["-".join(map(str, run)) for run in runs]
    if most is not None and len(shown) > most:
        shown = [*shown[: most - 2], "...", shown[-1]]
    return ", ".join(shown)


def duration(seconds: float) -> str:
    """To the second, for what runs now: ``42 s``, ``3 min 5 s``, ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def roughly(seconds: float) -> str:
    """An estimate: ``a minute``, ``4 min``, ``2.5 h``, ``3 d``."""
    if seconds < 90:
        return "a minute"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.2g} h" if seconds < 48 * 3600 else f"{seconds / 86400:,.0f} d"


def measured(seconds: float) -> str:
    """A time that was measured, in the unit that suits it: ``2.5 ms``, ``3.21 s``, ``4 min``."""
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.0095 else f"{1000 * seconds:.0f} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    unit, name = (60, "min") if seconds < 7200 else (3600, "h")
    return f"{seconds / unit:.3g} {name}"


def megabytes(size: int) -> str:
    """``size`` bytes in kB or MB."""
    return f"{size / 1e6:,.1f} MB" if size >= 50_000 else f"{size / 1e3:,.1f} kB"


def parse_seconds(text: str) -> float:
    """The seconds of ``90``, ``4 min`` or ``3h``. Raises :class:`ValueError`."""
    match = re.fullmatch(r"\s*(\d{1,18}(?:\.\d{1,18})?)\s*([a-z]*)\s*", text)
    if match is None or (match[2] or "s") not in _UNITS:
        raise ValueError(f"{text!r} is no time; write seconds, or a unit of {', '.join(_UNITS)}")
    return float(match[1]) * _UNITS[match[2] or "s"]


def printable(text: str) -> str:
    """``text`` as a terminal may show it: characters that would steer the terminal, or order text
    anew, as escapes. Labels, errors and files may come from strangers."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def shortened(text: str, most: int = 200) -> str:
    """``text`` in which each word of more than ``most`` characters, such as a path or a pattern,
    has an ellipsis for its middle."""
    half = most // 2
    return re.sub(rf"(\S{{{half}}})\S{{{most - 2 * half + 1},}}(\S{{{half}}})", r"\1...\2", text)
