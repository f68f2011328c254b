"""Checks by name, such as `nox -s lint types`, in the environment that nox itself runs in.

`pip install -e '.[test]'` installs all that they need.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, linting, and which room imports which."""
    session.run(sys.executable, "-m", "ruff", "format", "--check", ".")
    session.run(sys.executable, "-m", "ruff", "check", ".")
    session.run(str(Path(sys.executable).with_name("lint-imports")))


@nox.session
def types(session: nox.Session) -> None:
    """Strict mypy over the package, its plugins, the paper and the tests."""
    session.run(sys.executable, "-m", "tests.types_tree")
