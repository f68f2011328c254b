"""``python -m hpobench``, and the console script."""

from __future__ import annotations

import atexit
import errno
import io
import os
import signal
import sys
from collections.abc import Sequence

import click

from hpobench.cli import cli
from hpobench.contract import signals
from hpobench.contract.errors import HpobenchError
from hpobench.contract.wording import printable, shortened

INTERRUPTED = 130
"""The exit code that shells report for a program that Ctrl-C ended."""
UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h: hpobench itself is at fault."""


def command() -> None:
    """The command line as a process of its own."""
    codes: list[int] = []
    # What is registered first is called last: when all else has ended.
    atexit.register(_leave, codes)
    codes.append(_code(None))
    sys.exit(codes[0])


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line in a process that goes on, and raise ``SystemExit`` with its exit
    code."""
    sys.exit(_code(args))


def _leave(codes: Sequence[int]) -> None:
    """End the process with the first of ``codes``.

    Threads of Arrow and Ray run on while Python and C++ take apart what these use, and crash now
    and then: a finished run would end as a failed one (issue 34314 of Arrow). Python, too, changes
    the exit code, if an interrupt has left ``exec()`` of a text, be it caught or not.
    """
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):  # none is there if it was closed
            stream.flush()
    except OSError:
        return  # Python says so as it exits
    if codes:
        os._exit(codes[0])


def _code(args: Sequence[str] | None) -> int:
    if sys.stdout is None:
        # The next file opened would get its descriptor, and with it what workers print.
        return _fail("standard output is closed; send it to /dev/null to discard it", 1)
    try:
        result = cli.main(args, prog_name="hpobench", standalone_mode=False)
    except HpobenchError as error:
        return _fail(str(error), error.exit_code)
    except click.exceptions.Exit as done:
        return done.exit_code
    except SystemExit as ended:  # verbs end so with codes of their own
        if isinstance(ended.code, int):
            return ended.code
        raise
    except click.ClickException as error:
        error.show(text := io.StringIO())
        click.echo(shortened(text.getvalue()), err=True, nl=False)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        # A second Ctrl-C while Python exits would print a traceback or change the exit code.
        for number in signals.ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and not _output_works():
        return _fail(f"cannot write to standard output: {error.strerror}", 1)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return _fail(f"{error.filename}: longer than names of files can be", 2)
    if os.environ.get("HPOBENCH_TRACEBACK"):
        raise error
    message = f"{type(error).__name__}: {error}".rstrip(": ")
    return _fail(
        f"{message}\nThis is a fault of hpobench; HPOBENCH_TRACEBACK=1 shows where.", UNEXPECTED
    )


def _output_works() -> bool:
    """Whether standard output takes an end of line; if not, its buffer is thrown away."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        # Python flushes once more when it exits; failing again, it would change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _fail(message: str, code: int) -> int:
    text = printable(shortened(message))
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)
    return code


if __name__ == "__main__":
    command()
