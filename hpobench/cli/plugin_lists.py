"""What ``list`` shows of plugins: all of a kind in short, or one in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import Output, print_json
from hpobench.cli.tables import fill, show
from hpobench.contract.cell import Kind

if TYPE_CHECKING:
    from hpobench.plugins.discovery import Spelling
    from hpobench.plugins.registry import Entry

_TRAITS: Mapping[Kind, tuple[str, ...]] = {
    "searcher": ("parallel", "conditional", "multi_fidelity", "cost_aware", "deterministic"),
    "scheduler": ("needs_fidelity",),
    "problem": (),
}


def show_plugins(kind: Kind, plugins: Iterable[Path], name: str | None, output: Output) -> None:
    """Print the plugins of a kind, or the one called ``name`` in full."""
    from hpobench.plugins.registry import Registry

    registry = Registry(plugins)
    entries = registry.entries(kind) if name is None else [registry.find(kind, name)]
    reasons = {entry.name: reason for entry in entries if (reason := _reason(entry))}
    if output.as_json:
        facts = [_facts(entry, reasons) for entry in entries]
        print_json(facts if name is None else facts[0])
    elif output.quiet:
        for entry in entries:
            click.echo(entry.name)
    elif name is None:
        _show_all(kind, entries, reasons)
    else:
        _show_one(entries[0], reasons)
    for fault in registry.broken:
        click.echo(f"warning: left out: {fault}", err=True)


def _show_all(kind: Kind, entries: list[Entry], reasons: Mapping[str, str]) -> None:
    rows = [(entry.name, _available(entry, reasons), entry.summary) for entry in entries]
    show((kind, "available", "summary"), rows, wrapped=True)
    if reasons:
        click.echo("\nnot available:")
        for name, reason in reasons.items():
            click.echo(fill(f"  {name}: {reason}", "    "))
    unasked = [entry.name for entry in entries if entry.asked and entry.name not in reasons]
    if unasked:
        click.echo()
        click.echo(
            fill(
                f"not asked: {', '.join(unasked)}: missing() says whether a problem can run; "
                "`plan` and `check` run it, `list` runs no file that --plugin names"
            )
        )
    click.echo(f"\n`hpobench list {kind}s NAME` shows one in full, with its options.")


def _show_one(entry: Entry, reasons: Mapping[str, str]) -> None:
    facts = [
        (key.replace("_", " "), str(value))
        for key, value in _facts(entry, reasons).items()
        if key not in ("name", "options") and value is not None
    ]
    show((entry.kind, entry.name), facts, wrapped=True)
    if entry.options:
        click.echo()
        options = [(option.name, _values(option)) for option in entry.options]
        show(("option", "value"), options, wrapped=True)


def _facts(entry: Entry, reasons: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": entry.name, "summary": entry.summary}
    facts |= {"available": _available(entry, reasons), "reason": reasons.get(entry.name)}
    facts |= {trait: _trait(trait, entry) for trait in _TRAITS[entry.kind]}
    if entry.kind == "searcher":
        facts |= {"library": entry.attributes.get("library") or None, "version": _version(entry)}
        facts |= {"releases": _releases(entry)}
    if entry.kind == "problem":
        facts |= {"members": _members(entry)}
        facts |= {key: entry.attributes.get(key) or None for key in ("licence", "source")}
    facts["file"] = str(entry.file)
    facts["options"] = [
        {"name": option.name, "default": option.default, "type": option.annotation}
        for option in entry.options
    ]
    return facts


def _values(option: Spelling) -> str:
    default = "must be given" if option.default is None else f"by default {option.default}"
    return f"{option.annotation}, {default}"


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


def _members(entry: Entry) -> str | None:
    from hpobench.contract.errors import PluginError
    from hpobench.contract.references import frozen_members, references_file

    try:
        members = frozen_members(references_file(entry.file, entry.name)).values()
    except PluginError:
        return "damaged"
    known = sum(member.reference.known for member in members)
    return f"{len(members)}, {known} with a known optimum" if members else None


def _trait(trait: str, entry: Entry) -> str:
    if trait == "multi_fidelity" and entry.attributes.get("schedules_itself"):
        return "schedules itself"
    return "yes" if entry.attributes.get(trait) else "no"


def _releases(entry: Entry) -> str | None:
    """The releases of its library that are built here, and how a suite names others."""
    from hpobench.plugins.isolation.environments import built_in, folders, name_of
    from hpobench.plugins.isolation.releases import AT

    if not entry.attributes.get("library"):
        return None
    names = {name_of(folder) for folder in folders() if built_in(folder) is not None}
    here = [name.partition(AT) for name in sorted(names)]
    found = [release for stem, _, release in here if release and stem == entry.file.stem]
    built = f"; built here: {', '.join(found)}" if found else ""
    return f"any on the index, as in {{name: {entry.name}, release: [...]}}{built}"


def _version(entry: Entry) -> str | None:
    from hpobench.plugins.isolation.environments import version_of

    library = str(entry.attributes.get("library") or "")
    return (version_of(library, entry.script) if library else None) or None
