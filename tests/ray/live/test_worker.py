"""A worker at the end of its line: what it answers, and that it lets go when the cell does."""

from __future__ import annotations

import json
import multiprocessing
import random
import secrets
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.api import Config
from hpobench.running.stages.live.ray_worker import Worker
from hpobench.running.stages.live.wire import call, receive, send, welcome
from tests import ROOT
from tests.ray.faults.live_chain import beginning, link, loss_of

CHAIN = Path(__file__).parents[1] / "faults" / "live_chain.py"
CONFIG: Config = {"x": 0.25, "lr": 0.1}
SEED = 5

ODD = """
import random, subprocess, sys, time
import numpy as np
from hpobench.api import *

class Odd(FunctionProblem):
    name = "odd"
    space = Space([Categorical("how", ("draw", "print", "nap", "sleep", "swallow"))])
    fidelity = Fidelity("step", 2)

    def train(self, config, seed):
        if config["how"] == "draw":
            yield random.random()
            yield np.random.random()
        if config["how"] == "print":
            # Where pytest has not put itself between.
            print("from Python", file=sys.__stdout__, flush=True)
            yield 1.0
            subprocess.run(["echo", "from a child"], check=True)
            yield 1.0
        if config["how"] == "nap":
            time.sleep(0.6)
            yield 1.0
        while True:
            try:
                time.sleep(60)
            except BaseException:
                if config["how"] == "sleep":
                    raise
"""


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "steps.log"
    monkeypatch.setenv("CHAIN_LOG", str(path))
    # The chain asks Ray for its node; there is none here.
    monkeypatch.setattr("ray.get_runtime_context", lambda: type("", (), {"get_node_id": str}))
    return path


def ref(file: Path, name: str, **options: Any) -> str:
    """JSON of a problem's use, as a worker gets it."""
    fields = {"kind": "problem", "name": name.lower(), "label": name.lower(), "cls": name}
    return json.dumps(fields | {"options": options, "file": str(file)})


def serve(problem: str, cell: Any) -> Any:
    """Let a worker of this process serve ``cell(connection)``, which runs in a thread; what that
    returns, once the worker has let go."""
    key, got = secrets.token_bytes(32), []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, number = welcome(listener.accept()[0], key)
            with connection:
                assert number == 3
                got.append(cell(connection))

        (thread := threading.Thread(target=speak)).start()
        Worker().serve(problem, listener.getsockname(), key, 3, 1.0)
        thread.join()
    return got[0]


def ask(connection: Any, order: Any, state: bytes = b"") -> tuple[Any, ...]:
    """The losses, the last message and the last state in answer to ``order``."""
    send(connection, order, state)
    losses, saved = [], b""
    while True:
        answer, state = receive(connection)
        losses += [loss for loss, *_ in answer["results"]]
        saved = state or saved
        if not answer.get("more"):
            return losses, answer, saved


def go_on(until: int, *, ahead: float = 0.0) -> dict[str, Any]:
    return {"job": 0, "until": until, "decided": 1, "ahead": ahead}


def begin(
    config: Config, *, step: int = 0, at: int = 0, until: Any, ahead: float = 0.0
) -> dict[str, Any]:
    trial = {"config": config, "under": config, "seed": SEED, "step": step, "at": at}
    return go_on(until, ahead=ahead) | {"begin": trial}


def expected(steps: int, config: Config = CONFIG) -> list[float]:
    state, losses = beginning(SEED), []
    for step in range(1, steps + 1):
        state = link(state, config)
        losses.append(loss_of(state, step, config))
    return losses


def executed(log: Any) -> list[Any]:
    return [json.loads(line)["step"] for line in log.read_text().splitlines()]


def test_a_trial_step_by_step_is_the_one_in_a_single_order(log: Any) -> None:
    def stepwise(connection: Any) -> Any:
        first, *_ = ask(connection, begin(CONFIG, until=1))
        return first + [loss for n in range(2, 6) for loss in ask(connection, go_on(n))[0]]

    def at_once(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, until=5, ahead=60.0))[0]

    problem = ref(CHAIN, "Chain", pause=0.001)
    assert serve(problem, stepwise) == serve(problem, at_once) == expected(5)
    assert executed(log) == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


def test_from_a_saved_state_only_what_is_missing_is_trained(log: Any) -> None:
    def first(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, until=3, ahead=60.0))

    def second(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, step=3, at=3, until=6, ahead=60.0), saved)[0]

    problem = ref(CHAIN, "Chain", pause=0.01)
    losses, _, saved = serve(problem, first)
    assert losses + serve(problem, second) == expected(6)
    assert executed(log) == [1, 2, 3, 4, 5, 6]


def test_without_a_state_finished_steps_are_trained_over_again_unseen(log: Any) -> None:
    def cell(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, step=3, until=5, ahead=60.0))

    losses, _, saved = serve(ref(CHAIN, "Chain", pause=0.001, saves=False), cell)
    assert losses == expected(5)[3:]
    assert saved == b""
    assert executed(log) == [1, 2, 3, 4, 5]


def test_it_trains_up_to_the_next_decision_and_sends_the_state_with_it(log: Any) -> None:
    def cell(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, until=9) | {"decided": 4, "save": True})

    def other(connection: Any) -> Any:
        return ask(connection, begin(CONFIG, step=4, at=4, until=6, ahead=60.0), saved)[0]

    problem = ref(CHAIN, "Chain", pause=0.001)
    losses, answer, saved = serve(problem, cell)
    assert (losses, answer["step"] + len(answer["results"])) == (expected(4), 5)
    assert serve(problem, other) == expected(6)[4:]
    assert executed(log) == [1, 2, 3, 4, 5, 6]


def test_another_trial_takes_the_place_of_the_first(log: Any) -> None:
    other: Config = {"x": 0.75, "lr": 0.01}

    def cell(connection: Any) -> Any:
        ask(connection, begin(CONFIG, until=2, ahead=60.0))
        return ask(connection, begin(other, until=2, ahead=60.0))[0]

    assert serve(ref(CHAIN, "Chain", pause=0.001), cell) == expected(2, other)


@pytest.fixture
def odd(tmp_path: Path) -> str:
    (path := tmp_path / "odd.py").write_text(ODD)
    return ref(path, "Odd")


def test_global_generators_are_the_trials_own(odd: Any) -> None:
    def alone(connection: Any) -> Any:
        return ask(connection, begin({"how": "draw"}, until=2, ahead=60.0))[0]

    def after_another(connection: Any) -> Any:
        ask(connection, begin({"how": "print"}, until=1))
        random.random()
        np.random.random()  # noqa: NPY002
        return alone(connection)

    assert serve(odd, alone) == serve(odd, after_another)


def test_prints_come_with_their_answers(odd: Any, capfd: pytest.CaptureFixture[str]) -> None:
    def cell(connection: Any) -> tuple[Any, ...]:
        first = ask(connection, begin({"how": "print"}, until=1))[1]["output"]
        return first, ask(connection, go_on(2))[1]["output"]

    assert serve(odd, cell) == ("from Python\n", "from a child\n")
    print("ours")
    assert capfd.readouterr().out == "ours\n"


def test_a_short_step_ends_by_itself_once_the_cell_has_hung_up(odd: Any) -> None:
    def cell(connection: Any) -> float:
        send(connection, begin({"how": "nap"}, until=2))
        time.sleep(0.3)
        return time.monotonic()

    hung_up = serve(odd, cell)
    assert 0.1 < time.monotonic() - hung_up < 10  # not the sixty seconds of the next


def test_what_trials_share_is_prepared_once_and_before_the_first_trial(tmp_path: Path) -> None:
    log = tmp_path / "prepared.log"
    method = (
        f"    def prepare(self):\n        with open({str(log)!r}, 'a') as log:\n"
        "            log.write('prepared ')\n\n    def train"
    )
    text = ODD.replace("class Odd", "class Prepared").replace('"odd"', '"prepared"')
    (file := tmp_path / "prepared.py").write_text(text.replace("    def train", method))

    def cell(connection: Any) -> tuple[Any, ...]:
        return log.read_text(), ask(connection, begin({"how": "draw"}, until=1))

    for _ in range(2):
        before, _ = serve(ref(file, "Prepared"), cell)
        assert before == "prepared "
    assert log.read_text() == "prepared "


def work(problem: str, address: Any, key: Any) -> None:
    sys.path.insert(0, str(ROOT))
    Worker().serve(problem, address, key, 3, 1.0)


@pytest.mark.parametrize("how", ["sleep", "swallow"])
def test_a_long_step_ends_with_the_process(odd: Any, how: str) -> None:
    key = secrets.token_bytes(32)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = multiprocessing.get_context("fork")
        (process := context.Process(target=work, args=(odd, listener.getsockname(), key))).start()
        connection, _ = welcome(listener.accept()[0], key)
        with connection:
            send(connection, begin({"how": how}, until=1))
            time.sleep(0.3)
        process.join(30)
    assert process.exitcode == 1


def test_a_cell_that_is_gone_is_no_error(odd: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    Worker().serve(odd, address, b"key", 3, 1.0)


def test_who_calls_without_the_key_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller, pytest.raises(ConnectionRefusedError, match="does not know the key"):
                welcome(caller, b"mine")

        (thread := threading.Thread(target=answer)).start()
        with pytest.raises(ConnectionError):
            call(listener.getsockname(), b"theirs", 0)
        thread.join()


def test_who_listens_without_the_key_is_not_obeyed() -> None:
    """For instance a stranger's program, on the port of a cell that has died."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(bytes(32))
                caller.sendall(caller.recv(100)[-32:])  # the worker's own proof is not the cell's

        (thread := threading.Thread(target=answer)).start()
        with pytest.raises(ConnectionRefusedError, match="the cell does not know the key"):
            call(listener.getsockname(), b"key", 0)
        thread.join()
