"""Messages between a run and its worker processes on this machine."""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

PID = struct.Struct("!i")
"""The number of a process."""
_LENGTH = struct.Struct("!Q")
_CHUNK = 2**18
_SEND_S = 30.0
"""A worker that takes no message for so long is stopped or dead."""


class ChannelClosedError(ConnectionError):
    """The other end is gone, or takes no messages."""


class SocketChannel:
    """One end of a socket pair that carries pickled messages between processes of one run."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()

    def fileno(self) -> int:
        return self._end.fileno()

    def send(self, message: Any) -> None:
        """Raises :class:`ChannelClosedError` if nobody takes the message."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        self._end.settimeout(_SEND_S)
        try:
            self._end.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self) -> Any:
        """The next message, however long it takes to come; raises :class:`ChannelClosedError`."""
        self._end.settimeout(None)
        while (message := self._message()) is None:
            self._read()
        return pickle.loads(message)  # noqa: S301 - our own

    def poll(self) -> Any:
        """A message that has arrived whole, or ``None``; raises :class:`ChannelClosedError`.

        It never waits, because the other process may be stopped in the middle of a message.
        """
        self._end.settimeout(0)
        while (message := self._message()) is None:
            try:
                self._read()
            except BlockingIOError:
                return None
        return pickle.loads(message)  # noqa: S301 - our own

    def _read(self) -> None:
        try:
            data = self._end.recv(_CHUNK)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ChannelClosedError(str(error)) from error
        if not data:
            raise ChannelClosedError("the other process has ended")
        self._received += data

    def _message(self) -> bytes | None:
        begin = _LENGTH.size
        if len(self._received) < begin:
            return None
        end = begin + _LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        message = bytes(memoryview(self._received)[begin:end])
        del self._received[:end]
        return message

    def close(self) -> None:
        self._end.close()
