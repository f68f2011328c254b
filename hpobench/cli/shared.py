"""Options and groups that several verbs share, and how verbs end."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from click.shell_completion import CompletionItem

from hpobench.contract.errors import HpobenchError, UnknownNameError, UsageError
from hpobench.contract.wording import printable

if TYPE_CHECKING:
    from hpobench.verbs.progress import Display
    from hpobench.verbs.reports import Report

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group that offers the closest name for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
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
    from hpobench.verbs.inventory import suite_names

    names = [name for name in suite_names() if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


class ResultsFolder(click.Path):
    """A results folder. A folder in an object store becomes a copy on this machine, ``small``: one
    without events and trials; what a verb that ``writes`` changes goes back when the verb ends.
    With ``archive`` also the file of an archive of evidence, or ``evidence`` for the shipped one,
    so a folder of that name must be written as ``./evidence``."""

    def __init__(
        self,
        *,
        small: bool = False,
        writes: bool = False,
        exists: bool = True,
        archive: bool = False,
    ) -> None:
        super().__init__(exists=exists, file_okay=archive, path_type=Path)
        self._how = {"small": small, "exists": exists, "archive": archive}
        self._writes = writes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from hpobench.verbs.folders import fetched

        try:
            path, publish = fetched(value, **self._how)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if self._writes and ctx is not None:
            ctx.call_on_close(publish)
        return super().convert(path, param, ctx)


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


ARCHIVE: Any = click.Path(exists=True, dir_okay=False, path_type=Path)
"""The file of an archive of evidence."""


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
        from hpobench.verbs.progress import Brief, Shown

        if self.as_json:
            return Brief(advice=False)
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

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_output(
            *, as_json: bool, quiet: bool = False, verbose: bool = False, **given: Any
        ) -> Any:
            if quiet + verbose + as_json > 1:
                raise UsageError("give only one of --quiet, --verbose and --json")
            return command(output=Output(quiet, verbose, as_json), **given)

        told: Callable[..., Any] = click.option(
            "--json", "as_json", is_flag=True, help="Print the facts as JSON, and nothing else."
        )(with_output)
        for name, text in (("verbose", verbose), ("quiet", quiet)):
            if text is not None:
                told = click.option(f"-{name[0]}", f"--{name}", is_flag=True, help=text)(told)
        return told

    return decorate


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``-q``, ``-v``, ``--json`` and ``--open``, for verbs that end with a report."""
    output = output_options(
        quiet="Print only the advice, the page and warnings.",
        verbose="Print a line for each run that ends, too.",
    )
    page = click.option(
        "--open", "open_page", is_flag=True, help="Open the report in the browser at the end."
    )
    return output(page(command))


def end_with_report(
    report: Report | None, output: Output, *, open_page: bool, **facts: Any
) -> None:
    """Print what is left to print of ``report`` and the ``facts`` beside it, and open its page."""
    if output.as_json:
        from hpobench.reporting.answer_text import answer_json

        page, answer = (str(report.page), report.answer) if report else (None, None)
        print_json({**facts, "page": page, **answer_json(answer)})
    elif output.quiet and report is not None:
        click.echo(report.page)
    if open_page and report is not None:
        import webbrowser

        if not webbrowser.open(report.page.resolve().as_uri()):
            click.echo(f"no browser can be started here; open {report.page} yourself", err=True)


def print_json(content: object) -> None:
    """Print ``content`` for programs; numbers that are none or infinite are null."""
    text = json.dumps(content)
    click.echo(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=2))


def values_option(command: F) -> F:
    """``--option``, for verbs that take one plugin."""

    def values(_ctx: click.Context, _param: click.Parameter, given: Any) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for text in given:
            add_key_value(options, text)
        return options

    return click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        callback=values,
        help="An option of the plugin, its value a word or JSON; repeatable.",
    )(command)


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
