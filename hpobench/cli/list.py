"""``list``: searchers, schedulers, problems, suites, and what goes with what."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cell import Kind
from hpobench.cli.shared import Commands, plugin_option
from hpobench.cli.tables import show

if TYPE_CHECKING:
    from hpobench.compatibility import Pair
    from hpobench.discovery import Spelling
    from hpobench.registry import Entry

TRAITS = ("conditional", "multi_fidelity", "deterministic")


@click.group("list", cls=Commands)
def group() -> None:
    """Show what there is, whether it can run here, and what would make it so."""


@group.command()
@plugin_option
def searchers(plugins: tuple[Path, ...]) -> None:
    """Searchers with their capabilities and options.

    conditional: understands spaces with conditions; multi-fidelity: learns from losses of
    different fidelities; deterministic: the same seed gives the same proposals.
    """
    _plugins("searcher", plugins, TRAITS)


@group.command()
@plugin_option
def schedulers(plugins: tuple[Path, ...]) -> None:
    """Schedulers with their options.

    needs fidelity: only makes sense for trials of several steps.
    """
    _plugins("scheduler", plugins, ("needs_fidelity",))


@group.command()
@plugin_option
def problems(plugins: tuple[Path, ...]) -> None:
    """Problem families with their parameters."""
    _plugins("problem", plugins, ())


@group.command()
def suites() -> None:
    """Shipped suites; `run` and `plan` take their names."""
    from hpobench.registry import shipped_suites
    from hpobench.yamlfile import read_yaml

    rows = [
        (name, str(read_yaml(file).value.get("description", "")), str(file))
        for name, file in shipped_suites().items()
    ]
    show(("suite", "description", "file"), rows)


@group.command()
@plugin_option
def compatibility(plugins: tuple[Path, ...]) -> None:
    """Searchers under schedulers: what to know about each combination."""
    from hpobench.compatibility import matrix, numbered
    from hpobench.registry import Registry

    pairs = matrix(Registry(plugins))
    notes = numbered(pairs)
    names = list(dict.fromkeys(pair.scheduler for pair in pairs))
    rows: dict[str, list[str]] = {}
    for pair in pairs:
        rows.setdefault(pair.searcher, [pair.searcher]).append(_mark(pair, notes))
    show(("searcher", *names), list(rows.values()))
    click.echo()
    for note, number in notes.items():
        click.echo(f"({number}) {note}")


def _mark(pair: Pair, notes: dict[str, int]) -> str:
    numbers = ",".join(map(str, sorted(notes[note] for note in pair.verdict.notes)))
    return {"ok": "ok", "note": numbers, "refused": f"refused {numbers}"}[pair.verdict.level]


def _plugins(kind: Kind, plugins: Iterable[Path], traits: tuple[str, ...]) -> None:
    from hpobench.registry import Registry

    registry = Registry(plugins)
    entries = registry.entries(kind)
    reasons = {entry.name: reason for entry in entries if (reason := entry.missing())}
    show(
        (kind, *(trait.replace("_", "-") for trait in traits), "available", "summary"),
        [
            (e.name, *_traits(e, traits), "no" if e.name in reasons else "yes", e.summary)
            for e in entries
        ],
    )
    options = [(e.name, *_spelled(option)) for e in entries for option in e.options]
    if options:
        click.echo()
        show((kind, "option", "default", "type"), options)
    if reasons:
        click.echo("\nnot available:")
        for name, reason in reasons.items():
            click.echo(f"  {name}: {reason}")
    for fault in registry.broken:
        click.echo(f"warning: left out: {fault}", err=True)


def _traits(entry: Entry, traits: Iterable[str]) -> list[str]:
    return ["yes" if entry.attributes.get(trait) else "no" for trait in traits]


def _spelled(option: Spelling) -> tuple[str, str, str]:
    default = "(required)" if option.default is None else option.default
    return option.name, default, option.annotation
