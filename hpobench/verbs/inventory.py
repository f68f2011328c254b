"""Searchers, schedulers, problems and suites: what there is, what goes with what, new files."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpobench import api
from hpobench.contract.cell import Kind
from hpobench.contract.errors import PluginError, UnknownNameError, UsageError
from hpobench.contract.frozen import frozen_members, references_file
from hpobench.plugins.isolation import environments
from hpobench.plugins.isolation.releases import AT
from hpobench.plugins.registry import Entry, Registry, shipped_suites

if TYPE_CHECKING:
    from hpobench.plugins.compatibility import MatrixField

_SCAFFOLDS = Path(__file__).parents[1] / "testing" / "scaffolds"
_HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     # The library by its exact version, what it needs loosely: "scikit-learn==1.7.2", "numpy>=2".
# ]
# ///
"""
_TRAITS: Mapping[Kind, tuple[str, ...]] = {
    "searcher": ("parallel", "conditional", "multi_fidelity", "cost_aware", "deterministic"),
    "scheduler": ("needs_fidelity",),
    "problem": (),
}


def names(kind: Kind) -> list[str]:
    """What the plugins of a kind are called."""
    return [entry.name for entry in Registry().entries(kind)]


def suite_names() -> list[str]:
    """What the shipped suites are called."""
    return [*shipped_suites()]


def plugins(
    kind: Kind, files: Iterable[Path], name: str | None = None, *, in_full: bool = True
) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The plugins of a kind, also in ``files``, or the one called ``name``.

    Returns the facts of each plugin: its ``name`` and ``summary``, whether it is ``available`` and
    for what ``reason`` it is not, ``in_full`` also its ``options`` and more that depends on the
    kind; the names of plugins that only say whether they can run when they run; and what is wrong
    with the files that are left out. Raises :class:`UnknownNameError` for a name that is none.
    """
    registry = Registry(files)
    entries = registry.entries(kind) if name is None else [registry.find(kind, name)]
    facts = [_facts(entry) for entry in entries]
    unasked = [one["name"] for one in facts if one["available"] == "not asked"]
    if in_full:
        facts = [own | _details(entry) for entry, own in zip(entries, facts, strict=True)]
    return facts, unasked, list(map(str, registry.broken))


def _facts(entry: Entry) -> dict[str, Any]:
    # As far as reading its file tells: a plugin that is asked would run.
    reason = entry.unmet() if entry.asked else entry.missing()
    if reason:
        available = "no"
    elif entry.asked:
        available = "not asked"
    else:
        built = entry.script is None or environments.Environment(entry.script).built() is not None
        available = "yes" if built else "once built"
    facts: dict[str, Any] = {"name": entry.name, "summary": entry.summary}
    return facts | {"available": available, "reason": reason or None}


def _details(entry: Entry) -> dict[str, Any]:
    attributes = entry.attributes
    facts: dict[str, Any] = {
        trait: "yes" if attributes.get(trait) else "no" for trait in _TRAITS[entry.kind]
    }
    # Such a searcher stops its own trials, which is more than to learn from several fidelities.
    if attributes.get("schedules_itself"):
        facts["multi_fidelity"] = "schedules itself"
    if entry.kind == "searcher":
        library = str(attributes.get("library") or "")
        version = environments.version_of(library, entry.script) if library else None
        facts |= {"library": library or None, "version": version or None}
        facts |= {"releases": _releases(entry) if library else None}
    if entry.kind == "problem":
        facts |= {"members": _members(entry)}
        facts |= {key: attributes.get(key) or None for key in ("licence", "source")}
    facts["file"] = str(entry.file)
    facts["options"] = [
        {"name": option.name, "default": option.default, "type": option.annotation}
        for option in entry.options
    ]
    return facts


def _members(entry: Entry) -> str | None:
    """How many members have frozen references, and how many of their optima are known."""
    try:
        members = frozen_members(references_file(entry.file, entry.name)).values()
    except PluginError:
        return "damaged"
    known = sum(member.reference.known for member in members)
    return f"{len(members)}, {known} with a known optimum" if members else None


def _releases(entry: Entry) -> str:
    """The releases of its library that are built here, and how a suite names others."""
    built_folders = filter(environments.built_in, environments.folders())
    here = [name.partition(AT) for name in sorted({*map(environments.name_of, built_folders)})]
    found = [release for stem, _, release in here if release and stem == entry.file.stem]
    built = f"; built here: {', '.join(found)}" if found else ""
    return f"any on the index, as in {{name: {entry.name}, release: [...]}}{built}"


def suites(name: str | None = None) -> list[dict[str, str]]:
    """The name, the description and the file of each shipped suite, or of the one called ``name``.

    Raises :class:`UnknownNameError` if there is none of that name.
    """
    from hpobench.suites.yamlfile import read_yaml

    found = shipped_suites()
    if name is not None and name not in found:
        raise UnknownNameError("suite", name, found)
    return [
        {"name": one, "description": str(read_yaml(file).value.get("description", ""))}
        | {"file": str(file)}
        for one, file in found.items()
        if name in (None, one)
    ]


def compatibility(
    files: Iterable[Path],
) -> tuple[list[MatrixField], dict[str, int], dict[str, list[str] | None]]:
    """Which searchers run under which schedulers, also of the plugins in ``files``; the number of
    each note; and what a suite can give each searcher, ``None`` for one in a file that is not run,
    whose methods would tell."""
    from hpobench.plugins.compatibility import matrix, numbered
    from hpobench.plugins.starting.prepare import takes

    registry = Registry(files)
    fields = list(matrix(registry))
    # A list must not run files that nobody has looked at.
    found = {
        entry.name: None if entry.origin == "file" else list(takes(entry.load()))
        for entry in registry.entries("searcher")
    }
    return fields, numbered(fields), found


def new(
    kind: Kind | Literal["suite"], name: str, given: Mapping[str, Any], *, isolated: bool
) -> Path:
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
    # Of two plugins with one name a suite could not say which it means.
    if name in (suite_names() if kind == "suite" else names(kind)):
        raise UsageError(f"there is a {kind} called {name!r} already; take another name")
    file = Path(f"{name}.yaml" if kind == "suite" else f"{name.replace('-', '_')}.py")
    text = _suite(file, name, given) if kind == "suite" else _plugin(kind, name)
    try:
        # "x" fails where there is a file, also one that came since somebody looked.
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
    from hpobench.suites.resolved import in_one_line
    from hpobench.suites.suite import load_suite
    from hpobench.suites.yamlfile import read_yaml

    scaffold, keys = _SCAFFOLDS / "suite.yaml", {"name": name, **given}
    # Raises what `plan` would say, before a suite is written that cannot run.
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
    # "None" is no name of a class, and "Problem" would hide what the file imports.
    if keyword.iskeyword(cls) or cls in api.__all__:
        cls += kind.capitalize()
    return text.replace('"mine"', f'"{name}"').replace("class Mine(", f"class {cls}(")
