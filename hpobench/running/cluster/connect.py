"""Connects to Ray, on this machine alone or on a cluster, and notices that it is lost."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, TypeVar

from hpobench.contract.errors import RayError, UsageError
from hpobench.contract.package import VERSION
from hpobench.contract.signals import ENDING_SIGNALS
from hpobench.running.cells.containment import environment_of, process_environment
from hpobench.running.cluster.session import private_session
from hpobench.running.ray import servers

T = TypeVar("T")

LOCAL = "local"

_PROBE_S = 5.0
_STARTS = 4
_DISTRIBUTION = "hpobench"
_ANSWER_S = 30.0
"""How long a node may take to start a process and answer. A busy one is not waited for."""


_LOOK_S, _LAST_S = 0.25, 1.0
_LOOK_AT_HEAD_S, _HEAD_S, _UNREACHABLE_S = 2.0, 2.0, 15.0
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
        if not servers.has_own_servers() and not ray.util.client.ray.is_connected():
            host, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
            self._address = host.strip("[]"), int(port)
        self._probed = self._answered = time.monotonic()
        self._found: str | None = None

    def fault(self) -> str | None:
        """Why Ray is lost; ``None`` if nothing is known to be wrong."""
        if self._found:
            return self._found
        if ended := servers.ended_servers():
            names = " and ".join(ended)
            self._found = f"Ray's {names} on this machine died (killed, or out of memory)"
            return self._found
        now = time.monotonic()
        if self._address and now - self._probed >= _LOOK_AT_HEAD_S:
            self._probed = now
            with contextlib.suppress(OSError):
                socket.create_connection(self._address, timeout=_HEAD_S).close()
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


@contextlib.contextmanager
def connected(address: str, cpus: int | None = None) -> Iterator[Any]:
    """Ray, connected to ``address`` inside the block.

    A Ray that this process has initialised already is used, whatever the address, and left
    running. Otherwise ``local`` starts a Ray of its own on this machine with ``cpus`` slots (all
    of the machine's if ``None``), even where ``RAY_ADDRESS`` names a cluster; its files and its
    token are for this user alone and gone at the end. ``auto`` or an address connects to that
    cluster and raises :class:`RayError` when there is none.
    """
    running = running_ray()
    if cpus is not None and (running or address != LOCAL):
        raise UsageError("--cpus is for this machine; a cluster brings its own processors")
    if running:
        yield running
        return
    with _local(cpus) if address == LOCAL else _named(address) as ray:
        yield ray


def running_ray() -> Any:
    """The Ray that this process has initialised, or ``None``."""
    ray = sys.modules.get("ray")
    return ray if ray is not None and ray.is_initialized() else None


def needs_ray(stage: str, address: str | None) -> bool:
    """Whether cells of ``stage`` run on Ray: live ones do, and virtual ones where the user names an
    ``address`` or has initialised Ray. Others need no cluster. A process that has imported
    numerical libraries may be forked on Linux only."""
    virtual = stage == "virtual" and sys.platform == "linux"
    return not virtual or address is not None or running_ray() is not None


def starts_ray(address: str) -> bool:
    """Whether :func:`connected` would start a Ray of its own now."""
    return address == LOCAL and running_ray() is None


@contextlib.contextmanager
def _named(address: str) -> Iterator[Any]:
    _probe(address)
    with contextlib.suppress(RuntimeError, OSError):  # there is no home folder
        if "ray" not in sys.modules and (Path.home() / ".ray" / "auth_token").is_file():
            # ray 2.60 starts clusters with a token, but finds the mode out by itself only for
            # "auto", and decides on it when it is imported.
            os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        ray = _initialised(address=address, runtime_env=environment_of())
    except Exception as error:
        raise RayError(_unreachable(address, f"{type(error).__name__}: {error}")) from error
    try:
        _check_nodes(ray)
        yield ray
    finally:
        _shut_down(ray)


def _check_nodes(ray: Any) -> None:
    """Raise :class:`RayError` if a node of the cluster has another hpobench than this one, or none:
    all cells would fail there, or be those of another version."""
    distribution = _DISTRIBUTION

    # Ray sends a function within a function whole, so that it runs where there is no hpobench.
    def version() -> str | None:
        from importlib import metadata

        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return None

    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    remote = ray.remote(num_cpus=0, max_retries=0)(version)
    asked = {
        remote.options(scheduling_strategy=affinity(node["NodeID"], soft=True)).remote(): node
        for node in ray.nodes()
        if node["Alive"]
    }
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_ANSWER_S)
    for reference in answered:
        with contextlib.suppress(ray.exceptions.RayError):  # the node has died, or is no use
            if (found := ray.get(reference)) != VERSION:
                has = f"hpobench {found}" if found else "no hpobench in the Python of its Ray"
                raise RayError(
                    f"the node {asked[reference]['NodeManagerAddress']} of the Ray cluster has "
                    f"{has}, and this is hpobench {VERSION}; install hpobench=={VERSION} on every "
                    "node"
                )


@contextlib.contextmanager
def _local(cpus: int | None) -> Iterator[Any]:
    # A busy machine may take longer than Ray waits for it.
    with contextlib.ExitStack() as stack:
        for attempt in range(1, _STARTS + 1):
            try:
                ray = stack.enter_context(_started(cpus))
                break
            except _SlowStartError:
                if attempt == _STARTS:
                    raise
        yield ray


@contextlib.contextmanager
def _started(cpus: int | None) -> Iterator[Any]:
    with private_session() as session:
        try:
            with session.environment(process_environment()), servers.servers_alone():
                ray = _initialised(
                    address=LOCAL,
                    num_cpus=cpus or cpus_here(),
                    include_dashboard=False,
                    _temp_dir=str(session.ray_folder),
                )
        except BaseException as error:
            with contextlib.suppress(Exception):  # end what the start has begun
                _shut_down(sys.modules["ray"])
            if not isinstance(error, Exception):
                raise
            slow = isinstance(error, TimeoutError) or "timed out" in str(error).lower()
            raise (_SlowStartError if slow else RayError)(
                f"Ray does not start on this machine: {type(error).__name__}: {error}; its logs "
                f"are in {session.folder} until the next run begins"
            ) from error
        try:
            with servers.silenced():
                yield ray
        except LostRayError as lost:
            lost.logs = session.folder
            raise
        finally:
            with servers.killing_servers():
                _shut_down(ray)
            servers.read_settings_again()  # the session's token is of no use any more


class _SlowStartError(RayError):
    pass


def _initialised(**options: Any) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray ends this process when its head is gone for so long, by default for a minute. `health`
    # ends a run before that, with a message; where it does not watch, nothing waits longer.
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "300")
    import ray

    servers.read_settings_again()
    try:
        with _signals_held():
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    except SystemExit as ended:  # by the handler of SIGTERM that ray.init sets
        raise KeyboardInterrupt from ended
    return ray


def _shut_down(ray: Any) -> None:
    """End the connection, and the Ray that it started. It takes a second, seven without a GCS."""
    with _signals_held():
        ray.shutdown()


def _unreachable(address: str, reason: str) -> str:
    return (
        f"cannot connect to a Ray cluster at {address!r}: {reason}; start one with `ray start "
        "--head`, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN if it asks for a token, or leave out "
        "--address to use this machine alone"
    )


def _probe(address: str) -> None:
    """Raise :class:`RayError` unless something listens at ``address``, since Ray would try for
    minutes."""
    if address == LOCAL:
        return
    named = address if address != "auto" else os.environ.get("RAY_ADDRESS") or _last_started()
    host, colon, port = (named or "").removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return  # Ray itself judges other forms
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_S).close()
    except OSError as error:
        raise RayError(_unreachable(named or address, str(error))) from error


def _last_started() -> str | None:
    """The address that ``auto`` means: ``ray start`` leaves it in a file on the machine."""
    names = ("RAY_TMPDIR", "TMPDIR") if sys.platform.startswith("linux") else ("RAY_TMPDIR",)
    folder = next((os.environ[name] for name in names if name in os.environ), "/tmp")
    note = Path(folder, "ray", "ray_current_cluster")
    return note.read_text(encoding="utf-8").strip() if note.is_file() else None


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back signals that end a run until the block is over, then raise ``KeyboardInterrupt``.
    Ray crashes in native code when a signal arrives while it starts, and sets its own handler. When
    one interrupts its end, it ends a second time as Python exits, and may crash there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    got: list[int] = []
    before = {n: signal.signal(n, lambda number, _: got.append(number)) for n in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if got:
            raise KeyboardInterrupt


def cpus_here() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
