"""Files damaged byte by byte, and JSON with values of other kinds."""

from __future__ import annotations

import random
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    float("nan"),
    "",
    "../../x",
    "\x1b[31m",
    "x" * 5000,
    [],
    {},
    [[]],
    {"a": 1},
)
"""Values that a reader may not expect."""


def damaged(rng: random.Random, data: bytes) -> bytes:
    """``data`` with bits flipped, blocks overwritten, removed, repeated or cut off, or bytes more
    at its end."""
    changed = bytearray(data)
    at = rng.randrange(len(changed))
    # The ends of most formats hold what says how the rest is read.
    if rng.random() < 0.5:
        at = max(len(changed) - 1 - int(rng.expovariate(1 / 300)), 0)
    size = rng.choice((1, 4, 8, 64, 4096))
    match rng.choice(("flip", "fill", "random", "remove", "repeat", "cut", "more")):
        case "flip":
            for _ in range(rng.randint(1, 3)):
                changed[at] ^= 1 << rng.randrange(8)
                at = min(at + rng.randrange(9), len(changed) - 1)
        case "fill":
            block = rng.choice((b"\0", b"\xff", b"\x7f", b"[")) * len(changed[at : at + size])
            changed[at : at + size] = block
        case "random":
            changed[at : at + size] = rng.randbytes(len(changed[at : at + size]))
        case "remove":
            del changed[at : at + size]
        case "repeat":
            changed[at:at] = changed[at : at + size]
        case "cut":
            del changed[at:]
        case _:
            changed += rng.randbytes(size)
    return bytes(changed)


def reshaped(rng: random.Random, value: Any) -> Any:
    """``value``, of JSON, with one value somewhere in it replaced, removed or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        if rng.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        if rng.random() < 0.1:
            return {**value, "odd": rng.choice(ODD)}
        return {**value, key: reshaped(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        if rng.random() < 0.2:
            return value + value[at : at + 1]
        return [*value[:at], reshaped(rng, value[at]), *value[at + 1 :]]
    return rng.choice(ODD)
