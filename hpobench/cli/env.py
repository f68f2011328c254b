"""``env``: build, show and remove the environments of isolated searchers and of releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import Commands, Output, output_options, plugin_option, print_json
from hpobench.cli.tables import show

if TYPE_CHECKING:
    from hpobench.plugins.isolation.script import Script


_NOTHING: Mapping[str, Any] = {"state": "", "packages": None, "MB": None, "built_s": None}
"""What is known of an environment that is not there."""


@click.group("env", cls=Commands)
def group() -> None:
    """Environments of searchers whose files have inline metadata (PEP 723), and of the releases
    that suites name.

    uv builds them when they are needed first, in the user's cache or where HPOBENCH_ENVIRONMENTS
    says: a searcher's from the lock beside its file; a release's from a lock that stays with it.
    """


@group.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--upgrade", is_flag=True, help="Lock the newest versions first.")
@plugin_option
@output_options(quiet="Name environments that cannot be built alone.")
def sync(names: tuple[str, ...], upgrade: bool, plugins: tuple[Path, ...], output: Output) -> None:
    """Build the environments of the searchers NAME..., or of all.

    NAME may also be an environment, as `env list` shows them, a plugin's file, or a suite, whose
    releases are built too. A file without a lock gets one, beside it. Ends with code 1 if an
    environment cannot be built.
    """
    facts = [_synced(script, output, upgrade=upgrade) for script in _scripts(names, plugins)]
    if output.as_json:
        print_json(facts)
    if any(one["error"] for one in facts):
        raise SystemExit(1)


def _synced(script: Script, output: Output, *, upgrade: bool) -> dict[str, Any]:
    """Build the environment of ``script``; returns what came of it."""
    from hpobench.contract.errors import NotAvailableError, PluginError
    from hpobench.plugins.isolation.environments import Environment, lock, remove
    from hpobench.plugins.isolation.releases import ReleaseScript

    name = script.name
    try:
        environment = Environment(script)
        if upgrade and isinstance(script, ReleaseScript):
            remove(environment.folder)
        elif upgrade or not script.locked:
            lock(script)
        there = environment.built() is not None
        built = environment.build()
    except (NotAvailableError, PluginError) as error:
        click.echo(f"{name}: {error}", err=True)
        return {"name": name, "state": "failed", "built_s": None, "error": str(error)}
    output.note(f"{name}: {'was there' if there else f'built in {built.seconds:.1f} s'}")
    state = "was there" if there else "built"
    return {"name": name, "state": state, "built_s": built.seconds, "error": None}


@group.command("list")
@plugin_option
@output_options(quiet="Print the names alone.")
def show_all(plugins: tuple[Path, ...], output: Output) -> None:
    """The environments: whether they are there, what is in them, what they take on disk.

    Those of releases are shown once they are built.
    """
    from hpobench.plugins.isolation.environments import environments_folder, folders, name_of
    from hpobench.plugins.isolation.releases import AT

    scripts = list(_scripts((), plugins))
    built = {folder: name for folder in folders() if AT in (name := name_of(folder))}
    if output.quiet:
        click.echo("\n".join([*(script.name for script in scripts), *built.values()]))
        return
    found = list(map(_facts, scripts))
    found += [{"name": name, "file": None, **_state(folder)} for folder, name in built.items()]
    if output.as_json:
        print_json({"folder": str(environments_folder()), "environments": found})
        return
    rows = [
        (one["name"], one["state"], *(_number(one[key]) for key in ("packages", "MB", "built_s")))
        for one in found
    ]
    show(("environment", "state", "packages", "MB", "built in s"), rows)
    click.echo(f"\nin {environments_folder()}; files are shared with uv's cache where it can link")


def _facts(script: Script) -> dict[str, Any]:
    from hpobench.plugins.isolation.environments import Environment

    named = {"name": script.name, "file": str(script.file)}
    if _readable(script):
        return named | _state(Environment(script).folder)
    return {**named, **_NOTHING, "state": "not readable" if script.locked else "not locked"}


def _state(folder: Path) -> dict[str, Any]:
    """What is known of the environment in ``folder``."""
    from hpobench.plugins.isolation.environments import built_in, failure_in, size_of

    if (built := built_in(folder)) is None:
        return {**_NOTHING, "state": "failed" if failure_in(folder) else "not built"}
    known = {"state": "built", "packages": len(built.versions)}
    return {**known, "MB": size_of(folder) / 1e6, "built_s": built.seconds}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


@group.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are in use.")
@plugin_option
@output_options(quiet="Print nothing.")
def clean(everything: bool, plugins: tuple[Path, ...], output: Output) -> None:
    """Remove environments that none of the searchers known here asks for: those of earlier
    headers and locks, and of other checkouts and files, unless --plugin names them. Those of
    releases are removed too; the next run of a suite that names them builds them again."""
    from hpobench.plugins.isolation.environments import (
        Environment,
        environments_folder,
        folders,
        remove,
    )

    scripts = () if everything else filter(_readable, _scripts((), plugins))
    used = {Environment(script).folder for script in scripts}
    removed = [remove(folder).name for folder in folders() if folder not in used]
    for name in removed:
        output.note(f"removed {name}")
    if output.as_json:
        print_json({"folder": str(environments_folder()), "removed": removed})
    elif not removed:
        output.note("nothing to remove")


def _readable(script: Script) -> bool:
    """Whether the lock can be read, which says what the environment holds."""
    from hpobench.contract.errors import PluginError

    try:
        script.packages()
    except PluginError:
        return False
    return True


def _scripts(names: tuple[str, ...], plugins: tuple[Path, ...]) -> Iterator[Script]:
    """What environments are made from: of the searchers or suites ``names``, or of all searchers;
    each file once."""
    from hpobench.contract.errors import UsageError
    from hpobench.plugins.registry import Registry
    from hpobench.suites.suite import load_suite

    suites = list(filter(_is_suite, names))
    for suite in suites:
        yield from load_suite(suite, plugins).scripts()
    names = tuple(name for name in names if name not in suites)
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


def _is_suite(name: str) -> bool:
    from hpobench.plugins.registry import shipped_suites

    return name.endswith((".yaml", ".yml")) or name in shipped_suites()
