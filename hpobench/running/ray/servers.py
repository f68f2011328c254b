"""The private names of Ray that say how its servers are, set it up, and keep notes in it; and the
marks of a Ray of our own."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

MARK = "HPOBENCH_SESSION"
"""The environment variable that all processes of a local Ray have. It holds their folder."""
PREFIX = "hpobench-ray-"
"""How the name of the folder of such a Ray begins."""
_SERVERS = ("raylet", "gcs_server")
_NAMESPACE = "hpobench"


def read_settings_again() -> None:
    """Let Ray read the environment again, which it does by itself only when it is imported."""
    native: Any = importlib.import_module("ray._raylet")  # its types leave these out
    native.Config.initialize("")
    native.AuthenticationTokenLoader.instance().reset_cache()


@contextlib.contextmanager
def exchanged(owner: Any, **names: Any) -> Iterator[None]:
    """Give attributes of ``owner``, a module, class or object, other values inside the block."""
    before = {name: getattr(owner, name) for name in names}
    for name, value in names.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


def silenced() -> AbstractContextManager[None]:
    """Keep Ray, inside the block, from printing pages of its servers' logs when one of them dies,
    which it does even without ``log_to_driver``."""
    from ray._private import worker

    return exchanged(worker, print_to_stdstream=lambda *_, **__: None)


def servers_alone() -> AbstractContextManager[None]:
    """Let Ray start, inside the block, only the servers that run tasks. The autoscaler, the
    dashboard's server and what collects the logs are Python programs, each of which takes most of a
    second of a processor to start. A private session has no use for them."""
    from ray._private.node import Node

    started = ("start_monitor", "start_api_server", "start_log_monitor")
    return exchanged(Node, **dict.fromkeys(started, lambda *_, **__: None))


def killing_servers() -> AbstractContextManager[None]:
    """Let Ray, inside the block, kill the servers that it ends. It would ask one after the other
    to end and wait for it, a second in all, and nothing of a private session is needed."""
    if (node := _node()) is None:
        return contextlib.nullcontext()
    kill = functools.partial(node.kill_all_processes, check_alive=False)
    return exchanged(node, kill_all_processes=lambda **_: kill())


def _node() -> Any:
    """The node that this process belongs to; ``None`` without Ray."""
    from ray._private import worker

    return worker._global_node


def ended_servers() -> list[str]:
    """The servers that this process started for its Ray and that have ended."""
    node = _node()
    return [] if node is None else [name for name, _ in node.dead_processes() if name in _SERVERS]


def has_own_servers() -> bool:
    """Whether this process started the servers of the Ray that it uses."""
    node = _node()
    return node is not None and any(name in node.all_processes for name in _SERVERS)


def session_folder() -> str | None:
    """The folder of this process's Ray session, which ends with it; ``None`` without Ray."""
    node = _node()
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
