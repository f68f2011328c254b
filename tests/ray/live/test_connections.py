"""Connections to workers over a stand-in for Ray: what happens when Ray says a worker is gone."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ray import exceptions

from hpobench.api import Problem
from hpobench.contract.errors import CellError
from hpobench.running.ray.servers import MARK
from hpobench.running.stages.live import connections as module
from hpobench.running.stages.live import wire
from hpobench.running.stages.live.connections import WorkerConnections
from hpobench.running.stages.live.wire import call, receive, send
from tests.support.night import night


class Ray:
    """As much of Ray as the connections need; references are the workers' numbers."""

    util = SimpleNamespace(get_node_ip_address=lambda: "127.0.0.1")
    exceptions = exceptions

    def __init__(self) -> None:
        self.ended: dict[Any, Any] = {}

    def wait(self, references: Any, num_returns: int = 1, timeout: Any = None) -> tuple[Any, ...]:
        ready = [r for r in references if r in self.ended]
        return ready, [r for r in references if r not in ready]

    def get(self, reference: Any, timeout: Any = None) -> None:
        if self.ended[reference] is not None:
            raise self.ended[reference]

    def kill(self, handle: Any, *, no_restart: Any) -> None:
        assert not no_restart


class Handle:
    """A worker that comes when it is called and then says what it hears, if anything."""

    def __init__(self, *, mute: bool = False) -> None:
        self.mute, self.called = mute, 0
        self.serve = SimpleNamespace(remote=self._serve)

    def _serve(self, problem: Problem, address: Any, key: Any, number: int, pace: Any) -> int:
        self.called += 1
        threading.Thread(target=self._work, args=(address, key, number), daemon=True).start()
        return number

    def _work(self, address: Any, key: Any, number: int) -> None:
        with contextlib.suppress(EOFError, OSError), call(address, key, number) as connection:
            while True:
                header, state = receive(connection)
                if not self.mute:
                    send(connection, header, state)


@pytest.fixture
def gathered() -> Iterator[Any]:
    """Makes connections to those handles, all of them connected."""
    with contextlib.ExitStack() as stack:

        def gather(ray: Any, *handles: Any) -> WorkerConnections:
            connections = stack.enter_context(
                contextlib.closing(WorkerConnections(ray, handles, "{}", 1.0))
            )
            deadline = time.monotonic() + 20
            while len(connections.links) < len(handles) and time.monotonic() < deadline:
                assert connections.wait(0.1) == []
            assert len(connections.links) == len(handles)
            return connections

        yield gather


def answers(connections: Any) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if found := connections.wait(0.1):
            return found
    raise AssertionError("nobody answers")


def test_orders_and_answers(gathered: Any) -> None:
    ray, handle = Ray(), Handle()
    connections = gathered(ray, handle)
    link = connections.links[0]
    link.order({"job": 7}, b"state")
    assert answers(connections) == [(link, {"job": 7}, b"state")]
    ray.ended[0] = None


def test_a_worker_that_never_hangs_up_is_let_go_when_ray_has_lost_it(gathered: Any) -> None:
    """As after a loss of power: the connection stands, and nothing comes."""
    ray, handle = Ray(), Handle(mute=True)
    connections = gathered(ray, handle)
    link = connections.links[0]
    link.order({"job": 7})
    assert connections.wait(0.1) == []
    ray.ended[0] = exceptions.ActorUnavailableError("its node is gone", b"0" * 16)
    assert answers(connections) == [(link, None, b"")]
    assert connections.links == []
    assert "its node is gone" in connections.why_lost(link)
    deadline = time.monotonic() + 20
    while handle.called < 2 and time.monotonic() < deadline:
        connections.wait(0.1)
    assert handle.called >= 2  # and called again


def test_a_worker_that_cannot_be_restarted_ends_the_cell(gathered: Any) -> None:
    ray, handle = Ray(), Handle()
    connections = gathered(ray, handle)
    wire.hang_up(connections.links[0].connection)
    ray.ended[0] = exceptions.ActorDiedError()
    with pytest.raises(CellError, match="Ray cannot start or restart a worker: The actor died"):
        all(connections.wait(0.1) is not None for _ in range(100))


def test_somebody_without_the_key_is_not_let_in(gathered: Any) -> None:
    ray, handle = Ray(), Handle()
    connections = gathered(ray, handle)
    with pytest.raises(ConnectionError):
        call(connections._address, b"guessed", 0)
    connections.links[0].order({"job": 1})
    assert [header for _, header, _ in answers(connections)] == [{"job": 1}]
    assert len(connections.links) == 1
    ray.ended[0] = None


GARBAGE = {
    "nothing": b"",
    "half a handshake": b"x" * 20,
    "another protocol": b"GET / HTTP/1.1\r\n\r\n" * 100,
    "a pickle": b"\x80\x04\x95" + b"cos\nsystem\n(S'exit'\ntR." * 5,
}


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("count", [pytest.param(1, marks=night), 300])
def test_strangers_keep_nobody_waiting(gathered: Any, said: bytes, count: int) -> None:
    """However many connect, and whatever they say before they are silent."""
    ray, handle = Ray(), Handle()
    connections = gathered(ray, handle)
    with contextlib.ExitStack() as strangers:
        for _ in range(count):
            stranger = strangers.enter_context(socket.create_connection(connections._address))
            with contextlib.suppress(OSError):  # it is refused already
                stranger.sendall(said)
        wire.hang_up(connections.links[0].connection)
        assert answers(connections)[0][1] is None
        ray.ended[0] = None
        begin = time.monotonic()
        while not connections.links:
            connections.wait(0.1)
        assert time.monotonic() - begin < wire.HANDSHAKE_S
        connections.links[0].order({"job": 2})
        assert [header for _, header, _ in answers(connections)] == [{"job": 2}]
        assert len(connections._callers) <= module._MAX_CALLERS


def test_a_silent_stranger_is_sent_away(gathered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HANDSHAKE_S", 0.2)
    ray = Ray()
    with socket.create_connection(gathered(ray, Handle())._address) as stranger:
        stranger.settimeout(20)
        while stranger.recv(100):
            pass
    ray.ended[0] = None


def test_a_local_ray_is_reached_by_nobody(gathered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = Ray()
    monkeypatch.setattr(ray, "util", SimpleNamespace(get_node_ip_address=lambda: "192.0.2.9"))
    monkeypatch.setenv(MARK, "/tmp/some")
    assert gathered(ray, Handle())._address[0] == "127.0.0.1"
    ray.ended[0] = None


def test_a_worker_that_cannot_reach_the_cell_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHECK_S", 0.0)
    ray, calls = Ray(), []

    class Unreachable:
        """Returns from every call at once, as a worker that finds nobody at the address."""

        class serve:
            @staticmethod
            def remote(problem: Problem, address: Any, key: Any, number: int, pace: Any) -> int:
                calls.append(number)
                ray.ended[number] = None
                return number

    def wait_for_it(connections: WorkerConnections) -> None:
        while len(calls) < 100:
            connections.wait(0.0)

    with contextlib.closing(WorkerConnections(ray, [Unreachable()], "{}", 1.0)) as connections:
        with pytest.raises(CellError, match=r"cannot connect to the cell at 127\.0\.0\.1:\d+"):
            wait_for_it(connections)
        assert len(calls) == module._MAX_FAILED_CALLS
