"""Several machines on this one: each has its own processes, host name and network address.

`ray symmetric-run` tells the head by its address and ends all processes of Ray that it sees. So
nodes that are only processes of one machine would all be heads, and it would end the Ray of others.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_USER = () if os.geteuid() == 0 else ("--user", "--map-root-user")
_HOLD = "echo up; exec sleep infinity"
_FIRST = "echo up; sleep infinity & wait"
"""The first process of a machine, which takes in the ends of all processes there."""


@dataclass(frozen=True)
class Machine:
    """A machine, held by the first of its processes."""

    name: str
    pid: int

    @property
    def entering(self) -> list[str]:
        """What a command begins with that runs there."""
        user = ["--user", "--preserve-credentials"] if _USER else []
        spaces = ["--net", "--mount", "--uts", "--pid"]
        return ["nsenter", f"--target={self.pid}", *user, *spaces, "--"]

    def kill(self) -> None:
        """Kill it: all its processes die with the first one."""
        os.kill(self.pid, signal.SIGKILL)


def lacking() -> str | None:
    """Why there can be no machines here, or ``None``."""
    for program in ("unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            return f"needs the program {program}"
    made = subprocess.run(
        ["unshare", *_USER, "--net", "--mount", "ip", "link", "add", "hub", "type", "bridge"],
        capture_output=True,
        text=True,
    )
    return f"needs the right to make namespaces: {made.stderr.strip()}" if made.returncode else None


@contextlib.contextmanager
def machines(count: int, folder: Path) -> Iterator[list[Machine]]:
    """``count`` machines that know each other as ``node1``, ``node2``, ..., on a network of theirs.

    ``folder`` is for what they are told, such as who has which address.
    """
    hosts = folder / "hosts"
    addresses = {f"node{number}": f"10.77.0.{number}" for number in range(1, count + 1)}
    rows = [f"{address} {name}" for name, address in addresses.items()]
    hosts.write_text("\n".join(["127.0.0.1 localhost", *rows, ""]))
    with contextlib.ExitStack() as held:
        net = held.enter_context(_held(["unshare", *_USER, "--net", "--mount"], ""))
        around = ["nsenter", f"--target={net}", "--net", "--mount"]
        around += ["--user", "--preserve-credentials"] if _USER else []
        _do(around, "ip link add hub type bridge && ip link set hub up")
        found = []
        for name, address in addresses.items():
            spaces = ["--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc"]
            begin = f"hostname {name} && mount --bind '{hosts}' /etc/hosts && "
            pid = held.enter_context(
                _held([*around, "unshare", *spaces, "--kill-child"], begin, child=True)
            )
            _do(around, f"ip link add {name} type veth peer name eth0 netns {pid}")
            _do(around, f"ip link set {name} master hub up")
            machine = Machine(name, pid)
            up = f"ip addr add {address}/24 dev eth0 && ip link set eth0 up && ip link set lo up"
            _do(machine.entering, up)
            found.append(machine)
        yield found


@contextlib.contextmanager
def _held(command: list[str], begin: str, *, child: bool = False) -> Iterator[int]:
    """The process that ``command`` runs (its ``child``, where it forks) until the block ends."""
    process = subprocess.Popen(
        [*command, "bash", "-c", begin + (_FIRST if child else _HOLD)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield psutil.Process(process.pid).children()[0].pid if child else process.pid
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _do(entering: list[str], script: str) -> None:
    done = subprocess.run([*entering, "sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
