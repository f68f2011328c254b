"""Environments of isolated searchers and of releases: built, listed and removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.errors import NotAvailableError, PluginError, UsageError
from hpobench.plugins.isolation import environments
from hpobench.plugins.isolation.environments import Environment, remove
from hpobench.plugins.isolation.releases import AT, ReleaseScript
from hpobench.plugins.isolation.script import Script
from hpobench.plugins.registry import Registry, shipped_suites

_NOTHING: Mapping[str, Any] = {"state": "", "packages": None, "MB": None, "built_s": None}
"""What is known of an environment that is not there."""


def sync(
    names: Sequence[str], plugins: Sequence[Path], *, upgrade: bool = False
) -> Iterator[dict[str, Any]]:
    """Build the environments of the searchers, files or suites ``names``, or of all searchers;
    with ``upgrade`` after locking the newest versions. Yields the facts of each: its ``name``, its
    ``state`` (``built``, ``was there`` or ``failed``), ``built_s`` and an ``error``."""
    for script in _scripts(names, plugins):
        try:
            environment = Environment(script)
            if upgrade and isinstance(script, ReleaseScript):
                remove(environment.folder)
            elif upgrade or not script.locked:
                environments.lock(script)
            there = environment.built() is not None
            built = environment.build()
        except (NotAvailableError, PluginError) as error:
            facts = {"name": script.name, "state": "failed", "built_s": None}
            yield {**facts, "error": str(error)}
        else:
            facts = {"name": script.name, "state": "was there" if there else "built"}
            yield {**facts, "built_s": built.seconds, "error": None}


def listed(plugins: Sequence[Path]) -> dict[str, Any]:
    """The ``environments`` of all searchers, and those of releases that are built; in which
    ``folder`` they are."""
    found = []
    for script in _scripts((), plugins):
        facts: dict[str, Any] = {"name": script.name, "file": str(script.file)}
        if _readable(script):
            facts |= _state(Environment(script).folder)
        else:
            facts |= {**_NOTHING, "state": "not readable" if script.locked else "not locked"}
        found.append(facts)
    named = ((environments.name_of(folder), folder) for folder in environments.folders())
    found += [{"name": name, "file": None, **_state(at)} for name, at in named if AT in name]
    return {"folder": str(environments.environments_folder()), "environments": found}


def _state(folder: Path) -> dict[str, Any]:
    """What is known of the environment in ``folder``."""
    if (built := environments.built_in(folder)) is None:
        failed = environments.failure_in(folder)
        return {**_NOTHING, "state": "failed" if failed else "not built"}
    known = {"state": "built", "packages": len(built.versions)}
    return {**known, "MB": environments.size_of(folder) / 1e6, "built_s": built.seconds}


def clean(plugins: Sequence[Path], *, everything: bool) -> dict[str, Any]:
    """Remove the environments that no searcher known here asks for, or ``everything``; returns
    the names of those ``removed``, and the ``folder``."""
    scripts = () if everything else filter(_readable, _scripts((), plugins))
    used = {Environment(script).folder for script in scripts}
    gone = [remove(folder).name for folder in environments.folders() if folder not in used]
    return {"folder": str(environments.environments_folder()), "removed": gone}


def _readable(script: Script) -> bool:
    """Whether the lock can be read, which says what the environment holds."""
    try:
        script.packages()
    except PluginError:
        return False
    return True


def _scripts(names: Sequence[str], plugins: Sequence[Path]) -> Iterator[Script]:
    """What environments are made from: of the searchers or suites ``names``, or of all searchers;
    each file once."""
    from hpobench.suites.suite import load_suite

    shipped = shipped_suites()
    suites = [name for name in names if name.endswith((".yaml", ".yml")) or name in shipped]
    for suite in suites:
        yield from load_suite(suite, plugins).scripts()
    names = [name for name in names if name not in suites]
    if suites and not names:
        return
    files = [Path(name) for name in names if name.endswith(".py")]
    registry = Registry([*plugins, *files])
    entries = registry.entries("searcher")
    if names:
        shown = {e.file.stem: e.file for e in entries if e.script is not None}
        plain = [name for name in names if not name.endswith(".py")]
        wanted = {shown.get(n) or registry.find("searcher", n).file for n in plain}
        wanted |= {file.resolve() for file in files}
        entries = [entry for entry in entries if entry.file in wanted]
    scripts = {entry.file: entry.script for entry in entries}
    for file, script in scripts.items():
        if script is not None:
            yield script
        elif names:
            raise UsageError(f"{file}: has no '# /// script' header and needs no environment")
