"""Messages between a run and its workers: whole, and never waited for where nobody may wait."""

from __future__ import annotations

import contextlib
import socket

import pytest

from hpobench.running.local.worker_processes import (
    ChannelClosedError,
    SocketChannel,
    SpoiltChannelError,
)


def sent(message: object) -> bytes:
    """The bytes that go over the channel for ``message``."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        SocketChannel(ours).send(message)
        return theirs.recv(2**16)


def test_what_one_end_sends_the_other_receives() -> None:
    ours, theirs = map(SocketChannel, socket.socketpair())
    ours.send(["a", 1])
    ours.send({"b": b"x" * 100_000})
    assert theirs.receive() == ["a", 1]
    assert theirs.poll() == {"b": b"x" * 100_000}
    assert theirs.poll() is None
    ours.close()
    theirs.close()


def test_half_a_message_is_none_and_is_not_waited_for() -> None:
    end, theirs = socket.socketpair()
    channel = SocketChannel(end)
    message = sent("whole")
    theirs.sendall(message[:10])
    assert channel.poll() is None
    theirs.sendall(message[10:])
    assert channel.poll() == "whole"
    theirs.close()
    with pytest.raises(ChannelClosedError):
        channel.poll()
    with pytest.raises(ChannelClosedError):
        channel.receive()
    channel.close()


@pytest.mark.parametrize(
    "spoilt",
    [
        b"garbage" * 10,
        b"\0" * 100,
        b"x" + sent("whole"),
        sent("whole")[:-1] + b"?",
        sent("whole")[:10] + sent("whole"),
    ],
    ids=["words", "zeros", "before", "changed", "between"],
)
def test_what_is_no_message_is_told_and_never_unpickled(spoilt: bytes) -> None:
    end, theirs = socket.socketpair()
    with theirs, contextlib.closing(SocketChannel(end)) as channel:
        theirs.sendall(spoilt)
        with pytest.raises(SpoiltChannelError, match="not its own"):
            channel.poll()
