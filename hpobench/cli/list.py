"""``list``: searchers, schedulers, problems, suites, and what goes with what."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cli.shared import Commands, plugin_option
from hpobench.cli.tables import show
from hpobench.contract.cell import Kind

if TYPE_CHECKING:
    from hpobench.plugins.compatibility import Pair
    from hpobench.plugins.discovery import Spelling
    from hpobench.plugins.registry import Entry

_WIDEST = 200
"""Columns of an option's default and of its type."""
TRAITS = ("parallel", "conditional", "multi_fidelity", "cost_aware", "deterministic")


@click.group("list", cls=Commands)
def group() -> None:
    """Show what there is, whether it can run here, and what would make it so."""


@group.command()
@plugin_option
def searchers(plugins: tuple[Path, ...]) -> None:
    """Searchers with their capabilities and options.

    parallel: takes account of trials under way; conditional: understands spaces with
    conditions; multi-fidelity: learns from losses of different fidelities, or schedules itself and
    chooses them; cost-aware: learns what trials cost; deterministic: the same seed gives the same
    proposals. The version is that of the searcher's own environment
    where it has one; `env sync` builds those that are available "once built".
    """
    _plugins("searcher", plugins, {"library": _library, "version": _version, **_columns(TRAITS)})


@group.command()
@plugin_option
def schedulers(plugins: tuple[Path, ...]) -> None:
    """Schedulers with their options.

    needs fidelity: only makes sense for trials of several steps.
    """
    _plugins("scheduler", plugins, _columns(("needs_fidelity",)))


@group.command()
@plugin_option
def problems(plugins: tuple[Path, ...]) -> None:
    """Problem families with their parameters.

    members: those that have frozen references, and how many of their optima are known; an option
    that is a number makes many more.
    """
    _plugins("problem", plugins, {"members": _members, "licence": _attribute("licence")})
    from hpobench.plugins.registry import Registry

    click.echo()
    rows = [(e.name, _attribute("source")(e)) for e in Registry(plugins).entries("problem")]
    show(("problem", "source"), [row for row in rows if row[1]])


@group.command()
def suites() -> None:
    """Shipped suites; `run` and `plan` take their names."""
    from hpobench.plugins.registry import shipped_suites
    from hpobench.suites.yamlfile import read_yaml

    rows = [
        (name, str(read_yaml(file).value.get("description", "")), str(file))
        for name, file in shipped_suites().items()
    ]
    show(("suite", "description", "file"), rows)


@group.command()
@plugin_option
def compatibility(plugins: tuple[Path, ...]) -> None:
    """Searchers under schedulers: what to know about each combination.

    takes: what a suite's `start` and `prior` can give the searcher, which are points, a history of
    old trials, and a prior.
    """
    from hpobench.plugins.compatibility import matrix, numbered
    from hpobench.plugins.registry import Registry

    registry = Registry(plugins)
    pairs = matrix(registry)
    notes = numbered(pairs)
    names = list(dict.fromkeys(pair.scheduler for pair in pairs))
    rows: dict[str, list[str]] = {}
    for pair in pairs:
        rows.setdefault(pair.searcher, [pair.searcher]).append(_mark(pair, notes))
    for name, row in rows.items():
        row.append(_takes(registry.find("searcher", name)))
    show(("searcher", *names, "takes"), list(rows.values()))
    click.echo()
    for note, number in notes.items():
        click.echo(f"({number}) {note}")


def _mark(pair: Pair, notes: dict[str, int]) -> str:
    numbers = ",".join(map(str, sorted(notes[note] for note in pair.compatibility.notes)))
    return {"ok": "ok", "note": numbers, "refused": f"refused {numbers}"}[pair.compatibility.level]


def _plugins(
    kind: Kind, plugins: Iterable[Path], columns: dict[str, Callable[[Entry], str]]
) -> None:
    from hpobench.plugins.registry import Registry

    registry = Registry(plugins)
    entries = registry.entries(kind)
    reasons = {entry.name: reason for entry in entries if (reason := _reason(entry))}
    show(
        (kind, *columns, "available", "summary"),
        [
            (e.name, *(of(e) for of in columns.values()), _available(e, reasons), e.summary)
            for e in entries
        ],
    )
    options = [(e.name, *_option_row(option)) for e in entries for option in e.options]
    if options:
        click.echo()
        show((kind, "option", "default", "type"), options)
    if reasons:
        click.echo("\nnot available:")
        for name, reason in reasons.items():
            click.echo(f"  {name}: {reason}")
    unasked = [entry.name for entry in entries if entry.asked and entry.name not in reasons]
    if unasked:
        click.echo(
            f"\nnot asked: {', '.join(unasked)}: missing() says whether a problem can run; `plan` "
            "and `check` run it, `list` runs no file that --plugin names"
        )
    for fault in registry.broken:
        click.echo(f"warning: left out: {fault}", err=True)


def _reason(entry: Entry) -> str | None:
    """The reason why the plugin cannot run here, as far as reading its file tells."""
    return entry.unmet() if entry.asked else entry.missing()


def _available(entry: Entry, reasons: Mapping[str, str]) -> str:
    from hpobench.plugins.isolation.environments import Environment

    if entry.name in reasons:
        return "no"
    if entry.asked:
        return "not asked"
    script = entry.script
    return "once built" if script is not None and Environment(script).built() is None else "yes"


def _members(entry: Entry) -> str:
    from hpobench.contract.errors import PluginError
    from hpobench.contract.references import frozen_members, references_file

    try:
        members = frozen_members(references_file(entry.file, entry.name)).values()
    except PluginError:
        return "damaged"
    known = sum(member.reference.known for member in members)
    return f"{len(members)}, {known} known" if members else ""


def _attribute(name: str) -> Callable[[Entry], str]:
    return lambda entry: str(entry.attributes.get(name, ""))


def _columns(traits: Iterable[str]) -> dict[str, Callable[[Entry], str]]:
    return {trait.replace("_", "-"): functools.partial(_trait, trait) for trait in traits}


def _trait(trait: str, entry: Entry) -> str:
    if trait == "multi_fidelity" and entry.attributes.get("schedules_itself"):
        return "schedules itself"
    return "yes" if entry.attributes.get(trait) else "no"


def _takes(entry: Entry) -> str:
    from hpobench.plugins.starting.building import takes

    if entry.origin == "file":  # is not run, and its methods tell
        return "not asked"
    return ", ".join(takes(entry.load())) or "nothing"


def _library(entry: Entry) -> str:
    return str(entry.attributes.get("library") or "-")


def _version(entry: Entry) -> str:
    from hpobench.plugins.isolation.environments import version_of

    library = str(entry.attributes.get("library") or "")
    return (version_of(library, entry.script) if library else None) or "-"


def _option_row(option: Spelling) -> tuple[str, str, str]:
    default = "(required)" if option.default is None else _elided(option.default)
    return option.name, default, _elided(option.annotation)


def _elided(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
