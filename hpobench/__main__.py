"""``python -m hpobench``, and the console script."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

import click

from hpobench.cli import cli
from hpobench.cli.tables import printable
from hpobench.contract import signals
from hpobench.contract.errors import HpobenchError

INTERRUPTED = 130
"""The exit code that shells report for a program that Ctrl-C ended."""
UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h: hpobench itself is at fault."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_code(args))


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
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _keep_exit_code()
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and not _output_works():
            return _fail(f"cannot write to standard output: {error.strerror}", 1)
        if os.environ.get("HPOBENCH_TRACEBACK"):
            raise
        message = f"{type(error).__name__}: {error}".rstrip(": ")
        return _fail(
            f"{message}\nThis is a fault of hpobench; HPOBENCH_TRACEBACK=1 shows where.", UNEXPECTED
        )
    return result if isinstance(result, int) else 0


def _keep_exit_code() -> None:
    """Let nothing change the exit code of a program that was interrupted."""
    # A second Ctrl-C while Python exits would print a traceback or change the code.
    for number in signals.ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # `python -m` ends by SIGINT if a KeyboardInterrupt has left exec() of a text, even one
    # that was caught. Classes of dataclasses are made so, and a signal may arrive while a module
    # with some is imported. The next exec() of a text forgets that one.
    exec("")


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
    click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(message)}", err=True)
    return code


if __name__ == "__main__":
    main()
