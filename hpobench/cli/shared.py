"""What verbs share: groups, arguments and options, how they print and how they end."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import click
from click.shell_completion import CompletionItem

from hpobench.contract.errors import HpobenchError, UnknownNameError, UsageError
from hpobench.contract.wording import printable

if TYPE_CHECKING:
    from hpobench.verbs.progress import Display
    from hpobench.verbs.reports import Report

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
"""An option, or several of them."""
COLUMNS = 80
"""What lists fit into where there is no terminal."""
_WHOLE: Any = {"break_on_hyphens": False, "break_long_words": False}
"""A path that is longer than a line stays in one piece, to be copied."""
_LEAST = 20
"""Columns that a wrapped cell has at least."""


class Commands(click.Group):
    """A group that offers the closest name for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        # click itself refuses an option that a group does not have.
        if args and args[0] not in names and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], names)
        return super().resolve_command(ctx, args)


class ResultsFolder(click.Path):
    """A results folder. A folder in an object store becomes a copy on this machine, ``small``: one
    without events and trials; what a verb that ``writes`` changes goes back when the verb ends.
    With ``archive`` also the file of an archive of evidence, or ``evidence`` for the shipped one,
    so a folder of that name must be written as ``./evidence``."""

    def __init__(
        self, *, writes: bool = False, exists: bool = True, archive: bool = False, **how: bool
    ) -> None:
        super().__init__(exists=exists, file_okay=archive, path_type=Path)
        self._how = {"exists": exists, "archive": archive, **how}
        self._writes = writes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from hpobench.verbs.folders import fetched  # only where a verb runs, not for --help

        try:
            path, publish = fetched(value, **self._how)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if self._writes and ctx is not None:
            # Also after an error: what is stored by then is worth keeping.
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
        # Said here, because a verb may work for hours before it writes the file.
        if not self.dir_okay and not found.parent.is_dir():
            self.fail(f"{value}: there is no folder {found.parent}; make it first", param, ctx)
        return found


NEW_FILE, NEW_FOLDER = Written(dir_okay=False), Written(file_okay=False)
FILE: Any = click.Path(exists=True, dir_okay=False, path_type=Path)
COUNT = click.IntRange(min=1)
POSITIVE = click.FloatRange(min=0, min_open=True)


def together(*options: Decorator) -> Decorator:
    """Several options as one, in the order that ``--help`` shows."""
    # Decorators are applied from the last one up.
    return lambda command: functools.reduce(lambda f, add: add(f), reversed(options), command)


def completed(names: Callable[[], Sequence[str]], *, files: bool = False) -> Callable[..., Any]:
    """What shells offer for an argument: those of ``names`` that begin alike, or else ``files``."""

    def complete(
        _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        found = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return found if found or not files else [CompletionItem(incomplete, type="file")]

    return complete


def suite_names() -> list[str]:
    """What the shipped suites are called."""
    from hpobench.verbs import inventory

    return inventory.suite_names()


def suite_argument(*, required: bool = True) -> Decorator:
    """The argument ``SUITE``: the name of a shipped suite, or a file."""
    complete = completed(suite_names, files=True)
    return click.argument("suite", required=required, shell_complete=complete)


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A plugin file or folder; repeatable.",
)
cpus_option = click.option(
    "--cpus", type=COUNT, help="Processors of this machine to use, by default all."
)
timeout_option = click.option(
    "--timeout",
    type=POSITIVE,
    default=3600.0,
    show_default=True,
    help="Wall seconds after which a cell is given up.",
)
selection_options = together(
    click.option(
        "--seeds",
        help="These seeds instead of the suite's: 5 means the seeds 0 to 4; 0-9 is a range; 0,4,7 "
        "are these.",
    ),
    click.option(
        "--only", metavar="GLOB", help="Only cells whose searcher/scheduler/problem match."
    ),
)


def gate_options(*, alpha: str) -> Decorator:
    """``--alpha`` with this help and ``--tolerance``, for verbs that ask whether runs are worse."""
    return together(
        click.option(
            "--alpha",
            type=click.FloatRange(min=0, max=0.5, min_open=True),
            default=0.05,
            show_default=True,
            help=alpha,
        ),
        click.option(
            "--tolerance",
            type=click.FloatRange(min=0, max=1),
            default=0.0,
            show_default=True,
            help="Differences in normalised regret up to this do not count as worse.",
        ),
    )


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


def output_options(*, quiet: str | None = None, verbose: str | None = None) -> Decorator:
    """``--json``, for verbs that list or end with facts, and ``-q`` and ``-v`` with these helps.

    The verb is given an :class:`Output` as ``output``. More than one of the options is refused.
    """
    helps = {"quiet": quiet, "verbose": verbose}
    options = [
        click.option(f"-{name[0]}", f"--{name}", is_flag=True, help=text)
        for name, text in helps.items()
        if text is not None
    ]
    as_json = "Print the facts as JSON, and nothing else."
    options.append(click.option("--json", "as_json", is_flag=True, help=as_json))

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_output(
            *, as_json: bool, quiet: bool = False, verbose: bool = False, **given: Any
        ) -> Any:
            if quiet + verbose + as_json > 1:
                raise UsageError("give only one of --quiet, --verbose and --json")
            return command(output=Output(quiet, verbose, as_json), **given)

        return together(*options)(with_output)

    return decorate


report_options = together(
    output_options(
        quiet="Print only the advice, the page and warnings.",
        verbose="Print a line for each run that ends, too.",
    ),
    click.option(
        "--open", "open_page", is_flag=True, help="Open the report in the browser at the end."
    ),
)
"""``-q``, ``-v``, ``--json`` and ``--open``, for verbs that end with a report."""


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
    # json writes NaN and Infinity, which are no JSON; reading them is where they can be replaced.
    text = json.dumps(content)
    click.echo(json.dumps(json.loads(text, parse_constant=lambda _: None), indent=2))


def show(header: Sequence[str], rows: Sequence[Sequence[str]], *, wrapped: bool = False) -> None:
    """Print ``rows`` under ``header``, drawn on a terminal, as plain columns elsewhere;
    ``wrapped``: the last column has several lines where it must, as it always has on a terminal."""
    rows = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
    if not sys.stdout.isatty():
        click.echo(_columns([header, *rows], wrapped=wrapped))
        return
    # rich takes a tenth of a second to import, and only a terminal needs it.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD)
    for number, name in enumerate(header):
        drawn.add_column(name, no_wrap=number == 0)
    for row in rows:
        # Text: square brackets in labels are not rich's markup.
        drawn.add_row(*map(Text, row))
    Console().print(drawn)


def _columns(rows: Sequence[Sequence[str]], *, wrapped: bool) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [list(row) for row in rows]
    if wrapped:
        widths[-1] = max(COLUMNS - sum(width + 2 for width in widths[:-1]), _LEAST)
        lines = []
        for *cells, last in rows:
            for part in textwrap.wrap(last, widths[-1], **_WHOLE) or [""]:
                lines.append([*cells, part])
                cells = [""] * len(cells)
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def fill(text: str, indent: str = "") -> str:
    """``text`` in lines of :data:`COLUMNS`; all but the first begin with ``indent``."""
    return textwrap.fill(printable(text), COLUMNS, subsequent_indent=indent, **_WHOLE)


def say(*texts: str, indent: str = "") -> None:
    """Print each of ``texts`` in lines that :func:`fill` makes."""
    for text in texts:
        click.echo(fill(text, indent))
