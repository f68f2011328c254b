"""Programs of several languages as problems, and what becomes of those that misbehave."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from hpobench.api import Categorical, Float, Int, Ordinal, Space, TrainedProblem, Training, When
from hpobench.contract.errors import NotAvailableError, SpaceError, TrialError, UsageError
from hpobench.problems.general import _process
from hpobench.problems.general._space import parse_space
from hpobench.problems.general.command import Command
from hpobench.suites.suite import load_suite
from tests.support.command_line import python
from tests.support.present import present

HERE = Path(__file__).parent
LR = {"lr": {"float": [1e-4, 1], "log": True}}


def command(folder: Path, *run: str, space: dict[str, Any] = LR, **options: Any) -> Command:
    problem = Command(run=[*run], space=space, **options)
    problem.suite_folder = folder
    return problem


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Command]:
    """Makes a problem of three steps of a shell script's text."""

    def make(text: str, **options: Any) -> Command:
        (file := tmp_path / "program").write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return command(tmp_path, "./program", **{"steps": 3} | options)

    return make


@pytest.fixture
def begin() -> Iterator[Callable[..., Any]]:
    """Starts trials that are closed when the test is over."""
    trials = []

    def start(problem: TrainedProblem, seed: int = 7, **config: Any) -> Training:
        trials.append(problem.start(config or {"lr": 0.5}, seed))
        return trials[-1]

    yield start
    for trial in trials:
        trial.close()


def losses(trial: Training, steps: int) -> list[float]:
    return [trial.step()["loss"] for _ in range(steps)]


# -- languages -----------------------------------------------------------------------------


def python_example(**options: Any) -> Command:
    given: dict[str, Any] = {"steps": 10, "resource": "epoch", "heldout": True} | options
    return command(HERE, sys.executable, "command_example.py", **given)


def test_a_python_program_learns(begin: Any) -> None:
    trial = begin(python_example())
    reports = [trial.step() for _ in range(10)]
    assert all(set(report) == {"loss", "heldout"} for report in reports)
    assert reports[-1]["loss"] < reports[0]["loss"] < 0.6931
    again, other = begin(python_example()), begin(python_example(), seed=8)
    assert [again.step() for _ in range(10)] == reports
    assert losses(other, 10) != [report["loss"] for report in reports]


def test_a_shell_script_converges(begin: Any) -> None:
    problem = command(HERE, "./command_example.sh", steps=12, space={"damping": {"float": [0, 1]}})
    found = losses(begin(problem, damping=1.0), 12)
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert losses(begin(problem, damping=0.5), 12)[-1] > 1e-3


def test_a_compiled_program_learns(begin: Any, tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    assert compiler, "this test compiles a C++ program: install g++"
    source = HERE / "command_example.cpp"
    subprocess.run([compiler, "-O1", "-o", tmp_path / "fit", source], check=True)
    problem = command(tmp_path, "./fit", steps=5)
    good, bad = (losses(begin(problem, lr=lr), 5) for lr in (0.1, 1e-4))
    assert good[-1] < 0.01 < 1 < bad[-1]
    with pytest.raises(TrialError, match=r"exit code 2 after 0 of 5 steps.*\n  no lr in"):
        begin(problem, rate=0.1).step()


# -- the protocol --------------------------------------------------------------------------


def test_the_program_is_told_its_task_in_one_line(script: Any, begin: Any, tmp_path: Path) -> None:
    problem = script('cat > task; pwd > where; echo "$2" > argument; echo \'{"loss": 1}\'')
    problem.run += ["--depth", "3"]
    assert begin(problem, seed=11, lr=0.25).step() == {"loss": 1.0}
    (line,) = (tmp_path / "task").read_text().splitlines()
    assert json.loads(line) == {"config": {"lr": 0.25}, "seed": 11, "steps": 3}
    assert Path((tmp_path / "where").read_text().strip()) == tmp_path.resolve()
    assert (tmp_path / "argument").read_text() == "3\n"


def test_numbers_among_the_arguments_are_words() -> None:
    assert Command(run=["train", 3, 0.5], space=LR).run == ["train", "3", "0.5"]


def test_other_lines_pass_on(script: Any, begin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    trial = begin(
        script(
            "echo 'epoch 1, \"loss\" soon'; echo '{\"lost\": 1}'; echo oh >&2\n"
            'echo \'{"loss": 2, "heldout": 3, "other": [1]}\'; echo late; echo \'{"loss": 1}\''
        )
    )
    assert losses(trial, 2) == [2.0, 1.0]
    trial.close()
    out, err = capsys.readouterr()
    assert out == 'epoch 1, "loss" soon\n{"lost": 1}\nlate\n'
    assert err == "oh\n"


def test_of_much_standard_error_the_last_lines_pass_through(
    script: Any, begin: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = begin(script("seq 1 30000 >&2; echo '{\"loss\": 1}'"))
    assert trial.step() == {"loss": 1.0}
    with pytest.raises(TrialError, match=r"\n  29991\n(  2999\d\n){8}  30000$"):
        trial.step()
    lines = capsys.readouterr().err.split()
    assert len(lines) <= 200
    assert lines[-1] == "30000"


def test_a_program_that_never_reads_its_state_is_not_waited_for(script: Any, begin: Any) -> None:
    trial = begin(script("echo '{\"loss\": 1}'"))
    trial.load(json.dumps({"step": 1, "state": "x" * 1_000_000}).encode())
    assert trial.step() == {"loss": 1.0}


def test_a_program_far_ahead_waits_on_the_pipe(script: Any, begin: Any, tmp_path: Path) -> None:
    trial = begin(
        script(
            "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); "
            'echo "{\\"loss\\": $i}"; done; touch finished',
            steps=20000,
        )
    )
    assert losses(trial, 2) == [1.0, 2.0]
    time.sleep(0.5)  # all 20,000 lines take a shell a tenth of that
    assert not (tmp_path / "finished").exists()
    assert losses(trial, 19998) == list(range(3, 20001))


# -- going on ------------------------------------------------------------------------------


def test_a_trial_goes_on_from_its_state(begin: Any) -> None:
    problem = python_example()
    whole, first, second = begin(problem), begin(problem), begin(problem)
    expected = losses(whole, 10)
    assert losses(first, 4) == expected[:4]
    second.load(present(first.save()))
    assert second.save() == first.save()
    assert losses(second, 6) == expected[4:]


def test_a_running_trial_can_be_sent_to_a_state_under_its_own_configuration(begin: Any) -> None:
    problem = python_example()
    one, two, fresh = (begin(problem, lr=lr) for lr in (0.5, 0.05, 0.05))
    losses(one, 5)
    losses(two, 3)
    state = one.save()
    two.load(state)
    fresh.load(state)
    assert losses(two, 5) == losses(fresh, 5) != losses(one, 5)


def test_the_program_is_told_where_it_goes_on(script: Any, begin: Any, tmp_path: Path) -> None:
    (trial := begin(script('cat > task; echo \'{"loss": 1, "state": {"w": [1.5]}}\''))).step()
    other = begin(script("cat > task; echo '{\"loss\": 1}'"), lr=0.25)
    other.load(present(trial.save()))
    other.step()
    expected = {"config": {"lr": 0.25}, "seed": 7, "steps": 3, "step": 1, "state": {"w": [1.5]}}
    assert json.loads((tmp_path / "task").read_text()) == expected


def test_without_a_state_there_is_nothing_to_save(script: Any, begin: Any) -> None:
    trial = begin(script('echo \'{"loss": 2, "state": 0}\'; echo \'{"loss": 1}\''))
    assert trial.save() is None
    trial.step()
    assert json.loads(trial.save()) == {"step": 1, "state": 0}
    trial.step()
    assert trial.save() is None


# -- misbehaviour --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("exit 0", r"ended with exit code 0 after 1 of 3 steps; standard error is empty$"),
        ("echo why >&2; exit 3", r"exit code 3 after 1 of 3 steps; its last .*:\n  why$"),
        ("echo a >&2; kill -SEGV $$", r"was ended by signal 11 after 1 of 3 steps; .*\n  a$"),
        ("seq 50 >&2; exit 1", r"standard error:\n  41\n(  4\d\n){8}  50$"),
    ],
)
def test_a_program_that_ends_early(script: Any, begin: Any, ending: str, told: str) -> None:
    (trial := begin(script(f"echo '{{\"loss\": 1}}'; {ending}"))).step()
    with pytest.raises(TrialError, match=told) as caught:
        trial.step()
    assert "program" in str(caught.value)


def test_a_program_without_output(script: Any, begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "GRACE_S", 0.2)
    with pytest.raises(TrialError, match="closed its output after 0 of 3 steps"):
        begin(script("exec >&-; sleep 60")).step()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"loss": 0.3', "is not JSON: '{\"loss\": 0.3': Expecting"),
        ('{"loss": inf}', "is not JSON: '{\"loss\": inf}': Expecting value"),
        ('{"loss": "0.3"}', 'no number as \'loss\': {"loss": "0.3"}'),
        ('{"loss": null, "state": [1]}', "no number as 'loss': {\"loss\": null}$"),
        ('{"loss": true}', "no number as 'loss'"),
    ],
)
def test_a_report_that_is_none(script: Any, begin: Any, line: str, told: str) -> None:
    with pytest.raises(TrialError, match=told.replace("[", r"\[")):
        begin(script(f"echo '{line}'; sleep 60")).step()


def test_a_promised_heldout_loss_must_come(script: Any, begin: Any) -> None:
    with pytest.raises(TrialError, match="no number as 'heldout'"):
        begin(script("echo '{\"loss\": 1}'", heldout=True)).step()


def test_a_line_without_end(script: Any, begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "MAX_LINE", 1 << 20)
    with pytest.raises(TrialError, match="longer than 1 MiB"):
        begin(script("exec cat /dev/zero")).step()


def test_a_script_without_its_first_line(tmp_path: Path, begin: Any) -> None:
    (file := tmp_path / "train").write_text("echo no\n")
    file.chmod(0o755)
    with pytest.raises(TrialError, match=r"train cannot be started: Exec format error; a script"):
        begin(command(tmp_path, "./train")).step()


# -- the end of processes ------------------------------------------------------------------


def family() -> list[psutil.Process]:
    # Other tests' libraries may have left helpers, but none that leads a session of its own.
    children = psutil.Process().children()
    (program,) = (child for child in children if os.getsid(child.pid) == child.pid)
    return [program, *program.children(recursive=True)]


def assert_gone(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + 5
    while any(map(lives, processes)):
        assert time.monotonic() < deadline, [p for p in processes if lives(p)]
        time.sleep(0.01)


def lives(process: psutil.Process) -> bool:
    """A dead orphan is a zombie until the first process of the machine waits for it."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_deaf_program_is_ended_even_if_closing_is_cut_off(script: Any, begin: Any) -> None:
    trial = begin(script("trap '' TERM; echo '{\"loss\": 1}'; while :; do sleep 600; done"))
    trial.step()
    processes = family()

    def cut(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, cut)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            trial.close()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert_gone(processes)


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"], ids=["obedient", "deaf"])
def test_ends_all(script: Any, begin: Any, monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    monkeypatch.setattr(_process, "GRACE_S", 0.3)
    trial = begin(script(f"{trap} sleep 600 & sh -c 'sleep 700; :' & echo '{{\"loss\": 1}}'; wait"))
    trial.step()
    deadline = time.monotonic() + 5
    while len(processes := family()) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(processes) == 4
    trial.close()
    assert_gone(processes)
    trial.close()


def test_children_of_an_ended_program_are_ended(script: Any, begin: Any, tmp_path: Path) -> None:
    waits = "while [ ! -e go ]; do sleep 0.02; done"
    trial = begin(script(f"sleep 600 >&- & echo $! > pid; echo '{{\"loss\": 1}}'; {waits}; exit 1"))
    trial.step()
    child = psutil.Process(int((tmp_path / "pid").read_text()))
    (tmp_path / "go").touch()
    with pytest.raises(TrialError, match="exit code 1"):
        trial.step()
    assert_gone([child])


def test_a_program_may_end_in_order(script: Any, begin: Any, tmp_path: Path) -> None:
    trial = begin(script("trap 'touch cleaned; exit' TERM; echo '{\"loss\": 1}'; sleep 600 & wait"))
    trial.step()
    trial.close()
    assert (tmp_path / "cleaned").exists()


def test_closing_before_the_first_step_starts_nothing(script: Any, tmp_path: Path) -> None:
    script("touch started").start({"lr": 0.5}, 7).close()
    assert not (tmp_path / "started").exists()


def test_a_program_of_a_killed_worker_ends_at_its_next_line(script: Any, tmp_path: Path) -> None:
    script("echo $$ > pid; while :; do echo '{\"loss\": 1}'; sleep 0.05; done")
    worker = (
        "from hpobench.problems.general.command import Command\n"
        "import os, signal\n"
        f"trial = Command(run=['./program'], space={LR!r}, steps=3).start({{'lr': 0.5}}, 0)\n"
        "trial.step()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    python("-c", worker, cwd=tmp_path, code=-signal.SIGKILL)
    pid = int((tmp_path / "pid").read_text())
    if psutil.pid_exists(pid):
        assert_gone([psutil.Process(pid)])


# -- which program -------------------------------------------------------------------------


def test_paths_stay_in_the_folder(tmp_path: Path) -> None:
    (inside := tmp_path / "suite").mkdir()
    (tmp_path / "outside").write_text("#!/bin/sh\n")
    (inside / "link").symlink_to(tmp_path / "outside")
    for run in ("../outside", "./link"):
        with pytest.raises(UsageError, match=f"'{run}' leaves the suite's folder; give the abs"):
            command(inside, run).fingerprint()


def test_programs_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("#!/bin/sh\n")
    for run in ("./tarin", "/no/tarin", "./"):
        with pytest.raises(UsageError, match=f"'{run}': no such file in "):
            command(tmp_path, run).start({"lr": 0.5}, 0)
    with pytest.raises(UsageError, match=r"not executable; chmod .* like \[python3, ./train\]"):
        command(tmp_path, "./train").fingerprint()
    with pytest.raises(NotAvailableError, match=r"PATH has no program 'train'; .* write ./train"):
        command(tmp_path, "train").fingerprint()


def test_absolute_paths_and_names_on_the_path_are_taken_as_they_are(tmp_path: Path) -> None:
    assert command(tmp_path, "/bin/sh").program.argv() == ["/bin/sh"]
    assert command(tmp_path, "sh").program.argv() == [shutil.which("sh")]


def test_the_fingerprint_is_of_named_files_and_the_space(script: Any, tmp_path: Path) -> None:
    before = script("echo 1").fingerprint()
    assert script("echo 1").fingerprint() == before
    assert script("echo 2").fingerprint() != before
    (file := tmp_path / "train.py").write_text("1")
    of_script = command(tmp_path, "python3", "train.py", "x" * 5000)
    before = of_script.fingerprint()
    file.write_text("2")
    assert of_script.fingerprint() != before
    one, two = {"a": {"int": [1, 2]}}, {"b": {"int": [1, 2]}}
    prints = {
        command(tmp_path, "sh", space=space).fingerprint() for space in (one | two, two | one)
    }
    assert len(prints) == 2


# -- options -------------------------------------------------------------------------------


def test_a_space_as_people_write_it() -> None:
    assert parse_space(
        {
            "lr": {"float": [1e-4, 1], "log": True},
            "depth": {"int": [1, 12]},
            "size": {"ordinal": ["s", "m", "l"]},
            "kind": {"choice": ["sgd", "adam", 3, True]},
            "momentum": {"float": [0, 0.99], "when": {"kind": "sgd"}},
            "beta": {"float": [0, 1], "when": {"kind": ["adam", 3]}},
        }
    ) == Space(
        [
            Float("lr", 1e-4, 1.0, log=True),
            Int("depth", 1, 12),
            Ordinal("size", ("s", "m", "l")),
            Categorical("kind", ("sgd", "adam", 3, True)),
            Float("momentum", 0.0, 0.99, when=When("kind", ("sgd",))),
            Float("beta", 0.0, 1.0, when=When("kind", ("adam", 3))),
        ]
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ({}, "space: has no parameters; write"),
        ({"lr": [0, 1]}, r"space: 'lr' is \[0, 1\], not a parameter; write {float: \[low"),
        ({"lr": {"flaot": [0, 1]}}, "not a parameter; write"),
        ({"lr": {"float": [0, 1], "int": [0, 1]}}, "not a parameter; write"),
        ({"lr": {"float": [0, 1], "lgo": True}}, "'lr': unknown key 'lgo'; did you mean log"),
        ({"lr": {"choice": ["a"], "log": True}}, "'lr': unknown key 'log'"),
        ({"lr": {"float": 3}}, r"'lr' float is \[low, high\], two numbers, not 3"),
        ({"lr": {"float": [0, "1"]}}, r"two numbers, not \[0, \"1\"\]"),
        ({"lr": {"float": [0, True]}}, "two numbers"),
        ({"n": {"int": [0, 1.5]}}, r"two whole numbers, not \[0, 1.5\]"),
        ({"lr": {"float": [1, 0]}}, "space: 'lr' needs finite low < high"),
        ({"lr": {"float": [0, 1], "log": True}}, "log scale and needs low > 0"),
        ({"lr": {"float": [1, 2], "log": "yes"}}, "'lr' log is true or false, not \"yes\""),
        ({"k": {"choice": "a"}}, "'k' choice is a list of words, numbers or booleans, not \"a\""),
        ({"k": {"choice": ["a", None]}}, r"booleans, not \[\"a\", null\]"),
        ({"k": {"choice": []}}, "'k' has no choices"),
        ({"k": {"int": [0, 1], "when": "a"}}, "'k' when is like {parent: value}, not \"a\""),
        ({"k": {"int": [0, 1], "when": {"a": []}}}, "'k' when.a names no value"),
        ({"k": {"int": [0, 1], "when": {"a": {}}}}, "'k' when.a is a list of words"),
        ({"k": {"int": [0, 1], "when": {"a": 1}}}, "'k' depends on 'a', which must stand before"),
    ],
)
def test_spaces_that_are_none(text: dict[str, Any], told: str) -> None:
    with pytest.raises(SpaceError, match=told):
        parse_space(text)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"run": []}, r"run is a program and its arguments, like \[./train, --fast\]"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"cpu": -1.0}, "cpu must be at least 0, not -1"),
        ({"mutable": ["rl"]}, "unknown mutable parameter 'rl'; did you mean lr"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Command(**{"run": ["train"], "space": LR} | options)


def test_a_suite_sets_them(tmp_path: Path) -> None:
    (file := tmp_path / "suite.yaml").write_text(
        "name: mine\nsearchers: [random]\nseeds: 1\nbudget: {trials: 3}\nproblems:\n"
        "  - command:\n"
        "      as: train\n"
        "      run: [./train, --depth, 3]\n"
        "      space: {lr: {float: [1e-4, 1], log: true}, kind: {choice: [a, b]}}\n"
        "      steps: 10\n      resource: epoch\n      cpu: 2\n      mutable: [lr]\n"
    )
    (ref,) = load_suite(file).problems
    problem = Command(**ref.options)
    assert problem.run == ["./train", "--depth", "3"]
    assert problem.space == Space(
        [Float("lr", 1e-4, 1.0, log=True), Categorical("kind", ("a", "b"))]
    )
    assert (problem.fidelity.name, problem.fidelity.steps) == ("epoch", 10)
    assert (problem.resources.cpu, problem.resources.gpu) == (2.0, 0.0)
    assert [parameter.name for parameter in problem.mutable_parameters] == ["lr"]
