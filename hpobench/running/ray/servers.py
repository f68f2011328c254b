"""The private names of Ray that say how its servers are, set it up, and keep notes in it."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Iterator
from typing import Any

_SERVERS = ("raylet", "gcs_server")
_NAMESPACE = "hpobench"


def read_settings_again() -> None:
    """Let Ray read the environment again, which it does by itself only when it is imported."""
    native: Any = importlib.import_module("ray._raylet")  # its types leave these out
    native.Config.initialize("")
    native.AuthenticationTokenLoader.instance().reset_cache()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep Ray, inside the block, from printing pages of its servers' logs when one of them dies,
    which it does even without ``log_to_driver``."""
    from ray._private import worker

    before = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        worker.print_to_stdstream = before


@contextlib.contextmanager
def servers_alone() -> Iterator[None]:
    """Let Ray start, inside the block, only the servers that run tasks.

    The autoscaler, the dashboard's server and what collects the logs are Python programs, each of
    which takes most of a second of a processor to start. A private session has no use for them.
    """
    from ray._private.node import Node

    started = ("start_monitor", "start_api_server", "start_log_monitor")
    before = {name: getattr(Node, name) for name in started}
    for name in started:
        setattr(Node, name, lambda *_, **__: None)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(Node, name, method)


@contextlib.contextmanager
def killing_servers() -> Iterator[None]:
    """Let Ray, inside the block, kill the servers that it ends. It would ask one after the other
    to end and wait for it, a second in all, and nothing of a private session is needed."""
    from ray._private import worker

    node: Any = worker._global_node
    if node is None:
        yield
        return
    kill = functools.partial(type(node).kill_all_processes, node, check_alive=False)
    node.kill_all_processes = lambda **_: kill()
    try:
        yield
    finally:
        del node.kill_all_processes


def ended_servers() -> list[str]:
    """The servers that this process started for its Ray and that have ended."""
    from ray._private import worker

    node: Any = worker._global_node
    return [] if node is None else [name for name, _ in node.dead_processes() if name in _SERVERS]


def has_own_servers() -> bool:
    """Whether this process started the servers of the Ray that it uses."""
    from ray._private import worker

    node: Any = worker._global_node
    return node is not None and any(name in node.all_processes for name in _SERVERS)


def session_folder() -> str | None:
    """The folder of this process's Ray session, which ends with it; ``None`` without Ray."""
    from ray._private import worker

    node: Any = worker._global_node
    return None if node is None else str(node.get_session_dir_path())


def put_note(name: str, text: str) -> None:
    """Keep ``text`` under ``name`` on the cluster's head."""
    from ray.experimental import internal_kv

    internal_kv._internal_kv_put(name, text, namespace=_NAMESPACE)


def read_note(name: str) -> str | None:
    from ray.experimental import internal_kv

    found: bytes | None = internal_kv._internal_kv_get(name, namespace=_NAMESPACE)
    return None if found is None else found.decode()


def remove_notes(beginning: str) -> None:
    """Remove the notes whose names begin so."""
    from ray.experimental import internal_kv

    internal_kv._internal_kv_del(beginning, del_by_prefix=True, namespace=_NAMESPACE)
