"""The workers of one live cell, seen from the cell."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, wait
from typing import Any

from hpobench.contract.errors import CellError
from hpobench.running.stages.live.wire import receive, send, undelayed

_LOOK_S = 0.5
"""How often workers that are not connected are looked after."""
_VAIN_CALLS = 20
"""In a row, after which a worker counts as unable to reach the cell."""
_DISMISS_S = 3.0
"""How long a worker may take to let go of a cell that hung up; then its process is killed."""


class Link:
    """A connected worker. ``job`` is what it works on, if anything, and ``reached`` the last step
    of it that has arrived."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection, self.number = connection, number
        self.job: object | None = None
        self.reached = 0

    def order(self, header: dict[str, Any], state: bytes = b"") -> None:
        """Send an order; a worker that is gone is noticed when its answer is waited for."""
        with contextlib.suppress(OSError):
            send(self.connection, header, state)

    def cut(self) -> None:
        """Break the connection; that is noticed like any other break."""
        with (
            contextlib.suppress(OSError),
            socket.socket(fileno=os.dup(self.connection.fileno())) as twin,
        ):
            twin.shutdown(socket.SHUT_RDWR)


class Crew:
    """Calls ``handles``, Ray actors of :class:`hpobench.running.stages.live.worker.Worker`, to serve this cell.

    Ray starts a worker that died anew, elsewhere if need be, and one that found no room as soon
    as there is some; it is called again until it comes.
    """

    def __init__(self, ray: Any, handles: Sequence[Any], problem: str, pace: float) -> None:
        self._ray, self._handles = ray, handles
        self._terms = problem, pace
        self._key = secrets.token_bytes(32)
        self._listener = Listener((ray.util.get_node_ip_address(), 0), authkey=self._key)
        self._arrived: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._wake_up, self._waker = os.pipe()
        self._closing = False
        self._door = threading.Thread(target=self._welcome, daemon=True)
        self._door.start()
        self.links: list[Link] = []
        self._serving: dict[int, Any] = {}
        self._hung_up: dict[int, float] = {}
        self._vain: Counter[int] = Counter()
        """Calls that a worker has returned from, since it was last here, without coming."""
        self._looked = 0.0
        self._look_after()

    # -- coming and going ------------------------------------------------------------------

    def _welcome(self) -> None:
        while not self._closing:
            # Refused: someone without the key, or who hung up at once.
            with contextlib.suppress(OSError, EOFError, AuthenticationError):
                self._arrived.put(undelayed(self._listener.accept()))
                os.write(self._waker, b"!")

    def _look_after(self) -> None:
        """Call the workers that do not serve; let go of those that Ray has lost.

        A node that loses its power or its network does not hang up.
        """
        now = time.monotonic()
        if now - self._looked < _LOOK_S:
            return
        self._looked = now
        for link in self.links:
            if self._ended(link.number):
                link.cut()
        here = {link.number for link in self.links}
        for number, handle in enumerate(self._handles):
            if number in here or not self._has_left(number):
                continue
            problem, pace = self._terms
            self._serving[number] = handle.serve.remote(
                problem, self._listener.address, self._key, number, pace
            )

    def _has_left(self, number: int) -> bool:
        """Whether a worker needs to be called; raises :class:`CellError` if it cannot serve."""
        if number not in self._serving:
            return True
        if self._ended(number):
            came = self._hung_up.pop(number, None) is not None
            if self._reason(number) is None and not came:
                self._note_vain_call(number)
            return True
        if time.monotonic() - self._hung_up.get(number, math.inf) > _DISMISS_S:
            self._hung_up.pop(number)
            self._ray.kill(self._handles[number], no_restart=False)
        return False

    def _note_vain_call(self, number: int) -> None:
        self._vain[number] += 1
        if self._vain[number] >= _VAIN_CALLS:
            host, port = self._listener.address
            raise CellError(
                f"a worker cannot connect to the cell at {host}:{port}; the nodes of the cluster "
                "must reach each other at any port, as Ray itself asks for"
            )

    def _ended(self, number: int) -> bool:
        """Whether a worker's service is over, as far as Ray knows."""
        return bool(self._ray.wait([self._serving[number]], timeout=0)[0])

    def _reason(self, number: int) -> str | None:
        """Why a worker left, as Ray tells it; ``None`` if it simply returned."""
        try:
            self._ray.get(self._serving[number], timeout=_DISMISS_S)
        except self._ray.exceptions.RayTaskError as error:
            raise CellError(f"a worker cannot serve the cell: {error.cause}") from error
        except self._ray.exceptions.ActorDiedError as error:  # it would be Unavailable otherwise
            raise CellError(f"Ray cannot start or restart a worker: {error}") from error
        except self._ray.exceptions.RayError as error:
            return " ".join(str(error).split())
        return None

    def hang_up(self, link: Link) -> None:
        """Cut off what ``link`` is doing; it comes back by itself."""
        link.connection.close()
        self.links.remove(link)
        self._hung_up[link.number] = time.monotonic()

    def why_lost(self, link: Link) -> str:
        """Why ``link``, whose connection broke, is gone."""
        return self._reason(link.number) or "its connection ended"

    # -- messages --------------------------------------------------------------------------

    def wait(self, timeout: float) -> list[tuple[Link, dict[str, Any] | None, bytes]]:
        """Answers that have come, at the latest after ``timeout`` seconds (maybe none).

        An answer of ``None`` says that the link broke; it is removed from ``links``.
        """
        self._look_after()
        sources: list[Any] = [link.connection for link in self.links]
        ready = wait([*sources, self._wake_up], min(timeout, _LOOK_S))
        answers = [self._hear(link) for link in list(self.links) if link.connection in ready]
        if self._wake_up in ready:
            self._greet()
        return answers

    def _hear(self, link: Link) -> tuple[Link, dict[str, Any] | None, bytes]:
        try:
            return (link, *receive(link.connection))
        except (EOFError, OSError):
            self.hang_up(link)
            return link, None, b""

    def _greet(self) -> None:
        os.read(self._wake_up, 1)
        connection = self._arrived.get()
        with contextlib.suppress(EOFError, OSError):
            hello, _ = receive(connection)
            self.links.append(Link(connection, hello["worker"]))
            del self._vain[hello["worker"]]

    def close(self) -> None:
        """Hang up on everybody, and make sure that they notice."""
        self._closing = True
        for link in list(self.links):
            self.hang_up(link)
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.address, timeout=1).close()
        self._door.join(1)
        self._listener.close()
        os.close(self._waker)
        os.close(self._wake_up)
        if not self._serving:
            return
        references = list(self._serving.values())
        _, stuck = self._ray.wait(references, num_returns=len(references), timeout=_DISMISS_S)
        for number, reference in self._serving.items():
            if reference in stuck:
                self._ray.kill(self._handles[number], no_restart=False)
