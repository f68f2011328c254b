"""What the documents show works as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hpobench
from hpobench.plugins.starting.portfolios import models, shipped_portfolios
from hpobench.store.reader import load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests import ROOT
from tests.frames import tuples
from tests.notebook import code_cells
from tests.ray.faults.commands import finish

NOTEBOOK = ROOT / "examples" / "results.ipynb"
EXAMPLE = ROOT / "examples" / "from_python.py"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def printed(script: Path | str) -> str:
    """What a Python file, or ``script`` as code, prints in a process of its own."""
    what = [script] if isinstance(script, Path) else ["-c", script]
    done = subprocess.run([sys.executable, *what], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_of_a_search_work() -> None:
    stopped = printed(ROOT / "examples" / "search_cv.py")
    assert {"stopped", "completed"} <= set(stopped.split())
    assert "test score 0.9" in stopped
    (code,) = blocks((ROOT / "docs" / "search_cv.md").read_text(encoding="utf-8"), "python")
    assert "'gamma'" in printed(code)


def test_the_example_of_a_portfolio_works() -> None:
    (code,) = blocks((ROOT / "docs" / "starts.md").read_text(encoding="utf-8"), "python")
    rows = [(c["width"], c["learning_rate_init"]) for c in hpobench.portfolio("mlp", k=2)]
    assert printed(code) == "".join(f"{width} {rate}\n" for width, rate in rows)


def test_starts_tells_the_regrets_and_parameters_of_portfolios() -> None:
    text = (ROOT / "docs" / "starts.md").read_text(encoding="utf-8")
    for model in models().values():
        if model.estimators:
            names = (f"`{name}`" for name in model.parameters.values())
            row = f"| {', '.join(f'`{name}`' for name in model.estimators)} | {', '.join(names)} |"
            assert row in text
    told = re.findall(r"^\| `(\S+)` \| \d+ \|", text, flags=re.MULTILINE)
    assert sorted(told) == shipped_portfolios()


def test_the_examples_of_stopping_work(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "stopping.md").read_text(encoding="utf-8")
    (suite,), (code,) = blocks(text, "yaml"), blocks(text, "python")
    path = tmp_path / "stopped.yaml"
    path.write_text(suite)
    stops = ["", "[stop=patience-20]"]
    labels = [f"{name}{stop}" for name in ("random", "optuna-tpe") for stop in stops]
    labels += ["optuna-gp", "optuna-gp[stop=regret-0.2]"]
    assert [ref.label for ref in load_suite(path).searchers] == labels
    printed(f"from hpobench.testing.doubles import Curves\nproblem = Curves(27)\n{code}")


def test_the_notebook_shows_what_it_stores(tmp_path: Path) -> None:
    copy = tmp_path / NOTEBOOK.name
    copy.write_bytes(NOTEBOOK.read_bytes())
    command = [sys.executable, "-m", "tests.notebook", str(copy)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stored, made = (
        [shown for cell in code_cells(json.loads(file.read_bytes())) for shown in cell["outputs"]]
        for file in (NOTEBOOK, copy)
    )
    assert [words(one) for one in stored] == [words(one) for one in made]
    kinds = [kind for shown in made for kind in shown["data"]]
    assert {kind: kinds.count(kind) for kind in ("text/html", "image/png")} == {
        "text/html": 3,
        "image/png": 3,
    }


def words(shown: dict[str, Any]) -> tuple[list[str], set[str]]:
    """The kinds of an output and its words. Numbers are those of the installed libraries."""
    texts = ["".join(text) for kind, text in shown["data"].items() if kind.startswith("text/")]
    return list(shown["data"]), set(re.findall(r"[a-z]{2,}", " ".join(texts)))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    *_, code = blocks(README, "python")
    path = tmp_path / "stubborn.py"
    path.write_text(code)
    return path


def test_the_readmes_suite_loads(tmp_path: Path) -> None:
    text, _ = blocks(README, "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    plan = build_plan(load_suite(path))
    assert len(plan.problems) == 1 + 4 + 2


def test_the_readmes_live_suite_loads(tmp_path: Path) -> None:
    _, text = blocks(README, "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nsearchers: [random]\nseeds: 1\n{text}")
    (tmp_path / "train").write_text("#!/bin/sh\n")
    (tmp_path / "train").chmod(0o755)
    plan = build_plan(load_suite(path))
    assert [p.label for p in plan.problems[-2:]] == ["svc", "mine"]
    assert len(plan.problems) == 2 + 1 + 2


def test_the_readmes_function_is_a_problem_that_trains(tmp_path: Path) -> None:
    *_, code, _ = blocks(README, "python")
    assert len([line for line in code.splitlines() if line.strip()]) < 15
    (tmp_path / "descent.py").write_text(code)
    suite = tmp_path / "own.yaml"
    suite.write_text(
        "name: own\nsearchers: [random]\nproblems: [descent]\nseeds: 1\nworkers: 1\n"
        "stage: live\nbudget: {trials: 4}\nplugins: [descent.py]\n"
    )
    finish("run", suite, "--results", tmp_path, "--cpus", 1, "--no-report")
    results = load_results(tmp_path / "own")
    assert results.events.groupby("trial").size().tolist() == [9] * 4
    for trial in tuples(results.trials):
        lr = json.loads(trial.config)["lr"]
        last = results.events[results.events["trial"] == trial.trial]["loss"].iloc[-1]
        assert last == pytest.approx((1 - 2 * lr) ** 18)


def test_the_readmes_plugin_runs_and_the_documents_read_its_results(
    plugin: Any, tmp_path: Path
) -> None:
    suite = tmp_path / "quick.yaml"
    suite.write_text(
        "name: quick\nsearchers: [stubborn]\nproblems: [branin]\nseeds: 2\n"
        "workers: 1\nbudget: {trials: 6}\nplugins: [stubborn.py]\n"
    )
    finish("run", suite, "--results", tmp_path / "results", "--cpus", 1, "--no-report")
    (code,) = blocks((ROOT / "results" / "README.md").read_text(encoding="utf-8"), "python")
    checks = (
        "\nassert list(events.astype({'cell': str}).groupby('cell').size()) == [6, 6]"
        "\nfor _, losses in events.astype({'cell': str}).groupby('cell')['loss']:"
        "\n    assert list(losses[::2]) == list(losses[1::2]) and losses.nunique() == 3"
    )
    assert "stubborn" in program(code + checks, tmp_path)
    notebook, *_ = blocks(README, "python")
    assert program(notebook + "\nprint(len(results.events))", tmp_path) == "12\n"


def program(code: str, folder: Path) -> str:
    """What ``code`` prints in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ci_runs_the_readmes_test_command(tmp_path: Path) -> None:
    script = (ROOT / ".ci" / "run").read_text().replace('eval "$command"', "exit 0")
    (folder := tmp_path / ".ci").mkdir()
    (folder / "run").write_text(script)
    (tmp_path / "README.md").write_text(README)
    done = subprocess.run(["bash", folder / "run"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "+ " + blocks(README, "sh")[1].strip()
    assert "pytest" in done.stdout


def test_the_glossary_is_sorted_and_its_places_exist() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    words = [word for word, *_ in rows[1:]]
    assert words == sorted(words, key=str.lower)
    for word, _, places in rows[1:]:
        for place in re.findall(r"`([\w/]+(?:/|\.py))`", places):
            assert (ROOT / "hpobench" / place).exists() or (ROOT / place).exists(), (word, place)


def test_the_example_says_who_leads(tmp_path: Path) -> None:
    code = f"import runpy, sys; sys.argv = ['x', {str(tmp_path)!r}]\n"
    said = program(f"{code}runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')", tmp_path)
    assert "optuna-tpe + asha" in said
    assert said.endswith("0 of 24 runs failed\n")
