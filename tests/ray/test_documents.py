"""What the documents show works as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hpobench.plugins.starting.portfolios import models, shipped_portfolios
from hpobench.store.read.reader import load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests import ROOT
from tests.ray.faults.commands import finish
from tests.support import gallery
from tests.support.command_line import python
from tests.support.documents import blocks, documents, runnable, site_pages
from tests.support.frames import tuples
from tests.support.night import night
from tests.support.notebook import code_cells
from tests.support.tiny_plugins import suite_file

NOTEBOOK = ROOT / "examples" / "results.ipynb"
EXAMPLE = ROOT / "examples" / "from_python.py"
README = ROOT / "README.md"
ELSEWHERE = {
    "docs/compare/new-algorithm.md": "tests/env/testing/test_walk_through.py",
    "docs/gallery/results.md": "test_the_notebook_shows_what_it_stores",
}
"""The pages that other tests run."""
BY_DAY = (
    "docs/choosing.md",
    "docs/quickstart.md",
    "docs/search_cv.md",
    "docs/starts.md",
    "docs/suites.md",
    "docs/tune/index.md",
)
"""The pages whose blocks run by day: of each kind the first that somebody follows."""
PAGES = {
    name: page
    for page in site_pages()
    if (name := page.relative_to(ROOT).as_posix()) not in ELSEWHERE and runnable(page)
}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name, marks=() if name in BY_DAY else night)
        for name, page in PAGES.items()
    ],
)
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """In their order, in an empty folder, with the programs of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.documents", page],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout


def shown(language: str, containing: str) -> str:
    """The first block of all documents in ``language`` that has the text ``containing``."""
    every = (block for page in documents() for block in blocks(page))
    return next(b.text for b in every if b.language == language and containing in b.text)


def printed(script: Path) -> str:
    """What a Python file prints in a process of its own."""
    return python(script).stdout


def test_the_example_of_a_search_prints_what_the_gallery_shows() -> None:
    stopped = printed(ROOT / "examples" / "search_cv.py")
    assert {"stopped", "completed"} <= set(stopped.split())
    assert "test score 0.9" in stopped
    assert gallery.words(stopped) == gallery.words(gallery.stored("search_cv"))


def test_starts_tells_the_regrets_and_parameters_of_portfolios() -> None:
    text = (ROOT / "docs" / "starts.md").read_text()
    for model in models().values():
        if model.estimators:
            names = (f"`{name}`" for name in model.parameters.values())
            row = f"| {', '.join(f'`{name}`' for name in model.estimators)} | {', '.join(names)} |"
            assert row in text
    told = re.findall(r"^\| `(\S+)` \| \d+ \|", text, flags=re.MULTILINE)
    assert sorted(told) == shipped_portfolios()


def test_the_suite_of_stopping_crosses_searchers_with_stops(tmp_path: Path) -> None:
    (path := tmp_path / "stopped.yaml").write_text(shown("yaml", "name: stopped\n"))
    stops = ["", "[stop=patience-20]"]
    labels = [f"{name}{stop}" for name in ("random", "optuna-tpe") for stop in stops]
    assert [ref.label for ref in load_suite(path).searchers] == labels


@night  # by day examples/from_python.py runs
def test_the_notebook_shows_what_it_stores(tmp_path: Path) -> None:
    (copy := tmp_path / NOTEBOOK.name).write_bytes(NOTEBOOK.read_bytes())
    command = [sys.executable, "-m", "tests.support.notebook", str(copy)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stored, made = (
        [output for cell in code_cells(json.loads(file.read_bytes())) for output in cell["outputs"]]
        for file in (NOTEBOOK, copy)
    )
    assert [words(one) for one in stored] == [words(one) for one in made]
    kinds = [kind for output in made for kind in output["data"]]
    expected = {"text/html": 3, "image/png": 3}
    assert {kind: kinds.count(kind) for kind in ("text/html", "image/png")} == expected


def words(output: dict[str, Any]) -> tuple[list[str], set[str]]:
    """The kinds of an output and its words. Numbers are those of the installed libraries."""
    texts = ["".join(text) for kind, text in output["data"].items() if kind.startswith("text/")]
    return list(output["data"]), gallery.words(" ".join(texts))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (path := tmp_path / "stubborn.py").write_text(shown("python", "class Stubborn(Searcher)"))
    return path


def test_the_readmes_suite_loads(tmp_path: Path) -> None:
    suites = [block.text for block in blocks(README) if block.language == "yaml"]
    (path := tmp_path / "mine.yaml").write_text(suites[0])
    assert build_plan(load_suite(path)).problems


def test_the_live_suite_that_is_shown_loads(tmp_path: Path) -> None:
    text = shown("yaml", "estimator: sklearn.svm.SVC")
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nsearchers: [random]\nseeds: 1\n{text}")
    (tmp_path / "train").write_text("#!/bin/sh\n")
    (tmp_path / "train").chmod(0o755)
    plan = build_plan(load_suite(path))
    assert [p.label for p in plan.problems[-2:]] == ["svc", "mine"]
    assert len(plan.problems) == 2 + 1 + 2


def test_the_function_that_is_shown_is_a_problem_that_trains(tmp_path: Path) -> None:
    code = shown("python", "class Descent(FunctionProblem)")
    assert len([line for line in code.splitlines() if line.strip()]) < 15
    (tmp_path / "descent.py").write_text(code)
    keys = {"problems": ["descent"], "workers": 1, "stage": "live", "budget": {"trials": 4}}
    suite = suite_file(tmp_path, "own", **keys, plugins=["descent.py"])
    finish("run", suite, "--results", tmp_path, "--cpus", 1, "--no-report")
    results = load_results(tmp_path / "own")
    assert results.events.groupby("trial").size().tolist() == [9] * 4
    for trial in tuples(results.trials):
        lr = json.loads(trial.config)["lr"]
        last = results.events[results.events["trial"] == trial.trial]["loss"].iloc[-1]
        assert last == pytest.approx((1 - 2 * lr) ** 18)


def test_the_shown_plugin_runs_and_the_documents_read_it(plugin: Any, tmp_path: Path) -> None:
    keys = {"searchers": ["stubborn"], "problems": ["branin"], "seeds": 2, "workers": 1}
    suite = suite_file(tmp_path, "quick", **keys, budget={"trials": 6}, plugins=["stubborn.py"])
    finish("run", suite, "--results", tmp_path / "results", "--cpus", 1, "--no-report")
    (code,) = (b.text for b in blocks(ROOT / "results" / "README.md") if b.language == "python")
    checks = (
        "\nassert list(events.astype({'cell': str}).groupby('cell').size()) == [6, 6]"
        "\nfor _, losses in events.astype({'cell': str}).groupby('cell')['loss']:"
        "\n    assert list(losses[::2]) == list(losses[1::2]) and losses.nunique() == 3"
    )
    assert "stubborn" in program(code + checks, tmp_path)
    notebook = shown("python", "results.standings(axis=").replace("results/small", "results/quick")
    assert program(notebook + "\nprint(len(results.events))", tmp_path) == "12\n"


def program(code: str, folder: Path) -> str:
    """What ``code`` prints in ``folder``."""
    return python("-c", code, cwd=folder).stdout


def test_ci_runs_the_readmes_test_command(tmp_path: Path) -> None:
    script = (ROOT / ".ci" / "run").read_text().replace('eval "$command"', "exit 0")
    (folder := tmp_path / ".ci").mkdir()
    (folder / "run").write_text(script)
    shutil.copy(README, tmp_path)
    done = subprocess.run(["bash", folder / "run"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "+ " + shown("sh", "-m pytest").strip()


def test_the_glossary_is_sorted() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    words = [word for word, *_ in rows[1:]]
    assert words == sorted(words, key=str.lower)


@pytest.mark.parametrize("page", ["architecture.md", "glossary.md"])
def test_the_places_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text().rpartition("## The columns")[2]
    places = re.findall(r"`([\w/]+(?:/|\.py))`", text)
    assert len(places) > 30
    assert [p for p in places if not any((f / p).exists() for f in (ROOT, ROOT / "hpobench"))] == []


def test_the_example_says_who_leads(tmp_path: Path) -> None:
    code = f"import runpy, sys; sys.argv = ['x', {str(tmp_path)!r}]\n"
    said = program(f"{code}runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')", tmp_path)
    assert gallery.words(said) == gallery.words(gallery.stored("from_python"))
    assert (tmp_path / "example" / "curves.png").exists()
    assert said.endswith("0 of 24 runs failed\n")
