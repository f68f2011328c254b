"""Checks by name, such as `nox -s lint types`, in the environment that nox itself runs in.

`pip install -e '.[test]'` installs all that they need.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tarfile
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
    session.run(sys.executable, "-m", "tests.support.types_tree")


def _pytest(session: nox.Session, *folders: str) -> None:
    """Two tests at a time; what follows `--` on the command line goes to pytest."""
    workers = ("-n", "2", "--dist", "worksteal")
    session.run(sys.executable, "-m", "pytest", *workers, *folders, *session.posargs)


@nox.session
def fast(session: nox.Session) -> None:
    """The unit tests and the lint checks: minutes at most, after every change."""
    lint(session)
    _pytest(session, "tests/unit")


@nox.session
def full(session: nox.Session) -> None:
    """Every tier at the counts of the day, as CI runs it, style and types included."""
    _pytest(session, "tests")


@nox.session
def night(session: nox.Session) -> None:
    """Every test at its full count, then the soak, for hours; `-- tests/ray` for one tier alone."""
    _pytest(session, "--night", *([] if session.posargs else ["tests"]))
    if not session.posargs:
        soak(session)


@nox.session
def soak(session: nox.Session) -> None:
    """Kill runs and let their disks and stores fail for an hour; see docs/soak.md."""
    session.run(sys.executable, "-m", "tests.soak", "--seconds", "3600", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The lines that unit tests reach, `htmlcov/index.html`; an error below pyproject's floor."""
    _pytest(session, "--cov", "--cov-report=html", "--cov-report=term:skip-covered", "tests/unit")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, `docs/_build/html/index.html`; a warning is an error."""
    _sphinx(session, "html")


@nox.session
def links(session: nox.Session) -> None:
    """Ask every other site that the documentation names whether the page is there."""
    _sphinx(session, "linkcheck")


def _sphinx(session: nox.Session, builder: str) -> None:
    command = ("-m", "sphinx", "--fail-on-warning", "--keep-going", "--builder", builder)
    session.run(sys.executable, *command, "docs", f"docs/_build/{builder}", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Run the commands and the code that all documents show, those too that run by night."""
    tests = ("tests/ray/test_documents.py", "tests/env/testing/test_walk_through.py")
    _pytest(session, "--night", *tests)


@nox.session
def vega(session: nox.Session) -> None:
    """Fetch the charting library of pages anew, at the releases that its folder names."""
    folder = Path("hpobench/reporting/vega")
    parts = []
    for name, release in json.loads((folder / "releases.json").read_text()).items():
        place = Path(session.create_tmp())
        archive = session.run(
            "npm", "pack", "--silent", f"{name}@{release}", external=True, silent=True
        )
        path = Path(str(archive).strip())
        with tarfile.open(path) as packed:
            packed.extractall(place, filter="data")
        path.unlink()
        text = (place / "package" / "build" / f"{name}.min.js").read_text()
        text = re.sub(r"//# sourceMappingURL=\S*", "", text).strip()
        parts.append(f"// {name} {release}\n{text}\n")
    content = gzip.compress("".join(parts).encode(), 9, mtime=0)
    (folder / "vega.js.gz").write_bytes(content)
