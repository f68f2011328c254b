"""The process that worker processes are forked from, and what these do.

It imports once what every cell needs, so that a worker is there after some milliseconds, and a
worker that died is replaced as fast. It never runs a cell itself: it has one thread, no plugin and
no open file that a fork could share. It ends its workers when the run has ended, in whatever way.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

from hpobench.contract.signals import ENDING_SIGNALS
from hpobench.running.cells.batches import run_batch
from hpobench.running.cells.containment import VARIABLE
from hpobench.running.local.worker_processes import PID, ChannelClosedError, SocketChannel, Work

_PR_SET_PDEATHSIG = 1
_FIRST_TO_GO = "1000"
"""The system's measure of which process to end when memory is short: workers before the run."""


def main(control: int) -> None:
    """Fork a worker for every request that arrives at the descriptor ``control``, until it closes.
    A request is the JSON of a :class:`Work` with two descriptors: the worker's end of its channel,
    and the file for what it writes to standard error. The answer is the number of its process."""
    import hpobench.running.cells.run_cell  # noqa: F401 - before the forks, for all of them

    orders = socket.socket(fileno=control)
    workers: set[int] = set()

    def reap(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)[0]) > 0:
                workers.discard(ended)

    signal.signal(signal.SIGCHLD, reap)
    orders.sendall(PID.pack(os.getpid()))  # everything is imported
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, 2**16, 2)
        if not message:
            break
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        worker = os.fork()
        if worker == 0:
            orders.close()
            _be_a_worker(message, *descriptors)
        workers.add(worker)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for descriptor in descriptors:
            os.close(descriptor)
        orders.sendall(PID.pack(worker))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker, signal.SIGKILL)
    os._exit(0)


def _be_a_worker(message: bytes, channel: int, errors: int) -> None:
    """Run every list of cells that arrives, until the run closes its end; never returns."""
    code = 1
    try:
        os.setsid()  # a group of its own, with the programs that its plugins start
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.default_int_handler)
        # The system ends this process with the fork server, and first if memory is short.
        parent = os.getppid()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent or parent == 1:
            return  # it has died in between, and nobody would end this process
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
        os.dup2(errors, 2)
        os.close(errors)
        faulthandler.enable()
        run, work = SocketChannel(socket.socket(fileno=channel)), Work(**json.loads(message))
        if work.kind:
            os.environ[VARIABLE] = work.kind
        while True:
            try:
                cells = run.receive()
            except ChannelClosedError:
                code = 0
                return
            os.ftruncate(2, 0)  # what it says of a cell that kills it begins with this batch
            run.send(run_batch(cells, work.commit, work.timeout, Path(work.folder)))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
