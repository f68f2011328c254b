"""Messages between a run and its workers: whole, and never waited for where nobody may wait."""

from __future__ import annotations

import pickle
import socket
import struct

import pytest

from hpobench.running.local.worker_processes import ChannelClosedError, SocketChannel


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
    data = pickle.dumps("whole")
    message = struct.pack("!Q", len(data)) + data
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
