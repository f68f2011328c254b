"""Tables as LaTeX: what a parser makes of them, and that nothing is lost on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexEnvironmentNode, LatexWalker

from hpobench.analysis.text.fields import Field, TableEntry
from hpobench.contract.wording import interval, number
from hpobench.export import export
from hpobench.export.latex import COLUMNS, escaped, latex_table
from tests.support.results_factory import hand_made, make_results

AWKWARD = r'50%_of $x$ & {a} #1 ~^\ <b> |"-5" 1,000'


def grid(text: str) -> list[list[str]]:
    """The fields of the only table in ``text``, which must be well-formed, as LaTeX."""
    nodes, _, length = LatexWalker(text, tolerant_parsing=False).get_latex_nodes()
    assert length == len(text)
    (table,) = [n for n in nodes if isinstance(n, LatexEnvironmentNode)]
    (tabular,) = [n for n in table.nodelist if isinstance(n, LatexEnvironmentNode)]
    assert (table.environmentname, tabular.environmentname) == ("table", "tabular")
    (columns,) = re.findall(r"\\begin\{tabular\}\{(lr*)\}", text)
    inner = text[text.index(columns) + len(columns) + 1 : text.index(r"\end{tabular}")]
    rules = re.split(r"\\(toprule|midrule|bottomrule)", inner)
    assert rules[1::2] == ["toprule", "midrule", "bottomrule"]
    lines = [line for part in rules[::2] for line in part.strip().splitlines()]
    assert all(line.endswith(r" \\") for line in lines)
    rows = [re.split(r"(?<!\\)&", line.removesuffix(r"\\")) for line in lines]
    assert {len(row) for row in rows} == {len(columns)}
    return [[field.strip() for field in row] for row in rows]


UNKNOWN = {"quotedbl": '"', "less": "<", "greater": ">", "bar": "|", "asciicircum": "^"}
"""The characters of ``\\text...`` that pylatexenc does not print as they are."""


def plain(latex: str) -> str:
    """What is printed."""
    latex = re.sub(r"\\text(\w+)\{\}", lambda m: UNKNOWN.get(m[1], m[0]), latex)
    shown = LatexNodes2Text(math_mode="text").latex_to_text(latex)
    return " ".join(shown.replace("{,}", ",").split())


def entry(rows: list[list[Field]], columns: int = 1) -> TableEntry:
    head = ["Algorithm", *(f"c{i}" for i in range(columns))]
    return TableEntry("t", AWKWARD, "What it shows.", f"p >= 0.05, {AWKWARD}", head, rows)


def test_labels_are_printed_as_they_are() -> None:
    text = latex_table(entry([[Field(AWKWARD), Field("1")]]))
    _, (label, _) = grid(text)
    assert plain(label) == AWKWARD
    (caption,) = re.findall(r"\\caption\{(.*)\}\n", text)
    assert plain(caption) == f"{AWKWARD}. What it shows. p ≥ 0.05, {AWKWARD}"
    assert escaped(" two\n lines ") == "two lines"


@pytest.mark.parametrize(
    ("field", "latex"),
    [
        (Field("-0.5", "[-1.0, 0.5]"), r"$-0.5$ {\scriptsize [$-1.0$, $0.5$]}"),
        (Field("1.2e-07"), r"$1.2 \times 10^{-7}$"),
        (Field("-1,234"), "$-1{,}234$"),
        (Field("<= 3.2", "[1.0, 12]"), r"$\leq$ $3.2$ {\scriptsize [$1.0$, $12$]}"),
        (Field(">= 1.5e+08"), r"$\geq$ $1.5 \times 10^{8}$"),
        (Field("-"), "-"),
        (Field(""), ""),
        (Field("2", strong=True), r"{\bfseries\boldmath $2$}"),
        (Field("2", "[1, 3]", "* (1 failed)"), r"$2$ {\scriptsize [$1$, $3$]}*~(1~failed)"),
    ],
)
def test_values_have_the_marks_of_the_page(field: Field, latex: str) -> None:
    _, (_, value) = grid(latex_table(entry([[Field("a"), field]])))
    assert value == latex


@pytest.mark.parametrize("value", [0.0, 1e-9, -3.14159, 12345.6, 9.9e7, 0.00012])
def test_no_digit_is_lost(value: float) -> None:
    field = Field(number(value), interval(-value, value))
    _, (_, shown) = grid(latex_table(entry([[Field("a"), field]])))
    power = re.sub(r"e([+-])0?(\d+)", lambda m: f" × 10^{m[1].strip('+')}{m[2]}", field.text)
    assert plain(shown).startswith(power)


def test_wide_tables_are_turned() -> None:
    def rows(columns: int) -> list[list[Field]]:
        names = [Field("a", strong=True), Field("b")]
        return [[name, *(Field(f"{k}") for k in range(columns))] for name in names]

    straight = grid(latex_table(entry(rows(COLUMNS - 1), COLUMNS - 1)))
    assert [len(row) for row in straight] == [COLUMNS] * 3
    assert straight[0][0] == "Algorithm"
    turned = grid(latex_table(entry(rows(COLUMNS), COLUMNS)))
    assert turned[0] == ["", r"{\bfseries\boldmath a}", "b"]
    assert turned[3] == ["c2", "$2$", "$2$"]


def test_exported_tables_are_the_reports(tmp_path: Path) -> None:
    assert any("failed" in note for note in export(make_results(), "latex", tmp_path))
    assert {path.stem for path in tmp_path.glob("*.tex")} == {
        *("final_loss", "standings", "speedup", "anytime_score"),
        *("standings-2", "speedup-2", "anytime_score-2"),
    }
    for path in tmp_path.glob("*.tex"):
        assert (tmp_path / "tables" / f"{path.stem}.csv").is_file()
        assert len(grid(path.read_text(encoding="utf-8"))) > 3
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"tables"}

    head, *rows = grid((tmp_path / "final_loss.tex").read_text(encoding="utf-8"))
    assert head == ["Algorithm", "branin (loss)", "counting-ones (loss)", "mlp-vehicle (accuracy)"]
    final = pd.read_csv(tmp_path / "tables" / "final_loss.csv").set_index(["algorithm", "problem"])
    for name, *fields in rows:
        for problem, field in zip(("branin", "counting-ones", "mlp-vehicle"), fields, strict=True):
            if (name, problem) not in final.index:
                assert field == ""
                continue
            row: Any = final.loc[(name, problem)]
            assert (r"\bfseries" in field) == row["best"]
            assert ("*" in field) == (row["not_worse"] and not row["best"])
            assert ("1~failed" in field) == (row["failures"] == 1)
            told = f"{number(row['mean'], 4)} {interval(row['low'], row['high'], digits=4)}"
            assert plain(field.replace("~", " ")).startswith(told)


def test_labels_of_tables_are_their_own(tmp_path: Path) -> None:
    export(make_results(), "latex", tmp_path)
    labels = [re.findall(r"\\label\{(.*?)\}", p.read_text()) for p in tmp_path.glob("*.tex")]
    assert len({label for (label,) in labels}) == len(labels)


def test_a_single_algorithm(tmp_path: Path) -> None:
    export(hand_made({("a_b", 0): [(1.0, 0.5)]}), "latex", tmp_path)
    _, (name, *_) = grid((tmp_path / "standings.tex").read_text())
    assert name == r"{\bfseries\boldmath a\_b}"
    assert not (tmp_path / "speedup.tex").exists()
