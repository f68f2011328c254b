"""The command line, in this process, and Python in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from hpobench.cli import cli
from tests import ROOT


def invoke(*arguments: object, code: int = 0) -> str:
    """What ``hpobench ARGUMENTS`` prints, which ends with ``code``."""
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def python(
    *arguments: object,
    cwd: Path | None = None,
    code: int | None = 0,
    stdin: str | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """``python ...``, with the checkout on its path; it ends with ``code``, or any if None."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert code in (None, done.returncode), done.stdout + done.stderr
    return done
