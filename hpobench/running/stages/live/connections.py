"""The connections of one live cell to the workers that train for it."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import secrets
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from hpobench.contract.errors import CellError
from hpobench.contract.training import TrainedProblem
from hpobench.running.ray.servers import MARK
from hpobench.running.stages.live.trainer import Trainer
from hpobench.running.stages.live.wire import break_off, hang_up, receive, send, welcome

_CHECK_S = 0.5
"""How often workers that are not connected are checked."""
_MAX_FAILED_CALLS = 20
"""After so many calls in a row a worker counts as unable to reach the cell."""
_MAX_CALLERS = 64
"""How many may be proving at once that they know the key. Workers take milliseconds, so that it is
the one who has taken longest that must leave."""
_PAUSE_S = 0.1
_NOTHING_S = 0.01
_RELEASE_S = 3.0
"""How long a worker may take to leave a cell that disconnected it; then its process is killed."""


Answer: TypeAlias = tuple["Link", dict[str, Any] | None, bytes]
"""The answer of a link and the state that came with it; ``None`` for a link that broke."""


class Link:
    """A connected worker. ``job`` is what it works on, if anything, and ``reached`` the last step
    that has arrived of it."""

    def __init__(self, connection: Any, number: int) -> None:
        self.connection, self.number = connection, number
        self.job: object | None = None
        self.reached = 0

    def order(self, header: dict[str, Any], state: bytes = b"") -> None:
        """Send an order. A worker that is gone is noticed by :meth:`Connections.wait`."""
        with contextlib.suppress(OSError):
            send(self.connection, header, state)


class Connections(ABC):
    """The workers that train for a cell."""

    links: Sequence[Link]
    """Those that are connected now."""

    @abstractmethod
    def wait(self, timeout: float) -> list[Answer]:
        """Answers that have arrived, after at most ``timeout`` seconds (maybe none). A link that
        broke is no longer among ``links``."""

    @abstractmethod
    def disconnect(self, link: Link) -> None:
        """Close ``link``, which ends what its worker is doing."""

    @abstractmethod
    def why_lost(self, link: Link) -> str:
        """The reason why the connection of ``link`` broke."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect all workers."""


class _Here(Link):
    """The link to a worker in this process. An order waits until the cell is idle."""

    waiting: tuple[dict[str, Any], bytes] | None = None

    def order(self, header: dict[str, Any], state: bytes = b"") -> None:
        self.waiting = header, state


class HereConnections(Connections):
    """One worker, in the process of the cell itself, which trains while the cell waits. Signals
    pass through what it trains."""

    def __init__(self, problem: TrainedProblem) -> None:
        self._trainer = Trainer(problem, 0.0, ending=lambda: True)
        self.links: list[_Here] = [_Here(None, 0)]

    def wait(self, timeout: float) -> list[Answer]:
        link = self.links[0]
        if link.waiting is None:
            time.sleep(min(timeout, _NOTHING_S))
            return []
        (header, state), link.waiting = link.waiting, None
        return [(link, *self._trainer.execute(header, state))]

    def disconnect(self, link: Link) -> None:  # noqa: ARG002 - there is only one
        # What the link was ordered to do is dropped; another one takes its place.
        self.links = [_Here(None, 0)]

    def why_lost(self, link: Link) -> str:
        raise AssertionError(f"worker {link.number} is this process, which goes on")

    def close(self) -> None:
        self._trainer.close()


class WorkerConnections(Connections):
    """Calls the Ray actors ``handles`` to serve this cell, and speaks with those that connect. Ray
    restarts a worker that died, elsewhere if need be, and starts one that found no room as soon as
    there is some. A worker is called again until it connects."""

    def __init__(self, ray: Any, handles: Sequence[Any], problem: Any, pace: float) -> None:
        self._ray, self._handles = ray, handles
        self._problem_and_pace = problem, pace
        self._key = secrets.token_bytes(32)
        # Where all workers are on this machine, nobody else can even try to connect.
        host = "127.0.0.1" if MARK in os.environ else ray.util.get_node_ip_address()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=_MAX_CALLERS)
        self._address: tuple[str, int] = self._listener.getsockname()[:2]
        self._callers: deque[socket.socket] = deque()
        self._accepted: queue.SimpleQueue[tuple[Connection, int]] = queue.SimpleQueue()
        self._wake_up, self._waker = os.pipe()
        self._closing = False
        self._open = threading.Lock()  # held while something is written to the waker
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        self.links: list[Link] = []
        self._serving: dict[int, Any] = {}
        self._disconnected_at: dict[int, float] = {}
        self._failed_calls: Counter[int] = Counter()
        """Calls that a worker has returned from without connecting, since it last was connected."""
        self._checked_at = 0.0
        self._check_workers()

    def _accept(self) -> None:
        while not self._closing:
            try:
                caller, _ = self._listener.accept()
            except OSError:  # it has left already, or the process has no file descriptor to spare
                time.sleep(_PAUSE_S)
                continue
            self._callers.append(caller)
            if len(self._callers) > _MAX_CALLERS:
                break_off(self._callers.popleft())
            threading.Thread(target=self._welcome, args=(caller,), daemon=True).start()

    def _welcome(self, caller: socket.socket) -> None:
        """Let ``caller`` in if it knows the key. Callers that say nothing keep nobody waiting."""
        with caller, contextlib.suppress(OSError):
            connection, number = welcome(caller, self._key)
            with self._open:
                if self._closing:
                    connection.close()
                else:
                    self._accepted.put((connection, number))
                    os.write(self._waker, b"!")
        with contextlib.suppress(ValueError):
            self._callers.remove(caller)

    def _check_workers(self) -> None:
        """Call the workers that do not serve, and cut the links to those that Ray has lost. A node
        that loses its power or its network does not close its connections."""
        now = time.monotonic()
        if now - self._checked_at < _CHECK_S:
            return
        self._checked_at = now
        for link in self.links:
            if self._ended(link.number):
                hang_up(link.connection)
        here = {link.number for link in self.links}
        problem, pace = self._problem_and_pace
        for number, handle in enumerate(self._handles):
            if number not in here and self._must_be_called(number):
                self._serving[number] = handle.serve.remote(
                    problem, self._address, self._key, number, pace
                )

    def _must_be_called(self, number: int) -> bool:
        """Whether a worker must be called (again). Raises :class:`CellError` if it cannot serve."""
        if number not in self._serving:
            return True
        if self._ended(number):
            came = self._disconnected_at.pop(number, None) is not None
            if self._reason(number) is None and not came:
                self._failed_calls[number] += 1
                if self._failed_calls[number] >= _MAX_FAILED_CALLS:
                    host, port = self._address
                    raise CellError(
                        f"a worker cannot connect to the cell at {host}:{port}; the nodes of the "
                        "cluster must reach each other at any port, as Ray itself asks for"
                    )
            return True
        if time.monotonic() - self._disconnected_at.get(number, math.inf) > _RELEASE_S:
            self._disconnected_at.pop(number)
            self._ray.kill(self._handles[number], no_restart=False)
        return False

    def _ended(self, number: int) -> bool:
        """Whether Ray knows that a worker has stopped serving."""
        return bool(self._ray.wait([self._serving[number]], timeout=0)[0])

    def _reason(self, number: int) -> str | None:
        """Ray's reason why a worker left; ``None`` if it simply returned."""
        try:
            self._ray.get(self._serving[number], timeout=_RELEASE_S)
        except self._ray.exceptions.RayTaskError as error:
            raise CellError(f"a worker cannot serve the cell: {error.cause}") from error
        except self._ray.exceptions.ActorDiedError as error:  # it would be Unavailable otherwise
            raise CellError(f"Ray cannot start or restart a worker: {error}") from error
        except self._ray.exceptions.RayError as error:
            return " ".join(str(error).split())
        return None

    def disconnect(self, link: Link) -> None:
        link.connection.close()
        self.links.remove(link)
        self._disconnected_at[link.number] = time.monotonic()

    def why_lost(self, link: Link) -> str:
        return self._reason(link.number) or "its connection ended"

    def wait(self, timeout: float) -> list[Answer]:
        self._check_workers()
        sources: list[Any] = [link.connection for link in self.links]
        ready = wait([*sources, self._wake_up], min(timeout, _CHECK_S))
        answers: list[Answer] = []
        for link in [link for link in self.links if link.connection in ready]:
            try:
                answers.append((link, *receive(link.connection)))
            except (EOFError, OSError):
                self.disconnect(link)
                answers.append((link, None, b""))
        if self._wake_up in ready:
            os.read(self._wake_up, 1)
            link = Link(*self._accepted.get())
            self.links.append(link)
            del self._failed_calls[link.number]
        return answers

    def close(self) -> None:
        """Disconnect all workers, and kill those that do not leave."""
        with self._open:
            self._closing = True
        for link in list(self.links):
            self.disconnect(link)
        with contextlib.suppress(OSError):
            socket.create_connection(self._address, timeout=1).close()
        self._acceptor.join(1)
        self._listener.close()
        for caller in list(self._callers):
            break_off(caller)
        os.close(self._waker)
        os.close(self._wake_up)
        if references := list(self._serving.values()):
            _, stuck = self._ray.wait(references, num_returns=len(references), timeout=_RELEASE_S)
            for number, reference in self._serving.items():
                if reference in stuck:
                    self._ray.kill(self._handles[number], no_restart=False)
