"""Options and groups that several verbs share."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

from hpobench.cli.tables import printable

if TYPE_CHECKING:
    from hpobench.verbs.progress import Display


class Commands(click.Group):
    """A group that offers the closest name for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from hpobench.contract.errors import UnknownNameError

        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], names)
        return super().resolve_command(ctx, args)


def complete_suite(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """What shells offer for a suite: the shipped ones, or else files."""
    from hpobench.plugins.registry import shipped_suites

    names = [name for name in shipped_suites() if name.startswith(incomplete)]
    files = [CompletionItem(incomplete, type="file")]
    return [CompletionItem(name) for name in names] or files


class ResultsFolder(click.Path):
    """A results folder. Of one in an object store the copy on this machine is given, with what is
    needed of it; what a verb that ``writes`` changes goes back when the verb ends."""

    def __init__(
        self,
        *,
        small: bool = False,
        writes: bool = False,
        exists: bool = True,
        file_okay: bool = False,
    ) -> None:
        """``small``: the verb needs no events and trials."""
        super().__init__(exists=exists, file_okay=file_okay, path_type=Path)
        self._small, self._writes = small, writes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from hpobench.store.remote.place import Place, place_of

        if isinstance(given := place_of(value), Path):
            if self.exists and not (given.exists() if self.file_okay else given.is_dir()):
                from hpobench.store.format.index import what_is_there  # it brings pyarrow

                self.fail(f"{given}: {what_is_there(given)}", param, ctx)
            return super().convert(given, param, ctx)
        from hpobench.store.remote.remote_folder import is_small  # it brings pyarrow

        place = Place(given)
        if self._writes and ctx is not None:
            ctx.call_on_close(place.publish)
        return place.fetch(is_small) if self._small else place.fetch()


class Written(click.Path):
    """A file or folder of this machine that a verb writes; an address would become a folder of
    that name."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "://" in str(value):
            self.fail(f"{value!r} is an address; name a path of this machine", param, ctx)
        found: Any = super().convert(value, param, ctx)
        if not self.dir_okay and not found.parent.is_dir():
            self.fail(f"{value}: there is no folder {found.parent}; make it first", param, ctx)
        return found


SHIPPED = "evidence"
"""The word for the archive that comes with hpobench."""


class Stored(ResultsFolder):
    """A results folder, or the file of an archive of evidence; a word stands for the shipped one,
    so that a folder of that name must be written as ``./evidence``."""

    def __init__(self, *, writes: bool = False, exists: bool = True) -> None:
        super().__init__(writes=writes, exists=exists, file_okay=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == SHIPPED and self.exists:
            from hpobench.evidence.archive import shipped

            return shipped()
        return super().convert(value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])


def plugin_option(command: F) -> F:
    """``--plugin``, for verbs that plugins add to."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A plugin file or folder; repeatable.",
    )(command)


def cpus_option(command: F) -> F:
    """``--cpus``, for verbs that run cells on this machine."""
    return click.option(
        "--cpus",
        type=click.IntRange(min=1),
        help="Processors of this machine to use, by default all.",
    )(command)


def timeout_option(command: F) -> F:
    """``--timeout``, for verbs that run cells."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=3600.0,
        show_default=True,
        help="Wall seconds after which a cell is given up.",
    )(command)


def selection_options(command: F) -> F:
    """``--seeds`` and ``--only``, for verbs that take a suite."""
    seeds = click.option(
        "--seeds",
        help="These seeds instead of the suite's: 5 means the seeds 0 to 4; 0-9 is a range; 0,4,7 "
        "are these.",
    )
    only = click.option(
        "--only", metavar="GLOB", help="Only cells whose searcher/scheduler/problem match."
    )
    return seeds(only(command))


def gate_options(*, alpha: str) -> Callable[[F], F]:
    """``--alpha`` with this help and ``--tolerance``, for verbs that ask whether runs are worse."""

    def decorate(command: F) -> F:
        chance = click.option(
            "--alpha",
            type=click.FloatRange(min=0, max=0.5, min_open=True),
            default=0.05,
            show_default=True,
            help=alpha,
        )
        difference = click.option(
            "--tolerance",
            type=click.FloatRange(min=0, max=1),
            default=0.0,
            show_default=True,
            help="Differences in normalised regret up to this do not count as worse.",
        )
        return chance(difference(command))

    return decorate


@contextlib.contextmanager
def failures_end_in_2() -> Iterator[None]:
    """Turn errors with the exit code 1 into usage errors, whose code is 2, for verbs whose code 1
    is a verdict."""
    from hpobench.contract.errors import HpobenchError, UsageError

    try:
        yield
    except HpobenchError as error:
        if error.exit_code != 1:
            raise
        raise UsageError(str(error)) from error


class Output(NamedTuple):
    """How much a verb prints: all, less (``-q``), more (``-v``), or its facts for programs."""

    quiet: bool
    verbose: bool
    as_json: bool

    def display(self) -> Display:
        """What shows the verb's work."""
        from hpobench.verbs.progress import Brief, Shown, Warnings

        if self.as_json:
            return Warnings()
        return Brief() if self.quiet else Shown(verbose=self.verbose)

    def end(self, facts: object, brief: object, *lines: str) -> None:
        """Print ``facts`` as JSON, or else ``brief`` alone, or else ``lines``."""
        if self.as_json:
            print_json(facts)
            return
        for line in [str(brief)] if self.quiet else lines:
            click.echo(printable(line))

    def note(self, text: str) -> None:
        """Print ``text``, which says what was done, unless less is wanted."""
        if not (self.quiet or self.as_json):
            click.echo(printable(text))


def output_options(
    *, quiet: str | None = None, verbose: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--json``, for verbs that list or end with facts, and ``-q`` and ``-v`` with these helps.

    The verb is given an :class:`Output` as ``output``. More than one of the options is refused.
    """
    helps = {"quiet": quiet, "verbose": verbose}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_output(
            *, as_json: bool, quiet: bool = False, verbose: bool = False, **given: Any
        ) -> Any:
            if quiet + verbose + as_json > 1:
                from hpobench.contract.errors import UsageError

                raise UsageError("--quiet, --verbose and --json exclude each other; give one")
            return command(output=Output(quiet, verbose, as_json), **given)

        told: Callable[..., Any] = click.option(
            "--json", "as_json", is_flag=True, help="Print the facts as JSON, and nothing else."
        )(with_output)
        for name, text in reversed(helps.items()):
            if text is not None:
                told = click.option(f"-{name[0]}", f"--{name}", is_flag=True, help=text)(told)
        return told

    return decorate


def print_json(content: object) -> None:
    """Print ``content`` for programs; numbers that are none or infinite are null."""
    text = json.dumps(content)
    click.echo(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=2))


def values_option(command: F) -> F:
    """``--option``, for verbs that take one plugin."""
    return click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        callback=_key_values,
        help="An option of the plugin, its value a word or JSON; repeatable.",
    )(command)


def _key_values(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001
    given: Sequence[str],
) -> dict[str, Any]:
    """The values of ``KEY=VALUE`` by their keys."""
    options: dict[str, Any] = {}
    for text in given:
        add_key_value(options, text)
    return options


def add_key_value(options: dict[str, Any], text: str) -> None:
    """Add the ``KEY=VALUE`` of ``text`` to ``options``; a value that is not JSON is a word."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE")
    if key in options:
        raise click.BadParameter(f"{key!r} is given twice")
    options[key] = json_or_word(value)


def json_or_word(text: str) -> Any:
    """The value of ``text`` as JSON, or else ``text``."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
