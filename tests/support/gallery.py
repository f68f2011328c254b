"""Runs the examples and stores what they show, for the pages of `docs/gallery/`.

    python -m tests.support.gallery [NAME ...]

Tests that run an example compare what it prints with what is stored.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import ROOT
from tests.support.notebook import code_cells

EXAMPLES = ROOT / "examples"
GALLERY = ROOT / "docs" / "gallery"
NOTEBOOK = EXAMPLES / "results.ipynb"

COMMANDS = {
    "from_python": (f"python {EXAMPLES}/from_python.py",),
    "plain_tuner": (f"python {EXAMPLES}/plain_tuner.py .",),
    "search_cv": (f"python {EXAMPLES}/search_cv.py",),
    "trainable": (
        f"hpobench run {EXAMPLES}/trainable/suite.yaml --no-report",
        "hpobench report results/trainable --figures -q",
    ),
}
"""What makes an example's output, which is the first command's, in an empty folder."""
PICTURES = {
    "from_python": "results/example/curves.png",
    "trainable": "results/trainable/report/figures/mean_regret.png",
}


def stored(name: str) -> str:
    """What the page of an example says that it prints."""
    return (GALLERY / f"{name}.txt").read_text()


def words(text: str) -> set[str]:
    """The words of an output. Its numbers are those of the installed libraries."""
    return set(re.findall(r"[a-z]{2,}", text))


def shown(output: str) -> str:
    """``output`` without what Ray says of an experiment: a box, and two lines below it."""
    ours = re.sub(r"╭.*?^To visualize[^\n]*\n+", "", output, flags=re.MULTILINE | re.DOTALL)
    return "\n".join(line.rstrip() for line in ours.splitlines()).strip() + "\n"


def store(name: str) -> None:
    """Run an example, and store what it prints and draws."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        printed = [
            subprocess.run(
                command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True
            ).stdout.decode()
            for command in COMMANDS[name]
        ]
        (GALLERY / f"{name}.txt").write_text(shown(printed[0]))
        if name in PICTURES:
            shutil.copy(Path(folder) / PICTURES[name], GALLERY / f"{name}.png")


def notebook_page(notebook: dict[str, Any]) -> tuple[str, dict[str, bytes]]:
    """A notebook as a page of Markdown, and the pictures that the page shows."""
    pictures = {
        f"results-{number}.png": base64.b64decode(data["image/png"])
        for number, data in enumerate(_outputs(notebook), start=1)
        if "image/png" in data
    }
    numbers = itertools.count(1)
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        outputs = cell.get("outputs", ())
        parts.extend(_as_markdown(output["data"], next(numbers)) for output in outputs)
    return "\n\n".join(parts) + "\n", pictures


def _outputs(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in code_cells(notebook):
        yield from (output["data"] for output in cell["outputs"])


def _as_markdown(data: dict[str, Any], number: int) -> str:
    if "image/png" in data:
        return f"![What the cell draws](results-{number}.png)"
    if "text/html" in data:
        table = re.sub(r"<style.*?</style>", "", "".join(data["text/html"]), flags=re.DOTALL)
        lines = (line.strip() for line in table.splitlines())
        return f'<div class="table-wrapper">\n{chr(10).join(filter(None, lines))}\n</div>'
    return f"```text\n{''.join(data['text/plain'])}\n```"


def store_notebook() -> None:
    text, pictures = notebook_page(json.loads(NOTEBOOK.read_bytes()))
    (GALLERY / "results.md").write_text(text)
    for name, content in pictures.items():
        (GALLERY / name).write_bytes(content)


if __name__ == "__main__":
    for example in sys.argv[1:] or [*COMMANDS]:
        store(example)
    store_notebook()
