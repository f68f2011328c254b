"""Lets a searcher run with a given build of its library, as a step of action.yml.

    python library.py SEARCHER WHEEL [--plugin FILE]
    python library.py SEARCHER WHEEL --released [--plugin FILE]

With ``--released`` it is the newest release on PyPI of the library that WHEEL is a build of. An
isolated searcher gets it by the header and the lock of its file, any other by the environment that
runs this file. The exit code is 2 if that fails, or if the searcher does not use the library.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, parse_wheel_filename


class Failed(Exception):
    """A reason for exit code 2."""


def run(*command: object) -> str:
    """The output of ``command``; raises :class:`Failed` with its errors."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stderr.strip())
    return done.stdout


def described(searcher: str, plugin: list[str]) -> dict[str, Any]:
    """What `hpobench list` says of ``searcher``, which may have options behind a colon."""
    name = searcher.partition(":")[0]
    found: dict[str, Any] = json.loads(
        run("hpobench", "list", "searchers", name, "--json", *plugin)
    )
    return found


def into_script(file: Path, library: str, requirement: str) -> None:
    """Put ``requirement`` in the place of ``library`` in the header and the lock of ``file``, and
    build the environment. Other packages keep their locked versions where these still fit."""
    lock = file.with_name(f"{file.name}.lock")
    used = lock.is_file() and f'name = "{library}"\n' in lock.read_text(encoding="utf-8")
    try:
        run("uv", "remove", "--script", file, library)
    except Failed:  # it is needed by others in the lock, or by nobody
        if not used:
            raise Failed(f"{file.name} does not ask for {library}, nor does its lock") from None
    run("uv", "add", "--script", file, "--raw", requirement, "--upgrade-package", library)
    run("hpobench", "env", "sync", file)


def into_environment(library: str, requirement: str) -> None:
    """Install ``requirement`` in place of whatever build of ``library`` there is."""
    anew = ("--upgrade-package", library, "--reinstall-package", library)
    run("uv", "pip", "install", "--python", sys.executable, *anew, requirement)


def use(searcher: str, wheel: Path, plugin: list[str], *, released: bool) -> str:
    """Let ``searcher`` run with the library; return a line that says so."""
    library = canonicalize_name(parse_wheel_filename(wheel.name)[0])
    requirement = library if released else f"{library} @ {wheel.resolve().as_uri()}"
    facts = described(searcher, plugin)
    file = Path(facts["file"])
    if "# /// script\n" in file.read_text(encoding="utf-8"):
        into_script(file, library, requirement)
    elif canonicalize_name(facts["library"] or library) != library:
        raise Failed(f"{searcher} runs with {facts['library']}, not with {library}")
    else:
        into_environment(library, requirement)
    return f"{searcher} runs with {requirement}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("searcher")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--released", action="store_true")
    parser.add_argument("--plugin")
    given = parser.parse_args()
    plugin = ["--plugin", given.plugin] if given.plugin else []
    try:
        print(use(given.searcher, given.wheel, plugin, released=given.released))
    except Failed as reason:
        print(f"::error::{reason}".replace("\n", "%0A"))  # how GitHub takes several lines
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
