"""``env``: build, show and remove the environments of isolated searchers and of releases."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli import shared
from hpobench.verbs import installed


@click.group("env", cls=shared.Commands)
def group() -> None:
    """Environments of searchers whose files have inline metadata (PEP 723), and of the releases
    that suites name.

    uv builds them when they are needed first, in the user's cache or where HPOBENCH_ENVIRONMENTS
    says: a searcher's from the lock beside its file; a release's from a lock that stays with it.
    """


@group.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--upgrade", is_flag=True, help="Lock the newest versions first.")
@shared.plugin_option
@shared.output_options(quiet="Name only environments that cannot be built.")
def sync(
    names: tuple[str, ...], upgrade: bool, plugins: tuple[Path, ...], output: shared.Output
) -> None:
    """Build the environments of the searchers NAME..., or of all.

    NAME may also be an environment, as `env list` shows them, a plugin's file, or a suite, whose
    releases are built too. A file without a lock gets one, beside it. Ends with code 1 if an
    environment cannot be built.
    """
    facts = []
    for one in installed.sync(names, plugins, upgrade=upgrade):
        facts.append(one)
        if one["error"] is not None:
            click.echo(f"{one['name']}: {one['error']}", err=True)
        else:
            took = f" in {one['built_s']:.1f} s" if one["state"] == "built" else ""
            output.note(f"{one['name']}: {one['state']}{took}")
    if output.as_json:
        shared.print_json(facts)
    if any(one["error"] for one in facts):
        raise SystemExit(1)


@group.command("list")
@shared.plugin_option
@shared.output_options(quiet="Print only the names.")
def show_all(plugins: tuple[Path, ...], output: shared.Output) -> None:
    """The environments: whether they are there, what is in them, what they take on disk.

    Those of releases are shown once they are built.
    """
    facts = installed.listed_environments(plugins)
    if output.quiet or output.as_json:
        output.end(facts, "\n".join(one["name"] for one in facts["environments"]))
        return
    rows = []
    for one in facts["environments"]:
        numbers = (one[key] for key in ("packages", "MB", "built_s"))
        shown = ("" if value is None else f"{value:,.0f}" for value in numbers)
        rows.append((one["name"], one["state"], *shown))
    shared.show(("environment", "state", "packages", "MB", "built in s"), rows)
    click.echo(f"\nin {facts['folder']}; files are shared with uv's cache where it can link")


@group.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are in use.")
@shared.plugin_option
@shared.output_options(quiet="Print nothing.")
def clean(everything: bool, plugins: tuple[Path, ...], output: shared.Output) -> None:
    """Remove environments that none of the searchers known here asks for: those of earlier
    headers and locks, and of other checkouts and files, unless --plugin names them. Those of
    releases are removed too; the next run of a suite that names them builds them again."""
    facts = installed.clean(plugins, everything=everything)
    for name in facts["removed"]:
        output.note(f"removed {name}")
    if output.as_json:
        shared.print_json(facts)
    elif not facts["removed"]:
        output.note("nothing to remove")
