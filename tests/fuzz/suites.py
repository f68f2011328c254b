"""Suites whose YAML is mutated as such: tags, anchors, kinds of values, keys and depth."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests import ROOT
from tests.fuzz.frame import Command
from tests.fuzz.texts import mutated_text
from tests.support.malformed_suites import WRONG
from tests.support.tiny_plugins import LINES, PLUGIN

_SCALARS = [
    "~",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "1.5",
    "1e308",
    "1e999",
    "-1e999",
    ".nan",
    ".inf",
    "0x0",
    "0o8",
    "0b1",
    "1_0",
    "017",
    "1:30",
    "2001-01-01",
    "2001-99-99",
    "''",
    "'7'",
    "all",
    "0-9",
    "9-0",
    "0-999999999",
    "../x",
    "/etc/passwd",
    ".",
    "*",
    "?",
    "!!",
    "!",
    "&",
    "|",
    ">",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "[~]",
    "{~:",
    "1}",
    "{a:",
    "{b:",
    "{c:",
    "d}}}",
    '"\\0"',
    '"\\ud800"',
    '"\\e[31m"',
    '"\\u202e"',
    '"\\x85"',
    "1e400",
    "0xffff",
]
_TAGS = [
    "!!bool",
    "!!int",
    "!!float",
    "!!null",
    "!!str",
    "!!timestamp",
    "!!binary",
    "!!set",
    "!!omap",
    "!!pairs",
    "!!map",
    "!!seq",
    "!!merge",
    "!!value",
    "!!yaml",
    "!!python/name:os.system",
    "!!python/object/apply:os.system",
    "!x",
    "!",
    "!<x>",
    "!<tag:yaml.org,2002:int>",
    "&a",
    "*a",
    "&a*a",
]
_KEYS = [
    "name",
    "description",
    "searchers",
    "schedulers",
    "problems",
    "seeds",
    "workers",
    "stage",
    "trial_timeout",
    "pace",
    "budget",
    "plugins",
    "tell",
    "only",
    "as",
    "time",
    "trials",
    "resource",
    "evaluations",
    "run",
    "space",
    "table",
    "dataset",
    "estimator",
    "start",
    "release",
]
_FILES = sorted(
    [*(ROOT / "problems" / "suites").glob("*.yaml"), *(ROOT / "paper" / "suites").glob("*.yaml")]
)


class Suites:
    """Shipped suites, and those of tests with and without a fault, mutated."""

    name = "suites"

    def prepare(self, folder: Path) -> None:
        for path in _FILES:
            (folder / f"{path.parent.parent.name}_{path.name}").write_bytes(path.read_bytes())
        texts = {"right": {}, **{str(n): {w[0]: w[1]} for n, w in enumerate(WRONG.values())}}
        for name, changes in texts.items():
            text = "\n".join({**LINES, **changes}.values()) + "\n"
            (folder / f"case_{name}.yaml").write_text(text, encoding="utf-8")
        (folder / "command.yaml").write_text(_COMMAND, encoding="utf-8")

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        pattern = rng.choice(("case_right.yaml", "case_[0-9]*.yaml", "p*.yaml", "command.yaml"))
        text = rng.choice(sorted(origin.glob(pattern))).read_text(encoding="utf-8")
        for _ in range(rng.choice((1, 1, 2, 3))):
            text = rng.choice(_CHANGES)(rng, text)
        data = text.encode("utf-8", "surrogatepass")
        if rng.random() < 0.2:
            data = mutated_text(rng, data)
        (folder / "suite.yaml").write_bytes(data)
        (folder / "tiny.py").write_text(PLUGIN, encoding="utf-8")
        more = rng.choice(([], [], ["--seeds", rng.choice(_SCALARS)], ["--only", "*"]))
        # A value that begins with a hyphen is one of the option, not an option.
        joined = [f"{more[0]}={more[1]}"] if more else []
        return [["plan", "suite.yaml", *joined]]


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


def _scalar(rng: random.Random, text: str) -> str:
    """Another value in the place of a scalar."""
    found = list(re.finditer(r"[\w.-]+(?=\s*[,}\]\n])", text))
    if not found:
        return text
    at = rng.choice(found)
    return text[: at.start()] + rng.choice(_SCALARS) + text[at.end() :]


def _tag(rng: random.Random, text: str) -> str:
    """A tag, an anchor or an alias before a value or a key."""
    found = list(re.finditer(r"(?<=[:\[,{-] )(?=\S)|^(?=\w)", text, re.MULTILINE))
    if not found:
        return text
    at = rng.choice(found).start()
    return f"{text[:at]}{rng.choice(_TAGS)} {text[at:]}"


def _key(rng: random.Random, text: str) -> str:
    """Another key, or one more."""
    found = list(re.finditer(r"\w+(?=:)", text))
    if not found:
        return text
    at = rng.choice(found)
    key = rng.choice((*_KEYS, "x" * 5000, '"\\0"', "<<", "=", "? ", "[a]", "~", "3"))
    return text[: at.start()] + key + text[at.end() :]


def _line(rng: random.Random, text: str) -> str:
    """One more line at the end."""
    return f"{text}{rng.choice(_KEYS)}: {rng.choice(_TAGS)} {rng.choice(_SCALARS)}\n"


def _deep(rng: random.Random, text: str) -> str:
    """A value that is nested deeply, is long, or stands for more than it shows."""
    laughs = "a: &a [x, x]\n" + "".join(
        f"{'abcdefghijkl'[n + 1]}: &{'abcdefghijkl'[n + 1]} [*{'abcdefghijkl'[n]}, "
        f"*{'abcdefghijkl'[n]}]\n"
        for n in range(11)
    )
    value = rng.choice(
        ("[" * 2000, "[" * 30 + "]" * 30, "{a: " * 500, "x" * 5000, "- " * 9, "9" * 4000)
    )
    return rng.choice((f"{text}only: {value}\n", f"{laughs}{text}", f"{text}workers: *l\n"))


def _reshaped(rng: random.Random, text: str) -> str:
    """The same document with two of its values exchanged, or one put inside the other."""
    try:
        value: Any = YAML(typ="safe", pure=True).load(text)
    except Exception:  # it is mutated already
        return text
    if not isinstance(value, dict) or len(value) < 2:
        return text
    one, other = rng.sample(sorted(map(str, value)), 2)
    if one in value and other in value:
        change = rng.randrange(3)
        if change == 0:
            value[one], value[other] = value[other], value[one]
        elif change == 1:
            value[one] = [value[one], value[other]]
        else:
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


_CHANGES: Sequence[Callable[[random.Random, str], str]] = (
    _scalar,
    _scalar,
    _tag,
    _key,
    _line,
    _deep,
    _reshaped,
)
