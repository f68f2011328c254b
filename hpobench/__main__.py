"""``python -m hpobench``, and the console script."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from hpobench.cli import cli
from hpobench.errors import HpobenchError

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""
UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h: a fault of hpobench itself."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_code(args))


def _code(args: Sequence[str] | None) -> int:
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
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("HPOBENCH_TRACEBACK"):
            raise
        told = f"{type(error).__name__}: {error}".rstrip(": ")
        return _fail(
            f"{told}\nThis is a fault of hpobench; HPOBENCH_TRACEBACK=1 shows where.", UNEXPECTED
        )
    return result if isinstance(result, int) else 0


def _fail(message: str, code: int) -> int:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    return code


if __name__ == "__main__":
    main()
