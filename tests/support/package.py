"""The package as PyPI gets it: builds it, looks into it, and uses it in an empty environment.

    python -m tests.support.package DIST

leaves the source distribution and the wheel in the folder DIST. The wheel that is made of the
source distribution has the same bytes as the one that is made of the working tree.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from hpobench.plugins.isolation.environments import run_uv
from tests import ROOT

LARGEST = 15_000_000
"""Bytes of a wheel. A release adds its evidence; PyPI takes 100 MB a file."""
TESTS = re.compile(r"(^|/)(tests|conftest\.py|test_[^/]*)(/|$)")
PLACES = re.compile(rb"/(?:home|root|Users|mnt|tmp)/[\w.-]+")
"""Paths of somebody's machine."""
USES = (
    ("list", "searchers"),
    ("run", "smoke", "--only", "random/fifo/branin", "--seeds", "2"),
    ("compare", "reference", "results/smoke", "--json"),
    ("recommend", "--floats", "5", "--evaluations", "40"),
)
"""Commands of the wheel, one after the other; `compare` has nothing in common to compare."""


def build(folder: Path) -> Path:
    """Build both distributions in ``folder``, the wheel from the sources; return the wheel."""
    run_uv("build", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def of_the_tree(folder: Path) -> Path:
    """The wheel that is built in ``folder`` right from the working tree."""
    run_uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def unwanted(wheel: Path) -> list[str]:
    """What should not be in ``wheel``: files of tests, paths of a machine, too many bytes."""
    found = [f"{wheel.stat().st_size:,} bytes"] if wheel.stat().st_size > LARGEST else []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            found += [name] if TESTS.search(name) else []
            found += [f"{name}: {path!r}" for path in PLACES.findall(archive.read(name))]
    return found


def use(wheel: Path) -> None:
    """Install ``wheel`` into an environment that has nothing else; run it in an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_uv("venv", str(folder / "environment"))
        python = folder / "environment" / "bin" / "python"
        run_uv("pip", "install", "--python", str(python), str(wheel.resolve()))
        (work := folder / "work").mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        for command in USES:
            print("+ hpobench", *command, flush=True)
            done = subprocess.run(
                [python.with_name("hpobench"), *command], cwd=work, env=environment
            )
            if done.returncode != (2 if command[0] == "compare" else 0):
                raise SystemExit(f"{command[0]} ended with code {done.returncode}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dist", type=Path)
    wheel = build(parser.parse_args().dist)
    with tempfile.TemporaryDirectory() as other:
        if of_the_tree(Path(other)).read_bytes() != wheel.read_bytes():
            raise SystemExit("the sources make another wheel than the working tree")
    if found := unwanted(wheel):
        raise SystemExit("in the wheel: " + "; ".join(found))
    use(wheel)
    print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
