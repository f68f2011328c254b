"""A searcher in a process of its own: like any other, and harmless."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from hpobench.api import Config, Exhausted, Fidelity, Float, Int, NothingYet, Searcher, Space
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError
from hpobench.plugins.building import build_searcher
from hpobench.plugins.isolation import remote as isolated
from hpobench.plugins.registry import Registry
from tests import ROOT

FOLDER = Path(__file__).parent
MISBEHAVING, THREADED = FOLDER / "misbehaving.py", FOLDER / "threaded.py"
SPACE = Space([Float("x", 1e-3, 1.0, log=True), Int("n", 1, 9)])


def ref(name: str, file: Path = MISBEHAVING) -> PluginRef:
    entry = Registry([file]).find("searcher", name)
    return PluginRef("searcher", name, name, {}, str(file), entry.cls, "/a/folder")


def built(name: str, seed: int = 0, file: Path = MISBEHAVING) -> Searcher:
    return build_searcher(ref(name, file), SPACE, seed, Fidelity())


def ask(name: str, trials: int = 5, seed: int = 0) -> list[Config]:
    with closing(built(name, seed)) as searcher:
        return [searcher.ask(trial) for trial in range(trials)]


def hosts() -> list[psutil.Process]:
    """The processes of searchers that this process started."""
    return [p for p in psutil.Process().children() if "host.py" in _line(p)]


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def told(seed: int = 3) -> dict[str, object]:
    with closing(built("tells", seed)) as searcher, pytest.raises(CellError) as caught:
        searcher.ask(0)
    return dict(ast.literal_eval(str(caught.value).partition("ask(0): ")[2]))


def test_proposes_what_it_proposes_in_process() -> None:
    from tests.env.isolation.misbehaving import Tame

    here = Tame(SPACE, seed=5, fidelity=Fidelity())
    assert ask("tame", 20, seed=5) == [here.ask(trial) for trial in range(20)]


def test_a_warm_process_serves_many_runs_none_of_which_sees_another() -> None:
    first, second = told(3), told(4)
    assert first["runs"] == [3]
    assert second["runs"] == [4]
    assert len(hosts()) == 1


def test_its_surroundings_are_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    first = told()
    isolated.end_warm()
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    second = told()
    assert first.pop("pid") != second.pop("pid")
    assert first == second
    assert first["threads"] == "1"


def test_nothing_of_the_harness_packages_is_there() -> None:
    there = told()
    assert there["libraries"] == []
    assert there["importable"] is False


def test_it_knows_the_suites_folder() -> None:
    assert told()["folder"] == "/a/folder"


def test_global_generators_are_seeded_by_the_run() -> None:
    assert told(1)["random"] == told(1)["random"]
    assert told(1)["random"] != told(2)["random"]


def test_threads_at_import_mean_one_run_a_process() -> None:
    pids = set()
    for _ in range(2):
        with closing(built("threaded", file=THREADED)) as searcher:
            pids |= {searcher.ask(trial)["pid"] for trial in range(3)}
    assert len(pids) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("segfaults", "its process ended: killed by SIGSEGV"),
        ("hangs", "did not answer within 1 s"),
        ("exits", "called exit(0)"),
        ("vanishes", "its process ended: exit code 0"),
        ("raises", "KeyError: 'nothing here'"),
        ("floods", "RuntimeError: enough"),
    ],
)
def test_what_goes_wrong_is_an_error_of_that_call(name: str, message: str) -> None:
    with pytest.raises(CellError, match=rf"^{name}, at ask\(2\): ") as caught:
        ask(name)
    assert message in str(caught.value)
    assert ask("tame") == ask("tame")  # the next run finds a process that works


def test_a_leak_ends_in_a_memory_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_memory", lambda: 1 << 30)
    with pytest.raises(CellError, match=r"leaks, at ask\(2\): MemoryError"):
        ask("leaks")


def test_tracebacks_and_what_was_printed_come_along() -> None:
    with pytest.raises(CellError) as raised:
        ask("raises")
    assert 'raise KeyError("nothing here")' in str(raised.value)
    with pytest.raises(CellError) as flooded:
        ask("floods")
    assert "warning 19999" in str(flooded.value)
    assert len(str(flooded.value)) < 10_000


def test_options_that_it_refuses() -> None:
    with pytest.raises(CellError, match=r"refuses, at its start: refuses: size must not be 0$"):
        built("refuses")
    assert len(ask("tame")) == 5


def test_prints_do_not_get_into_the_conversation() -> None:
    assert ask("prints") == ask("tame")


def test_waiting_and_ending_come_through() -> None:
    with closing(built("waits")) as searcher:
        searcher.ask(0)
        with pytest.raises(NothingYet):
            searcher.ask(1)
        searcher.tell(0, 1, 0.5, final=True)
        searcher.ask(1), searcher.ask(2)
        with pytest.raises(Exhausted, match="three are enough"):
            searcher.ask(3)


def test_a_proposal_that_is_no_json() -> None:
    with pytest.raises(CellError, match="not JSON serializable"):
        ask("strange", 1)


def test_an_answer_without_end() -> None:
    with pytest.raises(CellError, match="without an end of line"):
        ask("babbles", 1)


def test_no_process_outlives_a_searcher_that_failed() -> None:
    with pytest.raises(CellError):
        ask("hangs")
    assert hosts() == []


def test_a_process_that_was_killed_meanwhile_is_noticed() -> None:
    with closing(built("tame")) as searcher:
        searcher.ask(0)
        (host,) = hosts()
        for process in [host, *host.children()]:  # else the host might tell of its child
            process.kill()
        with pytest.raises(CellError, match=r"ask\(1\): its process ended: killed by SIGKILL"):
            searcher.ask(1)
    assert len(ask("tame")) == 5


def test_a_process_that_was_killed_while_it_waited_is_replaced() -> None:
    before = ask("tame")
    for host in hosts():
        host.kill()
        host.wait()
    assert ask("tame") == before


def test_a_searcher_that_hangs_does_not_outlive_its_cell(tmp_path: Path) -> None:
    """Though it cannot be interrupted and nobody is left to end it."""
    code = (
        "from tests.env.isolation.test_isolated_searcher import built\n"
        "searcher = built('hangs')\n"
        "searcher._timeout = 1000\n"
        "[searcher.ask(trial) for trial in range(3)]\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    cell = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while len(found := cell.children(recursive=True)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(found) >= 2
    time.sleep(0.5)  # it is hanging by now
    process.send_signal(signal.SIGKILL)
    process.wait()
    gone, alive = psutil.wait_procs(found, timeout=10)
    assert not alive
    assert gone
