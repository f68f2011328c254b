"""LaTeX: tables of the report, a ``.tex`` file each, for a paper to ``\\input``.

They are set in the manner of the package booktabs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hpobench.analysis.exhibits import (
    TableExhibit,
    anytime_score,
    final_loss,
    shown,
    speedup,
    standings,
    table_entry,
)
from hpobench.analysis.notes import notes
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text.csv_files import Names, csv_bytes
from hpobench.analysis.text.fields import Field, TableEntry
from hpobench.analysis.text.phrases import reading
from hpobench.contract.errors import StoreError
from hpobench.contract.files import own_folder, write_whole
from hpobench.store.read.reader import Results

EXPORTED: tuple[TableExhibit[Any], ...] = (final_loss, standings, speedup, anytime_score)

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        **{c: f"\\{c}" for c in "{}$&#%_"},
    }
)
COLUMNS = 8
"""Tables with more are turned if that makes them narrower."""
_NUMBER = re.compile(r"(?P<value>-?\d+(?:,\d{3})*(?:\.\d+)?)(?:e(?P<power>[+-]\d+))?")
_BOUNDS = {"<=": r"$\leq$", ">=": r"$\geq$"}


def write(results: Results, folder: Path, settings: Settings | None = None) -> list[str]:
    """Write the tables into ``folder``, and their numbers as CSV into ``folder/tables``.
    Returns the report's notes, and how to read every table. Numbers are rounded as on the page;
    those in the CSV files are not. ``settings``: by default the report's."""
    study = Study(results, settings)
    if not study.any_done:
        raise StoreError(f"{results.name}: no run on a problem with references ended well")
    own_folder(folder / "tables")
    free = Names().free
    for exhibit, subject in shown(study, EXPORTED):
        stem = free(exhibit.STEM)
        frame = study.computed(exhibit.table, subject)
        write_whole(folder / "tables" / f"{stem}.csv", csv_bytes(frame), flush=False)
        text = latex_table(table_entry(exhibit, study, subject, stem))
        write_whole(folder / f"{stem}.tex", text.encode(), flush=False)
    return [*notes(study), reading(study.settings)]


def latex_table(entry: TableEntry) -> str:
    """``entry`` as a ``table`` environment, which needs ``\\usepackage{booktabs}``.

    The marks are those of the page: the best in bold, an asterisk and failures after the numbers,
    intervals smaller and in brackets. Labels are escaped. The first column of a turned table
    names what the head did.
    """
    head = [escaped(name) for name in entry.columns]
    rows = [[_marked(row[0], escaped(row[0].text)), *map(_value, row[1:])] for row in entry.rows]
    grid = [head, *rows]
    if len(head) > max(len(grid), COLUMNS):
        grid = [list(column) for column in zip(*grid, strict=True)]
        grid[0][0] = ""
    caption = escaped(f"{entry.title}. {entry.shows} {entry.caption}".strip())
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"\centering\footnotesize",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{entry.id}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(grid[0]) - 1)}}}",
        r"\toprule",
        _line(grid[0]),
        r"\midrule",
        *map(_line, grid[1:]),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """``text`` such that LaTeX prints it as it is, on one line."""
    parts = re.split("([<>]=)", " ".join(text.split()))
    return "".join(_BOUNDS.get(part) or part.translate(_ESCAPES) for part in parts)


def _line(fields: Iterable[str]) -> str:
    return " & ".join(fields) + r" \\"


def _value(field: Field) -> str:
    parts = [_marked(field, _numbers(field.text))]
    if field.detail:
        parts.append(rf"{{\scriptsize {_numbers(field.detail)}}}")
    return (" ".join(parts) + field.mark.translate(_ESCAPES).replace(" ", "~")).strip()


def _marked(field: Field, text: str) -> str:
    return rf"{{\bfseries\boldmath {text}}}" if field.strong else text


def _numbers(text: str) -> str:
    """``text``, numbers and brackets, with its numbers set as such: a minus is no hyphen."""
    text = _NUMBER.sub(_number, text)
    for bound, sign in _BOUNDS.items():
        text = text.replace(bound, sign)
    return text


def _number(found: re.Match[str]) -> str:
    value = found["value"].replace(",", "{,}")
    times = rf" \times 10^{{{int(found['power'])}}}" if found["power"] else ""
    return f"${value}{times}$"
