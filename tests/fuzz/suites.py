"""Suites whose YAML is mutated as such: tags, anchors, kinds of values, keys and depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis.strategies import integers, sampled_from
from ruamel.yaml import YAML

from tests import ROOT
from tests.fuzz.commands import Command
from tests.fuzz.values import Draw, mutated_text, now_and_then
from tests.support.malformed_suites import WRONG
from tests.support.tiny_plugins import LINES, PLUGIN

_SCALARS = r"""
~ true false 0 -1 1 1.5 1e308 1e999 -1e999 .nan .inf 0x0 0o8 0b1 1_0 017 1:30 2001-01-01
2001-99-99 '' '7' all 0-9 9-0 0-999999999 ../x /etc/passwd . * ? !! ! & | > [] {} [[]] [{}]
[~] {~: 1} {a: {b: {c: d}}} "\0" "\ud800" "\e[31m" "\u202e" "\x85" 1e400 0xffff
"""
_TAGS = """
!!bool !!int !!float !!null !!str !!timestamp !!binary !!set !!omap !!pairs !!map !!seq
!!merge !!value !!yaml !!python/name:os.system !!python/object/apply:os.system !x ! !<x>
!<tag:yaml.org,2002:int> &a *a &a*a
"""
_KEYS = """
name description searchers schedulers problems seeds workers stage trial_timeout pace budget
plugins tell only as time trials resource evaluations run space table dataset estimator
start release
"""
SCALAR, TAG, KEY = (sampled_from(text.split()) for text in (_SCALARS, _TAGS, _KEYS))
ODD_KEY = KEY | sampled_from(("x" * 5000, '"\\0"', "<<", "=", "? ", "[a]", "~", "3"))
_LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
_DEEP = ("[" * 2000, "[" * 30 + "]" * 30, "{a: " * 500, "x" * 5000, "- " * 9, "9" * 4000)
_FILES = [*(ROOT / "problems" / "suites").glob("*.yaml"), *(ROOT / "paper/suites").glob("*.yaml")]
_COMMAND = """\
name: program
searchers: [random, {name: command, as: mine, run: [./nowhere, 3], timeout: 1}]
problems:
  - {name: command, run: [sh, -c, "true"], space: {x: {float: [0, 1]}, n: {int: [1, 9]}}}
  - {name: sklearn, estimator: sklearn.svm.SVC, dataset: iris, space: {C: {float: [0.1, 1]}}}
  - {recorded: {table: nowhere.parquet}}
stage: live
seeds: 1
budget: {trials: 2, time: 1 min}
"""


def prepare(folder: Path) -> None:
    """Shipped suites, and those of tests with and without a fault."""
    for path in _FILES:
        (folder / f"{path.parent.parent.name}_{path.name}").write_bytes(path.read_bytes())
    texts = {"right": {}, **{str(n): {w[0]: w[1]} for n, w in enumerate(WRONG)}}
    for name, changes in texts.items():
        (folder / f"case_{name}.yaml").write_text("\n".join({**LINES, **changes}.values()) + "\n")
    (folder / "command.yaml").write_text(_COMMAND)


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    kinds = ("case_right.yaml", "case_[0-9]*.yaml", "p*.yaml", "command.yaml")
    source = draw(sampled_from(sorted(origin.glob(draw(sampled_from(kinds))))))
    text = source.read_text()
    for _ in range(draw(integers(1, 3))):
        text = draw(sampled_from(_CHANGES))(draw, text)
    data = text.encode("utf-8", "surrogatepass")
    if now_and_then(draw, 5):
        data = mutated_text(draw, data)
    (folder / "suite.yaml").write_bytes(data)
    (folder / "tiny.py").write_text(PLUGIN)
    # A value that begins with a hyphen is one of the option, not an option.
    more = draw(sampled_from(([], [], [f"--seeds={draw(SCALAR)}"], ["--only=*"])))
    return [["plan", "suite.yaml", *more]]


def _replaced(pattern: str, new: Callable[[Draw, str], str]) -> Callable[[Draw, str], str]:
    """One of the places in a text that ``pattern`` matches holds something new."""

    def change(draw: Draw, text: str) -> str:
        if not (found := list(re.finditer(pattern, text, re.MULTILINE))):
            return text
        at = draw(sampled_from(found))
        return text[: at.start()] + new(draw, at[0]) + text[at.end() :]

    return change


def _line(draw: Draw, text: str) -> str:
    return f"{text}{draw(KEY)}: {draw(TAG)} {draw(SCALAR)}\n"


def _deep(draw: Draw, text: str) -> str:
    """A value that is nested deeply, is long, or stands for more than it shows."""
    value = draw(sampled_from(_DEEP))
    texts = (f"{text}only: {value}\n", f"{_LAUGHS}{text}", f"{_LAUGHS}{text}workers: *l\n")
    return str(draw(sampled_from(texts)))


def _reshaped(draw: Draw, text: str) -> str:
    """The same document with two of its values exchanged, or one put inside the other."""
    try:
        value: Any = YAML(typ="safe", pure=True).load(text)
    except Exception:  # it is mutated already
        return text
    if not isinstance(value, dict) or len(keys := [key for key in value if key == str(key)]) < 2:
        return text
    one, other = draw(sampled_from(keys)), draw(sampled_from(keys))
    match draw(sampled_from(("exchanged", "both", "inside"))):
        case "exchanged":
            value[one], value[other] = value[other], value[one]
        case "both":
            value[one] = [value[one], value[other]]
        case _:
            value[one] = {other: value[one]}
    return "".join(f"{key}: {_flow(item)}\n" for key, item in value.items())


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "~", True: "true", False: "false"}[value]
    return repr(value).replace("\\'", "''") if isinstance(value, str) else str(value)


_scalar = _replaced(r"[\w.-]+(?=\s*[,}\]\n])", lambda draw, old: str(draw(SCALAR)))
_CHANGES = (
    _scalar,
    _scalar,
    # A tag, an anchor or an alias before a value or a key.
    _replaced(r"(?<=[:\[,{-] )(?=\S)|^(?=\w)", lambda draw, old: f"{draw(TAG)} "),
    _replaced(r"\w+(?=:)", lambda draw, old: str(draw(ODD_KEY))),
    _line,
    _deep,
    _reshaped,
)
