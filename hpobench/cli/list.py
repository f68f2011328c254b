"""``list``: searchers, schedulers, problems, suites, and what goes with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.plugin_lists import show_plugins
from hpobench.cli.shared import Commands, Output, output_options, plugin_option, print_json
from hpobench.cli.tables import fill, printable, show
from hpobench.contract.cell import Kind

if TYPE_CHECKING:
    from hpobench.plugins.compatibility import MatrixField
    from hpobench.plugins.registry import Entry


@click.group("list", cls=Commands)
def group() -> None:
    """Show what there is, whether it can run here, and what would make it so."""


def _listing(
    complete: Callable[[], Iterable[str]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The argument and the options of a list, whose names ``complete`` has for shells."""

    def completed(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in complete() if name.startswith(incomplete)]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        name = click.argument("name", required=False, shell_complete=completed)
        named: Callable[..., Any] = name(output_options(quiet="Print the names alone.")(command))
        return named

    return decorate


def _names(kind: Kind) -> Callable[[], Iterable[str]]:
    def names() -> list[str]:
        from hpobench.plugins.registry import Registry

        return [entry.name for entry in Registry().entries(kind)]

    return names


def _suite_names() -> Iterable[str]:
    from hpobench.plugins.registry import shipped_suites

    return shipped_suites()


@group.command()
@_listing(_names("searcher"))
@plugin_option
def searchers(name: str | None, plugins: tuple[Path, ...], output: Output) -> None:
    """Searchers, or the one called NAME in full, with its capabilities and options.

    parallel: takes account of trials under way; conditional: understands spaces with
    conditions; multi-fidelity: learns from losses of different fidelities, or schedules itself and
    chooses them; cost-aware: learns what trials cost; deterministic: the same seed gives the same
    proposals. The version is that of the searcher's own environment
    where it has one; `env sync` builds those that are available "once built".
    """
    show_plugins("searcher", plugins, name, output)


@group.command()
@_listing(_names("scheduler"))
@plugin_option
def schedulers(name: str | None, plugins: tuple[Path, ...], output: Output) -> None:
    """Schedulers, or the one called NAME in full, with its options.

    needs fidelity: only makes sense for trials of several steps.
    """
    show_plugins("scheduler", plugins, name, output)


@group.command()
@_listing(_names("problem"))
@plugin_option
def problems(name: str | None, plugins: tuple[Path, ...], output: Output) -> None:
    """Problem families, or the one called NAME in full, with its parameters and its source.

    members: those that have frozen references, and how many of their optima are known; an option
    that is a number makes many more.
    """
    show_plugins("problem", plugins, name, output)


@group.command()
@_listing(_suite_names)
def suites(name: str | None, output: Output) -> None:
    """Shipped suites, or the text of the one called NAME; `run` and `plan` take their names."""
    from hpobench.contract.errors import UnknownNameError
    from hpobench.plugins.registry import shipped_suites
    from hpobench.suites.yamlfile import read_yaml

    found = shipped_suites()
    if name is not None and name not in found:
        raise UnknownNameError("suite", name, found)
    rows = [
        {"name": one, "description": str(read_yaml(file).value.get("description", ""))}
        | {"file": str(file)}
        for one, file in found.items()
        if name in (None, one)
    ]
    if output.as_json:
        print_json(rows if name is None else rows[0])
    elif output.quiet:
        click.echo("\n".join(row["name"] for row in rows))
    elif name is not None:
        click.echo(
            f"# {found[name]}\n{printable(found[name].read_text(encoding='utf-8'))}", nl=False
        )
    else:
        show(("suite", "description"), [(r["name"], r["description"]) for r in rows], wrapped=True)
        click.echo("\n`hpobench list suites NAME` shows the text of one.")


@group.command()
@plugin_option
@output_options()
def compatibility(plugins: tuple[Path, ...], output: Output) -> None:
    """Schedulers and the searchers that run under each: what to know about the combinations.

    takes: what a suite's `start` and `prior` can give searchers, which are points, a history of
    old trials, and a prior.
    """
    from hpobench.plugins.compatibility import matrix, numbered
    from hpobench.plugins.registry import Registry

    registry = Registry(plugins)
    algorithms = matrix(registry)
    takes = {entry.name: _takes(entry) for entry in registry.entries("searcher")}
    if output.as_json:
        print_json({"algorithms": [_field_json(field) for field in algorithms], "takes": takes})
        return
    notes = numbered(algorithms)
    show(("scheduler", "notes", "searchers"), list(_by_scheduler(algorithms, notes)), wrapped=True)
    click.echo()
    show(("takes", "searchers"), list(_grouped(takes)), wrapped=True)
    click.echo()
    for note, number in notes.items():
        click.echo(fill(f"({number}) {note}", "    "))


def _by_scheduler(
    algorithms: Sequence[MatrixField], notes: dict[str, int]
) -> Iterator[tuple[str, str, str]]:
    """The searchers under each scheduler, by what is to know; most of them stand last, as the
    others."""
    marks: dict[str, dict[str, str]] = {}
    for field in algorithms:
        marks.setdefault(field.scheduler, {})[field.searcher] = _mark(field, notes)
    for scheduler, own in marks.items():
        *few, (most, _) = sorted(_by_value(own).items(), key=lambda group: len(group[1]))
        rows = [*((mark, ", ".join(names)) for mark, names in few)]
        rows.append((most, "all others" if few else "all"))
        yield from ((scheduler if i == 0 else "", *row) for i, row in enumerate(rows))


def _grouped(takes: dict[str, list[str] | None]) -> Iterator[tuple[str, str]]:
    words = {
        name: "not asked" if own is None else ", ".join(own) or "nothing"
        for name, own in takes.items()
    }
    for what, names in _by_value(words).items():
        yield what, ", ".join(names)


def _by_value(of: dict[str, str]) -> dict[str, list[str]]:
    """The keys of ``of`` by their values."""
    found: dict[str, list[str]] = {}
    for key, value in of.items():
        found.setdefault(value, []).append(key)
    return found


def _mark(field: MatrixField, notes: dict[str, int]) -> str:
    numbers = ",".join(map(str, sorted(notes[note] for note in field.compatibility.notes)))
    return {"ok": "ok", "note": numbers, "refused": f"refused {numbers}"}[field.compatibility.level]


def _field_json(field: MatrixField) -> dict[str, object]:
    found = field.compatibility
    names = {"scheduler": field.scheduler, "searcher": field.searcher}
    return {**names, "level": found.level, "notes": list(found.notes)}


def _takes(entry: Entry) -> list[str] | None:
    """What a suite can give the searcher; ``None`` for a file, which is not run: its methods
    tell."""
    from hpobench.plugins.starting.building import takes

    return None if entry.origin == "file" else list(takes(entry.load()))
