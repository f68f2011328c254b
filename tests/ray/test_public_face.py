"""The public face: ``hpobench.run`` and its companions, as a notebook or a script uses them."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import ray

import hpobench
import hpobench.api
from hpobench.contract import errors, signals
from hpobench.running.cluster import connect
from hpobench.suites.grid import build_plan
from tests.ray.faults.commands import events
from tests.support.command_line import python

ROOT = Path(hpobench.__file__).parents[1]
SUITE = {
    "name": "tiny",
    "searchers": ["random", "sobol"],
    "problems": ["branin"],
    "seeds": range(2),
    "workers": 1,
    "budget": {"evaluations": 3},
}
YAML = """{
name: tiny, searchers: [random, sobol], problems: [branin], seeds: 2, workers: 1,
budget: {evaluations: 3}
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Results of the suite, run from a mapping, with what was printed beside them."""
    folder = tmp_path_factory.mktemp("results")
    code = (
        f"import hpobench\nfound = hpobench.run({SUITE!r}, results={str(folder)!r}, cpus=1)\n"
        "assert found.page.exists() and found.failed.empty and not found.missing\n"
    )
    done = python("-c", code)
    (folder / "printed.txt").write_text(done.stdout + done.stderr)
    return folder


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test in which anything is left to run."""

    def connected(*_: Any) -> None:
        raise AssertionError("a cell is not stored")

    monkeypatch.setattr(connect, "connected", connected)


# -- running -------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_printed(folder: Any) -> None:
    assert (folder / "printed.txt").read_text() == ""


def test_results_have_what_a_user_asks_for_first(folder: Any) -> None:
    found = hpobench.load(folder / "tiny")
    assert isinstance(found, hpobench.SuiteResults)
    assert (found.name, len(found.cells), found.missing) == ("tiny", 4, [])
    assert found.page == folder / "tiny" / "report" / "index.html"
    assert list(found.failed.columns)[-2:] == ["kind", "error"]
    assert set(found.standings(repetitions=50)["algorithm"]) == {"random", "sobol"}
    told = f"<results of tiny: 4 runs, {len(found.events)} results; page: {found.page}>"
    assert repr(found) == told
    assert hpobench.report(found) == found.page


@pytest.mark.usefixtures("no_ray")
def test_by_path_by_suite_and_again_everything_is_stored(
    folder: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "suite.yaml").write_text(YAML)
    before = events(folder / "tiny")
    for suite in (file, str(file), hpobench.load_suite(SUITE), SUITE):
        found = hpobench.run(suite, results=folder, report=False)
        assert len(found.cells) == 4
    assert events(folder / "tiny") == before
    # What was run again from what a folder holds is the same as well.
    assert hpobench.plan(found.suite).cells == hpobench.plan(file).cells
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_ray")
def test_progress_is_the_commands(folder: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hpobench.run(SUITE, results=folder, progress=True)
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert first == "4 cells, 4 of them stored by earlier runs"
    assert second.startswith("ran 0 cells in ")
    page = folder / "tiny" / "report" / "index.html"
    assert last == f"report: {page}"
    # Nothing is left to run, so nothing is drawn again, until `report` is asked to.
    written = page.stat().st_mtime_ns
    hpobench.run(SUITE, results=folder, progress=True)
    again = capsys.readouterr().out
    assert "its report is there already; `hpobench report" in again
    assert "drawing" not in again
    assert page.stat().st_mtime_ns == written
    assert hpobench.report(folder / "tiny") == page
    assert page.stat().st_mtime_ns > written


@pytest.mark.usefixtures("no_ray")
def test_on_a_terminal_progress_is_shown(
    folder: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    hpobench.run(SUITE, results=folder, report=False)
    assert "ran 0 cells in " in capsys.readouterr().out
    hpobench.run(SUITE, results=folder, report=False, progress=False)
    assert capsys.readouterr().out == ""


def test_a_ray_that_the_caller_started_is_used_and_stays(folder: Any, tmp_path: Path) -> None:
    """In another thread too, and the events are the same bytes."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init("local", num_cpus=1, **quiet)
    try:
        session = ray.get_runtime_context().get_job_id()
        found = []
        run = threading.Thread(
            target=lambda: found.append(hpobench.run(SUITE, results=tmp_path, report=False))
        )
        run.start()
        run.join()
        assert ray.is_initialized()
        assert ray.get_runtime_context().get_job_id() == session
        with pytest.raises(hpobench.UsageError, match="cpus is for this machine"):
            hpobench.run(SUITE, results=tmp_path / "more", cpus=1)
        assert ray.is_initialized()
    finally:
        ray.shutdown()
    assert events(found[0].folder) == events(folder / "tiny")


def test_ctrl_c_keeps_what_is_finished_and_goes_on_to_the_caller(tmp_path: Path) -> None:
    suite = SUITE | {"seeds": 2000}
    before = {number: signal.getsignal(number) for number in signals.ENDING_SIGNALS}

    def press() -> None:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("tiny/cells-*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    (pressing := threading.Thread(target=press)).start()
    with pytest.raises(KeyboardInterrupt):
        hpobench.run(suite, results=tmp_path, cpus=1)
    pressing.join()
    assert {number: signal.getsignal(number) for number in before} == before
    assert not ray.is_initialized()
    found = hpobench.load(tmp_path / "tiny")
    assert len(found.missing) == 4000 - len(found.cells) > 0
    assert found.page is None
    assert f"{len(found.missing):,} missing>" in repr(found)


def test_a_cell_that_fails_is_no_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.py").write_text(
        "from hpobench.api import Searcher\n\n\nclass Broken(Searcher):\n    name = 'broken'\n\n"
        "    def __init__(self, space, *, seed, fidelity):\n        pass\n\n"
        "    def ask(self, trial):\n        raise RuntimeError('no idea')\n\n"
        "    def tell(self, trial, step, loss, *, final):\n        pass\n"
    )
    monkeypatch.chdir(tmp_path)
    suite = SUITE | {"searchers": ["random", "broken"], "plugins": [Path("broken.py")], "seeds": 1}
    found = hpobench.run(suite, cpus=1, report=False)
    assert found.folder == Path("results/tiny")
    assert list(found.failed["searcher"]) == ["broken"]
    assert "no idea" in found.failed["error"][0]
    assert ", 1 failed>" in repr(found)
    expected = ["`python -m hpobench status results/tiny` shows what failed"]
    assert [record.getMessage() for record in caplog.records] == expected


# -- planning and loading ------------------------------------------------------------------


def test_a_plan_runs_nothing(tmp_path: Path) -> None:
    plan = hpobench.plan(SUITE, seeds=[3, 4, 5], only="random/*")
    assert [cell.seed for cell in plan.cells] == [3, 4, 5]
    assert repr(plan) == "<plan: 3 cells on 1 problems, 0 combinations skipped>"
    assert plan.cells == build_plan(hpobench.load_suite(SUITE, seeds="3-5", only="random/*")).cells
    assert [cell.seed for cell in hpobench.plan("smoke", seeds=1).cells][:1] == [0]


def test_a_suite_may_be_changed_before_it_runs() -> None:
    suite = hpobench.load_suite(SUITE)
    assert isinstance(suite, hpobench.Suite)
    assert list(hpobench.load_suite(suite, seeds=range(5, 7)).seeds) == [5, 6]
    assert hpobench.load_suite(suite, only="sobol/*").only == ("sobol/*",)
    with pytest.raises(hpobench.UsageError, match="loaded already"):
        hpobench.load_suite(suite, plugins=["more.py"])


# -- errors --------------------------------------------------------------------------------


def test_an_error_in_a_mapping_names_the_key() -> None:
    with pytest.raises(hpobench.SuiteError) as caught:
        hpobench.run(SUITE | {"searchers": ["random", "sobbol"], "budgets": 3})
    assert (caught.value.key, caught.value.file) == ("budgets", None)
    assert str(caught.value) == "budgets: no such key; did you mean budget?"
    with pytest.raises(hpobench.SuiteError, match=r"^searchers\[1\]: unknown searcher 'sobbol'"):
        hpobench.plan(SUITE | {"searchers": ["random", "sobbol"]})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"suite": "smok"}, hpobench.UnknownNameError, "did you mean smoke"),
        ({"suite": "no/such.yaml"}, hpobench.SuiteError, "no such file"),
        ({"seeds": "x"}, hpobench.UsageError, "'x' is no seed"),
        ({"only": "x/*"}, hpobench.SuiteError, "picks no cell"),
        ({"plugins": ["no.py"]}, hpobench.PluginError, "no such plugin file"),
        ({"cpus": 0}, hpobench.UsageError, "cpus must be at least 1, not 0"),
        ({"timeout": 0}, hpobench.UsageError, "timeout must be positive, not 0"),
        ({"max_seeds": 0}, hpobench.UsageError, "max_seeds must be at least 1, not 0"),
        ({"margin": 2.0}, hpobench.UsageError, "margin must be from 0 to 1, not 2"),
        ({"max_seeds": 9}, hpobench.UsageError, "are for --until-decided"),
        ({"address": "127.0.0.1:1"}, hpobench.RayError, "cannot connect"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: Any, message: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"suite": SUITE, "results": tmp_path} | arguments
    run: Any = hpobench.run  # types know `suite` by position only
    with pytest.raises(error, match=message) as caught:
        run(**given)
    assert isinstance(caught.value, hpobench.HpobenchError)


# -- names ---------------------------------------------------------------------------------


def test_every_public_name_is_there_and_documented() -> None:
    assert sorted(hpobench.__all__) == dir(hpobench) == sorted(set(hpobench.__all__))
    for name in hpobench.__all__:
        value = getattr(hpobench, name)
        assert value.__doc__ or issubclass(value, hpobench.HpobenchError)
    for name in ("run", "plan", "report", "load", "load_suite", "Suite", "Space", "Searcher"):
        assert name in hpobench.__all__
    with pytest.raises(AttributeError, match="has no attribute 'rnu'"):
        hpobench.rnu  # noqa: B018


def test_public_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(hpobench.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = (node for node in ast.walk(block) if isinstance(node, ast.ImportFrom))
    seen = {alias.name for node in imports for alias in node.names}
    assert seen | {"__version__"} == set(hpobench.__all__)


def test_the_contract_and_the_errors_are_the_same_objects() -> None:
    for name in hpobench.__all__:
        for module in (hpobench.api, errors):
            if hasattr(module, name):
                assert getattr(hpobench, name) is getattr(module, name)


def test_no_module_hides_a_public_function() -> None:
    for package in (hpobench, importlib.import_module("hpobench.verbs")):
        modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
        assert not modules & {*hpobench.__all__}


def test_importing_is_light() -> None:
    code = "import sys, hpobench; hpobench.run, hpobench.plan, hpobench.Space; print(*sys.modules)"
    heavy = {"ray", "pandas", "numpy", "pyarrow", "scipy", "click", "rich", "pydantic", "ruamel"}
    assert not heavy & set(python("-c", code).stdout.split())


def test_results_are_frames(folder: Any) -> None:
    found = hpobench.load(str(folder / "tiny"))
    assert all(isinstance(f, pd.DataFrame) for f in (found.cells, found.events, found.trials))
