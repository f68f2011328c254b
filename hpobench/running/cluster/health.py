"""Notices that Ray is lost, also while a call to it waits for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, TypeVar

from hpobench.contract.errors import RayError
from hpobench.running.ray.servers import ended_servers, has_own_servers

T = TypeVar("T")

_LOOK_S, _LAST_S = 0.25, 1.0
_PROBE_EVERY_S, _PROBE_S, _UNREACHABLE_S = 2.0, 2.0, 15.0
_SILENCE_S = 180.0
"""After so long a step counts as stuck. The slowest start workers, or wait for a busy head."""
_LEAVING_S = 3.0
_DYING_S = 0.5
"""How long after a cell's process Ray's servers may be seen to have died."""


class LostRayError(RayError):
    """Ray is lost: what ran on it has no outcome. ``logs`` is where Ray's logs are, if known."""

    logs: Path | None = None


class Health:
    """Says what has happened to the connected ``ray``."""

    def __init__(self, ray: Any) -> None:
        self._address: tuple[str, int] | None = None
        # Under ray:// the head may be out of reach.
        if not has_own_servers() and not ray.util.client.ray.is_connected():
            host, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
            self._address = host.strip("[]"), int(port)
        self._probed = self._answered = time.monotonic()
        self._found: str | None = None

    def fault(self) -> str | None:
        """Why Ray is lost; ``None`` if nothing is known to be wrong."""
        if self._found:
            return self._found
        if ended := ended_servers():
            names = " and ".join(ended)
            self._found = f"Ray's {names} on this machine died (killed, or out of memory)"
            return self._found
        now = time.monotonic()
        if self._address and now - self._probed >= _PROBE_EVERY_S:
            self._probed = now
            with contextlib.suppress(OSError):
                socket.create_connection(self._address, timeout=_PROBE_S).close()
                self._answered = time.monotonic()
        if self._address and self._probed - self._answered >= _UNREACHABLE_S:
            host, port = self._address
            self._found = f"the head of the Ray cluster at {host}:{port} does not answer any more"
        return self._found

    def fault_soon(self) -> str | None:
        """:meth:`fault`, with some patience: what died together is not seen to die at once."""
        end = time.monotonic() + _DYING_S
        while (fault := self.fault()) is None and time.monotonic() < end:
            time.sleep(_LOOK_S / 5)
        return fault

    def watch(self, steps: Iterator[T]) -> Iterator[T]:
        """What ``steps`` yields. Raises :class:`LostRayError` once Ray is lost. The steps run in
        threads, because some of Ray's calls never return when its head is gone."""
        while (value := self._next(steps)) is not None:
            yield value
            if self._found:
                raise LostRayError(self._found)

    def _next(self, steps: Iterator[T]) -> T | None:
        done: Future[T | None] = Future()

        def run() -> None:
            try:
                done.set_result(next(steps, None))
            except BaseException as error:
                done.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            begin = time.monotonic()
            # Waiting ends with the result, or with an error of the call itself.
            while not wait([done], _LAST_S if self._found else _LOOK_S).done:
                # One last moment, because the step may be about to hand over what has finished.
                if self._found:
                    raise LostRayError(self._found)
                if self.fault() is None and time.monotonic() - begin > _SILENCE_S:
                    self._found = f"Ray has not answered for {_SILENCE_S:g} s"
            return done.result()
        except BaseException:
            thread.join(_LEAVING_S)  # Ray crashes if it is shut down while a call returns
            raise
