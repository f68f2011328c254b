"""Starting a local Ray: slowly, in vain, and with nothing left of it in this process."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import RayError
from hpobench.running.cluster import connect
from hpobench.running.cluster.connect import LOCAL, connected

NOTE = "ray/ray_current_cluster"
SLOW = "The current node timed out during startup. This could happen because ..."


def failing(monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> list[Any]:
    """Let starts of Ray fail with ``errors``; returns the options of all starts."""
    starts: list[Any] = []
    real: Callable[..., Any] = connect._initialised

    def start(**options: Any) -> Any:
        starts.append(options)
        if errors:
            raise errors.pop()
        return real(**options)

    monkeypatch.setattr(connect, "_initialised", start)
    return starts


def test_a_slow_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = failing(monkeypatch, [Exception(SLOW), TimeoutError()])
    before = dict(os.environ)
    with connected(LOCAL, 1) as ray:
        assert ray.get(ray.remote(lambda: 5).remote()) == 5
    assert len(starts) == 3
    assert {"RAY_AUTH_TOKEN", "HPOBENCH_SESSION"} & (os.environ.keys() - before.keys()) == set()
    assert len({options["_temp_dir"] for options in starts}) == 3


def test_a_start_that_is_always_slow_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = failing(monkeypatch, [Exception(SLOW) for _ in range(9)])
    with pytest.raises(RayError, match=r"Ray does not start on this machine: .*timed out"):
        connected(LOCAL, 1).__enter__()
    assert len(starts) == connect._STARTS


def test_other_reasons_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = failing(monkeypatch, [PermissionError("not here")])
    with pytest.raises(RayError, match="PermissionError: not here; its logs are in /"):
        connected(LOCAL, 1).__enter__()
    assert len(starts) == 1


def test_a_signal_waits_until_ray_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    ended: list[bool] = []
    real = ray.shutdown

    def end() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        real()
        ended.append(ray.is_initialized())

    monkeypatch.setattr(ray, "shutdown", end)
    with pytest.raises(KeyboardInterrupt), connected(LOCAL, 1):
        pass
    assert ended == [False]


def test_a_signal_ends_a_start_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    starts: list[Any] = []

    def fail(**options: Any) -> Any:
        starts.append(options)
        os.kill(os.getpid(), signal.SIGINT)
        raise TimeoutError(SLOW)

    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(KeyboardInterrupt):
        connected(LOCAL, 1).__enter__()
    assert len(starts) == 1


def test_auto_is_the_latest_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._common.utils import get_ray_address_file

    for name in ("TMPDIR", "RAY_TMPDIR"):  # the second counts more
        folder = tmp_path / name
        (folder / NOTE).parent.mkdir(parents=True)
        (folder / NOTE).write_text(f"{name}:6379\n")
        monkeypatch.setenv(name, str(folder))
        assert get_ray_address_file(None) == str(folder / NOTE)
        assert connect._last_started() == f"{name}:6379"


def test_ipv6_is_looked_up_without_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def create(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(address)
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", create)
    connect._probe("[::1]:6379")
    assert asked == [("::1", 6379)]
