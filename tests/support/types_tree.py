"""Strict mypy over package, plugins, paper and tests: `python -m tests.support.types_tree`.

The folders beside the package import as `hpobench.algorithms` and the like, because
`hpobench.contract.package.mount` says so when the program runs. mypy knows of no mounting, so it
looks at a tree of links in which these folders do lie inside the package.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import ROOT

MOUNTED = ("algorithms", "problems", "paper")


def plant(tree: Path) -> None:
    """Put a link to each Python file into ``tree``, at the place that it imports from.

    Folders of data get none: mypy would take `paper/published/` for `paper/published.py`.
    """
    places = {name: tree / name for name in ("hpobench", "tests", "benchmarks")}
    places |= {name: tree / "hpobench" / name for name in MOUNTED}
    for name, place in places.items():
        for file in (ROOT / name).rglob("*.py"):
            link = place / file.relative_to(ROOT / name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


def check_types() -> tuple[int, str]:
    """mypy's exit status and its output, which names files by their paths in the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        plant(Path(folder))
        packages = ["-p", "hpobench", "-p", "tests", "-p", "benchmarks"]
        command = [sys.executable, "-m", "mypy", *packages]
        command += ["--config-file", str(ROOT / "pyproject.toml")]
        command += ["--cache-dir", str(ROOT / ".mypy_cache")]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    text = done.stdout + done.stderr
    return done.returncode, re.sub(rf"^hpobench/(?={'|'.join(MOUNTED)})", "", text, flags=re.M)


if __name__ == "__main__":
    status, output = check_types()
    print(output, end="")
    sys.exit(status)
