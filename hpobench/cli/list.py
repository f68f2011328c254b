"""``list``: searchers, schedulers, problems, suites, and what goes with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.contract.cell import Kind
from hpobench.contract.wording import printable
from hpobench.verbs import inventory


@click.group("list", cls=shared.Commands)
def group() -> None:
    """Show what there is, whether it can run here, and what would make it so."""


def _listing(names: Callable[[], list[str]]) -> shared.Decorator:
    """The argument and the options of a list; shells complete ``names``."""
    return shared.together(
        click.argument("name", required=False, shell_complete=shared.completed(names)),
        shared.output_options(quiet="Print only the names."),
    )


@group.command()
@_listing(lambda: inventory.names("searcher"))
@shared.plugin_option
def searchers(name: str | None, plugins: tuple[Path, ...], output: shared.Output) -> None:
    """Searchers, or the one called NAME in full, with its capabilities and options.

    parallel: takes account of trials under way; conditional: understands spaces with
    conditions; multi-fidelity: learns from losses of different fidelities, or schedules itself and
    chooses them; cost-aware: learns what trials cost; deterministic: the same seed gives the same
    proposals. The version is that of the searcher's own environment
    where it has one; `env sync` builds those that are available "once built".
    """
    _show_plugins("searcher", plugins, name, output)


@group.command()
@_listing(lambda: inventory.names("scheduler"))
@shared.plugin_option
def schedulers(name: str | None, plugins: tuple[Path, ...], output: shared.Output) -> None:
    """Schedulers, or the one called NAME in full, with its options.

    needs fidelity: only makes sense for trials of several steps.
    """
    _show_plugins("scheduler", plugins, name, output)


@group.command()
@_listing(lambda: inventory.names("problem"))
@shared.plugin_option
def problems(name: str | None, plugins: tuple[Path, ...], output: shared.Output) -> None:
    """Problem families, or the one called NAME in full, with its parameters and its source.

    members: those that have frozen references, and how many of their optima are known; an option
    that is a number makes many more.
    """
    _show_plugins("problem", plugins, name, output)


def _show_plugins(
    kind: Kind, files: Iterable[Path], name: str | None, output: shared.Output
) -> None:
    # Versions and members are read from more files, which a list does without.
    in_full = output.as_json or name is not None
    facts, unasked, broken = inventory.plugins(kind, files, name, in_full=in_full)
    if output.as_json:
        shared.print_json(facts if name is None else facts[0])
    elif output.quiet:
        click.echo("\n".join(one["name"] for one in facts))
    elif name is None:
        _show_all(kind, facts, unasked)
    else:
        _show_one(kind, facts[0])
    for fault in broken:
        click.echo(f"warning: left out: {fault}", err=True)


def _show_all(kind: Kind, facts: Sequence[Mapping[str, Any]], unasked: Sequence[str]) -> None:
    rows = [(one["name"], one["available"], one["summary"]) for one in facts]
    shared.show((kind, "available", "summary"), rows, wrapped=True)
    if missing := [one for one in facts if one["reason"]]:
        click.echo("\nnot available:")
        for one in missing:
            shared.say(f"  {one['name']}: {one['reason']}", indent="    ")
    if unasked:
        click.echo()
        shared.say(
            f"not asked: {', '.join(unasked)}: missing() says whether a problem can run; "
            "`plan` and `check` run it, `list` runs no file that --plugin names"
        )
    click.echo(f"\n`hpobench list {kind}s NAME` shows one in full, with its options.")


def _show_one(kind: Kind, facts: Mapping[str, Any]) -> None:
    rows = [
        (key.replace("_", " "), str(value))
        for key, value in facts.items()
        if key not in ("name", "options") and value is not None
    ]
    shared.show((kind, facts["name"]), rows, wrapped=True)
    if facts["options"]:
        click.echo()
        rows = []
        for one in facts["options"]:
            default = "must be given" if one["default"] is None else f"by default {one['default']}"
            rows.append((one["name"], f"{one['type']}, {default}"))
        shared.show(("option", "value"), rows, wrapped=True)


@group.command()
@_listing(inventory.suite_names)
def suites(name: str | None, output: shared.Output) -> None:
    """Shipped suites, or the text of the one called NAME; `run` and `plan` take their names."""
    rows = inventory.suites(name)
    if output.as_json:
        shared.print_json(rows if name is None else rows[0])
    elif output.quiet:
        click.echo("\n".join(row["name"] for row in rows))
    elif name is not None:
        file = rows[0]["file"]
        click.echo(f"# {file}\n{printable(Path(file).read_text(encoding='utf-8'))}", nl=False)
    else:
        shared.show(
            ("suite", "description"), [(r["name"], r["description"]) for r in rows], wrapped=True
        )
        click.echo("\n`hpobench list suites NAME` shows the text of one.")


@group.command()
@shared.plugin_option
@shared.output_options()
def compatibility(plugins: tuple[Path, ...], output: shared.Output) -> None:
    """Schedulers and the searchers that run under each: what to know about the combinations.

    takes: what a suite's `start` and `prior` can give searchers, which are points, a history of
    old trials, and a prior.
    """
    fields, notes, takes = inventory.compatibility(plugins)
    marks: dict[str, dict[str, str]] = {}
    facts = []
    for field in fields:
        own = field.compatibility
        names = {"scheduler": field.scheduler, "searcher": field.searcher}
        facts.append({**names, "level": own.level, "notes": list(own.notes)})
        numbers = ",".join(map(str, sorted(notes[note] for note in own.notes)))
        mark = {"ok": "ok", "note": numbers, "refused": f"refused {numbers}"}[own.level]
        marks.setdefault(field.scheduler, {})[field.searcher] = mark
    if output.as_json:
        shared.print_json({"algorithms": facts, "takes": takes})
        return
    rows = []
    for scheduler, by_searcher in marks.items():
        # Most searchers of a scheduler stand last, as all others.
        *few, (most, _) = sorted(_by_value(by_searcher).items(), key=lambda group: len(group[1]))
        own_rows = [*((mark, ", ".join(names)) for mark, names in few)]
        own_rows.append((most, "all others" if few else "all"))
        rows += [(scheduler if i == 0 else "", *row) for i, row in enumerate(own_rows)]
    shared.show(("scheduler", "notes", "searchers"), rows, wrapped=True)
    click.echo()
    words = {
        name: "not asked" if own is None else ", ".join(own) or "nothing"
        for name, own in takes.items()
    }
    grouped = [(what, ", ".join(names)) for what, names in _by_value(words).items()]
    shared.show(("takes", "searchers"), grouped, wrapped=True)
    click.echo()
    for note, number in notes.items():
        shared.say(f"({number}) {note}", indent="    ")


def _by_value(of: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys of ``of`` by their values."""
    found: dict[str, list[str]] = {}
    for key, value in of.items():
        found.setdefault(value, []).append(key)
    return found
