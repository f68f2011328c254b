"""The messages between a cell and its workers: each is a JSON header and a blob.

The connections are ``multiprocessing.connection`` over TCP: both ends prove that they know the
cell's key before anything is sent. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from multiprocessing.connection import Connection
from typing import Any

_LENGTH = struct.Struct("<I")


def undelayed(connection: Connection) -> Connection:
    """``connection``, set to send small messages at once. Otherwise TCP holds an answer back for
    some 40 ms, until the last message is acknowledged."""
    with socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def send(connection: Connection, header: dict[str, Any], blob: bytes = b"") -> None:
    """Raises ``OSError`` if the other side is gone."""
    text = json.dumps(header, separators=(",", ":")).encode()
    connection.send_bytes(b"".join((_LENGTH.pack(len(text)), text, blob)))


def receive(connection: Connection) -> tuple[dict[str, Any], bytes]:
    """Raises ``EOFError`` or ``OSError`` if the other side is gone."""
    message = connection.recv_bytes()
    end = _LENGTH.size + _LENGTH.unpack_from(message)[0]
    return json.loads(message[_LENGTH.size : end]), message[end:]
