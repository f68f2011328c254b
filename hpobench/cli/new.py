"""``new``: write a plugin file that works, to be filled in."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import click

_HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     # The library by its exact version, what it needs loosely: "scikit-learn==1.7.2", "numpy>=2".
# ]
# ///
"""
_KINDS = ("searcher", "scheduler", "problem")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("name")
@click.option(
    "--isolated",
    is_flag=True,
    help="A searcher in an environment of its own, with other versions than hpobench's.",
)
def new(kind: str, name: str, isolated: bool) -> None:
    """Write a plugin file NAME.py that works, to be filled in.

    NAME is what suites call it: lower case, digits and hyphens.
    """
    from hpobench.contract.errors import UsageError
    from hpobench.plugins.registry import Registry

    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no name; use lower case, digits and hyphens, like my-search")
    if isolated and kind != "searcher":
        raise UsageError(f"--isolated: only searchers have environments of their own, no {kind}s")
    if any(entry.name == name for entry in Registry().entries(kind)):  # type: ignore[arg-type]
        raise UsageError(f"there is a {kind} called {name!r} already; take another name")
    file = Path(f"{name.replace('-', '_')}.py")
    text = (_HEADER if isolated else "") + _filled(kind, name)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{file} exists; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"{file} is a {kind} that works. Next:")
    if isolated:
        click.echo(f"  hpobench env sync {file}     locks and builds its environment; again after")
        click.echo("                                a change of its header, with --upgrade")
    click.echo(f"  hpobench check {file}        after every change")
    click.echo(f"  {kind}s: [{name}] and plugins: [{file}] in a suite, then hpobench run")


def _filled(kind: str, name: str) -> str:
    import hpobench.api
    import hpobench.testing

    folder = Path(hpobench.testing.__file__).parent / "templates"
    text = (folder / f"{kind}.py").read_text(encoding="utf-8")
    cls = "".join(part.capitalize() for part in name.split("-"))
    if keyword.iskeyword(cls) or cls in hpobench.api.__all__:
        cls += kind.capitalize()
    return text.replace('"mine"', f'"{name}"').replace("class Mine(", f"class {cls}(")
