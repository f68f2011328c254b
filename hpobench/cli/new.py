"""``new``: write a plugin file or a suite that works, to be filled in."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hpobench.cli.changing import GRID, grid_options, taken
from hpobench.cli.shared import Output, output_options

_HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     # The library by its exact version, what it needs loosely: "scikit-learn==1.7.2", "numpy>=2".
# ]
# ///
"""
_KINDS = ("searcher", "scheduler", "problem", "suite")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("name")
@grid_options
@click.option(
    "--isolated",
    is_flag=True,
    help="A searcher in an environment of its own, with other versions than hpobench's.",
)
@output_options(quiet="Print the file alone.")
def new(kind: str, name: str, isolated: bool, output: Output, **options: Any) -> None:
    """Write a plugin file NAME.py, or a suite NAME.yaml, that works, to be filled in.

    NAME is what suites call it, or the suite's own: lower case, digits and hyphens. `new suite`
    takes --searchers and the options after it; what they leave out is an example.
    """
    from hpobench.contract.errors import UsageError

    given = taken(options, GRID)
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no name; use lower case, digits and hyphens, like my-search")
    if isolated and kind != "searcher":
        raise UsageError(f"--isolated: only searchers have environments of their own, no {kind}s")
    if given and kind != "suite":
        raise UsageError(f"--{next(iter(given))}: is for `new suite`, not for a {kind}")
    if name in _known(kind):
        raise UsageError(f"there is a {kind} called {name!r} already; take another name")
    if kind == "suite":
        file = Path(f"{name}.yaml")
        _write(file, _suite(file, name, given))
    else:
        file = Path(f"{name.replace('-', '_')}.py")
        _write(file, (_HEADER if isolated else "") + _plugin(kind, name))
    facts = {"kind": kind, "name": name, "file": str(file)}
    output.end(facts, file, *_next(kind, name, file, isolated=isolated))


def _next(kind: str, name: str, file: Path, *, isolated: bool) -> Iterator[str]:
    """What to do with the new ``file``."""
    if kind == "suite":
        yield f"{file} is a suite that runs. Next:"
        yield f"  hpobench plan {file}     shows its cells and what they cost"
        yield f"  hpobench run {file}"
        return
    yield f"{file} is a {kind} that works. Next:"
    if isolated:
        yield f"  hpobench env sync {file}     locks and builds its environment; again after"
        yield "                                a change of its header, with --upgrade"
    yield f"  hpobench check {file}        after every change"
    yield f"  {kind}s: [{name}] and plugins: [{file}] in a suite, then hpobench run"


def _known(kind: str) -> set[str]:
    """The names that plugins of ``kind``, or shipped suites, have."""
    from hpobench.plugins.registry import Registry, shipped_suites

    if kind == "suite":
        return set(shipped_suites())
    return {entry.name for entry in Registry().entries(kind)}  # type: ignore[arg-type]


def _write(file: Path, text: str) -> None:
    """Write the new ``file``; raises :class:`UsageError` if there is one or it cannot be."""
    from hpobench.contract.errors import UsageError

    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{file} exists; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _scaffold(name: str) -> Path:
    import hpobench.testing

    return Path(hpobench.testing.__file__).parent / "scaffolds" / name


def _suite(file: Path, name: str, given: dict[str, Any]) -> str:
    """The text of a suite with the keys that are ``given``.

    Raises :class:`SuiteError` if it would not run.
    """
    from hpobench.suites.changes import Changes
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite
    from hpobench.suites.suitetext import in_one_line
    from hpobench.suites.yamlfile import read_yaml

    scaffold, keys = _scaffold("suite.yaml"), {"name": name, **given}
    build_plan(load_suite(read_yaml(scaffold).value, changes=Changes(keys)))
    lines = scaffold.read_text(encoding="utf-8").replace("FILE", str(file)).splitlines()
    for place, line in enumerate(lines):
        key, _, _ = line.partition(":")
        if key in keys:
            lines[place] = f"{key}: {in_one_line(keys[key])}"
    return "\n".join([*lines, ""])


def _plugin(kind: str, name: str) -> str:
    import hpobench.api

    text = _scaffold(f"{kind}.py").read_text(encoding="utf-8")
    cls = "".join(part.capitalize() for part in name.split("-"))
    if keyword.iskeyword(cls) or cls in hpobench.api.__all__:
        cls += kind.capitalize()
    return text.replace('"mine"', f'"{name}"').replace("class Mine(", f"class {cls}(")
