"""What may stand in the place of right JSON, bytes, texts and files."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis.strategies import SearchStrategy, booleans, integers, sampled_from

Draw: TypeAlias = Callable[[SearchStrategy[Any]], Any]

NAN, INF = float("nan"), float("inf")
ODD: tuple[Any, ...] = (
    *(None, True, 3, 0, -1, -1.5, 2**70, 1e308, NAN, INF),
    *("", "x", "../../x", "\x1b[31m", "\x1b[2J\x07", "=1+1", "x" * 5000),
    *([], {}, [[]], [{}], {"a": 1}),
)
"""Values that a reader may not expect."""
NOT_JSON = ("", "{", "null", "3", "[]", '{"a": 1}', "[" * 100_000, '{"a":' * 50_000, "\xff\xfe")
"""Texts that are no JSON object of ours."""
_BITS = integers(0, 7)
_TOKENS = b"\0 \t \n \r \\ ' \" ( ) [ ] { } : , # @ \xff \xef\xbb\xbf \xe2\x80\xae \x1b[31m".split(
    b" "
)
_CODINGS = [f"# -*- coding: {name} -*-\n".encode() for name in ("x", "latin-1", "utf-16", "hex")]


def now_and_then(draw: Draw, one_in: int) -> bool:
    return bool(draw(integers(1, one_in)) == one_in)


def damaged(draw: Draw, data: bytes) -> bytes:
    """``data`` with bits flipped, blocks overwritten, removed, repeated or cut off, or bytes more
    at its end."""
    # The ends of most formats hold what says how the rest is read.
    least = draw(sampled_from((0, max(len(data) - 600, 0))))
    at = draw(integers(least, len(data) - 1))
    block = data[at : at + draw(sampled_from((1, 4, 8, 64, 4096)))]
    head, tail = data[:at], data[at + len(block) :]
    noise = random.Random(draw(integers(0, 2**16))).randbytes(len(block))
    match draw(sampled_from(("flip", "fill", "noise", "remove", "repeat", "cut", "more"))):
        case "flip":
            size = min(draw(integers(1, 3)), len(block))
            return head + bytes(b ^ 1 << draw(_BITS) for b in block[:size]) + data[at + size :]
        case "fill":
            fill: bytes = draw(sampled_from((b"\0", b"\xff", b"\x7f", b"[")))
            return head + fill * len(block) + tail
        case "noise":
            return head + noise + tail
        case "remove":
            return head + tail
        case "repeat":
            return head + block + block + tail
        case "cut":
            return head
        case _:
            return data + noise


def reshaped(draw: Draw, value: Any) -> Any:
    """``value``, of JSON, with something in it replaced, removed, added or doubled."""
    if not isinstance(value, dict | list) or not value or now_and_then(draw, 10):
        return draw(sampled_from(ODD))
    value = copy.copy(value)
    key = draw(sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
    match draw(sampled_from((*["inside"] * 6, "remove", "more"))):
        case "inside":
            value[key] = reshaped(draw, value[key])
        case "remove":
            del value[key]
        case _ if isinstance(value, dict):
            value["odd"] = draw(sampled_from(ODD))
        case _:
            value.append(value[key])
    return value


def mutated_text(draw: Draw, text: bytes) -> bytes:
    """``text`` with a few bytes, lines or its encoding changed, whatever it means."""
    for _ in range(draw(integers(1, 3))):
        text = draw(sampled_from((_bytes, _lines, _bytes, _lines, _whole)))(draw, text)
    return text


def _bytes(draw: Draw, text: bytes) -> bytes:
    at = draw(integers(0, len(text)))
    new: bytes = draw(sampled_from((*_TOKENS, b"", bytes([draw(integers(0, 255))]))))
    return text[:at] + new + text[at + draw(integers(0, 3)) :]


def _lines(draw: Draw, text: bytes) -> bytes:
    lines = text.split(b"\n")
    at, other = draw(integers(0, len(lines) - 1)), draw(integers(0, len(lines) - 1))
    match draw(sampled_from(("remove", "double", "swap", "indent"))):
        case "remove":
            del lines[at]
        case "double":
            lines.insert(other, lines[at])
        case "swap":
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = draw(sampled_from((b" ", b"\t", b"    "))) + lines[at]
    return b"\n".join(lines)


def _whole(draw: Draw, text: bytes) -> bytes:
    match draw(sampled_from(("cut", "mark", "encoding", "declared", "double"))):
        case "cut":
            return text[: draw(integers(0, len(text)))]
        case "mark":
            return b"\xef\xbb\xbf" + text
        case "encoding":
            codec = draw(sampled_from(("utf-16", "utf-32", "utf-7", "cp500")))
            return text.decode("utf-8", "replace").encode(codec, "replace")
        case "declared":
            coding: bytes = draw(sampled_from(_CODINGS))
            return coding + text
        case _:
            return text + text


def misplace(draw: Draw, path: Path) -> None:
    """Put what is no regular file of its own at ``path``: a pipe, a folder or a link."""
    match draw(sampled_from(("pipe", "folder", "/dev/zero", "/etc/passwd", "/etc", path.name))):
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case target:
            path.symlink_to(target)


def shuffled(draw: Draw, items: list[Any]) -> None:
    """One item is gone, doubled or elsewhere."""
    at, other = draw(integers(0, len(items) - 1)), draw(integers(0, len(items) - 1))
    item = items[at]
    if not draw(booleans()):
        del items[at]
    if draw(booleans()):
        items.insert(other, item)
