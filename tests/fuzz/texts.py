"""Mutations of texts as such, whatever they mean."""

from __future__ import annotations

import random

_TOKENS = b"\0 \t \n \r \\ ' \" ( ) [ ] { } : , # @ \xff \xef\xbb\xbf \xe2\x80\xae \x1b[31m".split(
    b" "
)


def mutated_text(rng: random.Random, text: bytes) -> bytes:
    """``text`` with a few bytes, lines or its encoding changed."""
    for _ in range(rng.randint(1, 3)):
        text = rng.choice((_bytes, _lines, _bytes, _lines, _whole))(rng, text)
    return text


def _bytes(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text) + 1)
    new = rng.choice((bytes([rng.randrange(256)]), rng.choice(_TOKENS), b""))
    return text[:at] + new + text[at + rng.randint(0, 3) :]


def _lines(rng: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.randrange(4)
    if change == 0:
        del lines[at]
    elif change == 1:
        lines.insert(other, lines[at])
    elif change == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = rng.choice((b" ", b"\t", b"    ")) + lines[at]
    return b"\n".join(lines)


def _whole(rng: random.Random, text: bytes) -> bytes:
    change = rng.randrange(5)
    if change == 0:
        return text[: rng.randrange(len(text) + 1)]
    if change == 1:
        return b"\xef\xbb\xbf" + text
    if change == 2:
        codec = rng.choice(("utf-16", "utf-32", "utf-7", "cp500"))
        return text.decode("utf-8", "replace").encode(codec, "replace")
    if change == 3:
        return b"# -*- coding: %s -*-\n" % rng.choice((b"x", b"latin-1", b"utf-16", b"hex")) + text
    return text + text
