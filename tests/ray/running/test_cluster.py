"""Starting a local Ray: slowly, in vain, and with nothing left of it in this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from hpobench.contract.errors import RayError
from hpobench.running import cluster
from hpobench.running.cluster import LOCAL, connected

SLOW = "The current node timed out during startup. This could happen because ..."


def failing(monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> list[Any]:
    """Let starts of Ray fail with ``errors``; returns the options of all starts."""
    starts: list[Any] = []
    real: Callable[..., Any] = cluster._initialised

    def start(**options: Any) -> Any:
        starts.append(options)
        if errors:
            raise errors.pop()
        return real(**options)

    monkeypatch.setattr(cluster, "_initialised", start)
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
    assert len(starts) == cluster._STARTS


def test_other_reasons_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = failing(monkeypatch, [PermissionError("not here")])
    with pytest.raises(RayError, match="PermissionError: not here; its logs are in /"):
        connected(LOCAL, 1).__enter__()
    assert len(starts) == 1
