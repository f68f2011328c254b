"""Suites that say only what is different from another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.contract.errors import SuiteError
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

BASE = """
name: base
description: The first.
searchers: [random, sobol]
problems: [branin]
seeds: 2
budget: {evaluations: 5}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / f"{[*files][-1]}.yaml"


def test_what_is_left_out_is_that_of_the_other_suite(tmp_path: Path) -> None:
    more = write(
        tmp_path,
        base=BASE,
        middle="extends: base.yaml\nname: middle\nseeds: 3\n",
        more="extends: middle.yaml\nname: more\nworkers: [1, 16]\nsearchers: [random]\n",
    )
    suite = load_suite(more)
    assert (suite.name, suite.description) == ("more", "")
    assert [ref.label for ref in suite.searchers] == ["random"]
    assert [ref.label for ref in suite.problems] == ["branin"]
    assert (list(suite.seeds), suite.workers) == ([0, 1, 2], (1, 16))
    assert "extends" not in suite.resolved()


def test_its_cells_are_those_of_the_suite_written_out(tmp_path: Path) -> None:
    one = write(tmp_path, base=BASE, one="extends: base.yaml\nname: one\nseeds: [1]\n")
    out = write(tmp_path, out=BASE.replace("seeds: 2", "seeds: [1]"))
    ids = [[*build_plan(load_suite(file)).cells.ids()] for file in (one, out)]
    assert ids[0] == ids[1]


def test_a_shipped_suite_is_extended_by_name() -> None:
    suite = load_suite({"extends": "smoke", "name": "mine", "seeds": [7]})
    assert suite.problems == load_suite("smoke").problems
    assert list(suite.seeds) == [7]


def test_faults_are_told_where_they_are_written(tmp_path: Path) -> None:
    wrong = BASE.replace("[branin]", "[{branin: {noise: much}}]")
    file = write(tmp_path, base=wrong, one="extends: base.yaml\nname: one\nsearchers: [rendom]\n")
    with pytest.raises(SuiteError) as error:
        load_suite(file)
    told = str(error.value)
    assert f"{tmp_path / 'one.yaml'}:3: searchers[0]" in told
    assert f"{tmp_path / 'base.yaml'}:5: problems[0]" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: bsae.yaml", r"file beside this one; did you mean base\.yaml"),
        ("extends: ../base.yaml", "neither the name of a shipped suite"),
        ("extends: [base.yaml]", "neither the name of a shipped suite"),
        ("extends: one.yaml", "in a circle"),
        ("extends: list.yaml", "a suite is made of keys"),
        ("extends: base.yaml\nnmae: x", "nmae"),
    ],
)
def test_what_cannot_be_extended(text: str, message: str, tmp_path: Path) -> None:
    name = "" if "nmae" in text else "\nname: one"
    file = write(tmp_path, list="- a\n", base=BASE, one=f"{text}{name}\n")
    with pytest.raises(SuiteError, match=message):
        load_suite(file)


def test_a_suite_has_a_name_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path, base=BASE, one="extends: base.yaml\nseeds: 9\n")
    with pytest.raises(SuiteError, match="name"):
        load_suite(file)
