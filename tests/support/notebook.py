"""Runs the code of a notebook and stores what it shows, as Jupyter would.

    python -m tests.support.notebook [FILE]

Writes FILE, by default that of the examples, with new outputs. nbclient would bring Jupyter's
kernel and some thirty packages into the tests; the cells of an example are plain Python.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import ROOT

_EXAMPLE = ROOT / "examples" / "results.ipynb"


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(notebook: dict[str, Any]) -> None:
    """Run the code of ``notebook`` in the working folder, and put what it shows into it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(code_cells(notebook), start=1):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            value = _run("".join(cell["source"]), names)
        cell["execution_count"], cell["outputs"] = number, []
        if text := printed.getvalue():
            stream = {"output_type": "stream", "name": "stdout", "text": _lines(text)}
            cell["outputs"].append(stream)
        if value is not None:
            shown = {"execution_count": number, "metadata": {}, "data": _data(value)}
            cell["outputs"].append({"output_type": "execute_result", **shown})


def _run(source: str, names: dict[str, Any]) -> Any:
    """The value of the last expression of ``source``; ``None`` if it ends with a statement."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def _data(value: Any) -> dict[str, Any]:
    """What Jupyter asks of ``value``, by its type."""
    data: dict[str, Any] = {"text/plain": _lines(repr(value))}
    if text := getattr(value, "_repr_html_", lambda: None)():  # a figure has none to offer
        data["text/html"] = _lines(text)
    if hasattr(value, "_repr_png_"):
        data["image/png"] = base64.b64encode(value._repr_png_()).decode()
    return data


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(file: Path) -> None:
    notebook = json.loads(file.read_text())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        execute(notebook)
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    file.write_text(f"{text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else _EXAMPLE).resolve())
