"""A plugin file or a suite that works, to be filled in."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpobench import api
from hpobench.contract.errors import UsageError
from hpobench.plugins.registry import Registry, shipped_suites

_SCAFFOLDS = Path(__file__).parents[1] / "testing" / "scaffolds"
_HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     # The library by its exact version, what it needs loosely: "scikit-learn==1.7.2", "numpy>=2".
# ]
# ///
"""


def new(kind: str, name: str, given: Mapping[str, Any], *, isolated: bool = False) -> Path:
    """Write the new file of a plugin or a suite called ``name``.

    ``kind``: ``searcher``, ``scheduler``, ``problem`` or ``suite``. ``given``: keys of the suite.
    ``isolated``: a searcher in an environment of its own. Raises :class:`UsageError` for a name
    that is none or is taken, and where there is a file; and :class:`SuiteError` if the suite would
    not run.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no name; use lower case, digits and hyphens, like my-search")
    if isolated and kind != "searcher":
        raise UsageError(f"--isolated: only searchers have environments of their own, no {kind}s")
    if given and kind != "suite":
        raise UsageError(f"--{next(iter(given))}: is for `new suite`, not for a {kind}")
    known = shipped_suites() if kind == "suite" else [e.name for e in Registry().entries(kind)]  # type: ignore[arg-type]
    if name in known:
        raise UsageError(f"there is a {kind} called {name!r} already; take another name")
    file = Path(f"{name}.yaml" if kind == "suite" else f"{name.replace('-', '_')}.py")
    text = _suite(file, name, given) if kind == "suite" else _plugin(kind, name)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write((_HEADER if isolated else "") + text)
    except FileExistsError:
        raise UsageError(f"{file} exists; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    return file


def _suite(file: Path, name: str, given: Mapping[str, Any]) -> str:
    """The text of a suite with the keys that are ``given``."""
    from hpobench.suites.changes import Changes
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite
    from hpobench.suites.suitetext import in_one_line
    from hpobench.suites.yamlfile import read_yaml

    scaffold, keys = _SCAFFOLDS / "suite.yaml", {"name": name, **given}
    build_plan(load_suite(read_yaml(scaffold).value, changes=Changes(keys)))
    lines = scaffold.read_text(encoding="utf-8").replace("FILE", str(file)).splitlines()
    for place, line in enumerate(lines):
        key, _, _ = line.partition(":")
        if key in keys:
            lines[place] = f"{key}: {in_one_line(keys[key])}"
    return "\n".join([*lines, ""])


def _plugin(kind: str, name: str) -> str:
    text = (_SCAFFOLDS / f"{kind}.py").read_text(encoding="utf-8")
    cls = "".join(part.capitalize() for part in name.split("-"))
    if keyword.iskeyword(cls) or cls in api.__all__:
        cls += kind.capitalize()
    return text.replace('"mine"', f'"{name}"').replace("class Mine(", f"class {cls}(")
