"""The messages between a cell and its workers: each is a JSON header and a blob.

The connections are TCP, with the framing of ``multiprocessing.connection``. Before any message both
ends prove that they know the cell's key; what they exchange for that has a fixed length. Nothing is
unpickled.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import socket
import struct
import time
from multiprocessing.connection import Connection
from typing import Any

HANDSHAKE_S = 10.0
"""How long the other side may take to prove that it knows the key."""
LONGEST_OUTPUT = 64 * 1024
"""Characters kept of what one trial prints, the last ones of longer output."""
_LENGTH = struct.Struct("<I")
_NONCE, _DIGEST = 32, 32


def welcome(caller: socket.socket, key: bytes) -> tuple[Connection, int]:
    """The connection to the worker that calls, and its number. Raises ``OSError`` for a caller that
    does not know ``key``, or does not say so in time."""
    deadline = time.monotonic() + HANDSHAKE_S
    ours = secrets.token_bytes(_NONCE)
    caller.settimeout(HANDSHAKE_S)
    caller.sendall(ours)
    hello = _read(caller, _NONCE + _LENGTH.size + _DIGEST, deadline)
    theirs, proof = hello[:-_DIGEST], hello[-_DIGEST:]
    if not hmac.compare_digest(proof, _proof(key, b"worker", ours + theirs)):
        raise ConnectionRefusedError("a caller does not know the key")
    caller.sendall(_proof(key, b"cell", ours + theirs))
    return _connection(caller), _LENGTH.unpack(theirs[_NONCE:])[0]


def call(address: tuple[str, int], key: bytes, number: int) -> Connection:
    """The connection of worker ``number`` to the cell at ``address``. Raises ``OSError`` if nobody
    there knows ``key`` and says so in time."""
    deadline = time.monotonic() + HANDSHAKE_S
    cell = socket.create_connection(address, timeout=HANDSHAKE_S)
    try:
        theirs = _read(cell, _NONCE, deadline)
        ours = secrets.token_bytes(_NONCE) + _LENGTH.pack(number)
        cell.sendall(ours + _proof(key, b"worker", theirs + ours))
        if not hmac.compare_digest(
            _read(cell, _DIGEST, deadline), _proof(key, b"cell", theirs + ours)
        ):
            raise ConnectionRefusedError("the cell does not know the key")
        return _connection(cell)
    except BaseException:
        cell.close()
        raise


def _read(source: socket.socket, size: int, deadline: float) -> bytes:
    """``size`` bytes. Raises ``OSError`` if they do not come before ``deadline``."""
    found = b""
    while len(found) < size:
        source.settimeout(max(deadline - time.monotonic(), 0.001))
        part = source.recv(size - len(found))
        if not part:
            raise ConnectionResetError("the other side left")
        found += part
    return found


def _proof(key: bytes, role: bytes, nonces: bytes) -> bytes:
    # The role, because no side's proof may serve the other one.
    return hmac.digest(key, role + nonces, "sha256")


def _connection(proven: socket.socket) -> Connection:
    """``proven``, set to send small messages at once. Otherwise TCP holds an answer back for some
    40 ms, until the last message is acknowledged."""
    proven.setblocking(True)
    proven.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(proven.detach())


def send(connection: Connection, header: dict[str, Any], blob: bytes = b"") -> None:
    """Raises ``OSError`` if the other side is gone."""
    text = json.dumps(header, separators=(",", ":")).encode()
    connection.send_bytes(b"".join((_LENGTH.pack(len(text)), text, blob)))


def receive(connection: Connection) -> tuple[dict[str, Any], bytes]:
    """Raises ``EOFError`` or ``OSError`` if the other side is gone."""
    message = connection.recv_bytes()
    end = _LENGTH.size + _LENGTH.unpack_from(message)[0]
    return json.loads(message[_LENGTH.size : end]), message[end:]


def break_off(line: socket.socket) -> None:
    """Break ``line`` also for a thread that is reading from it, which closing does not."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def hang_up(connection: Connection) -> None:
    """Break ``connection``, which both sides then notice like any other break."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as twin:
        break_off(twin)
