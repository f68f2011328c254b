"""The process in which isolated searchers run, with the standard library and their environment.

    python host.py PACKAGE            PACKAGE: the folder of hpobench

The process answers each JSON line on its input with a line on its output. What libraries print
goes to standard error. After ``begin`` the process forks, and the child serves the run: so a
library is imported once for many runs, and each run finds it untouched. If the import started
threads, which a fork would lose, the process serves one run itself and ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import random
import resource
import select
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from hpobench.contract.algorithms import Searcher

_OVER = 113
"""The exit code of a child whose run has ended normally."""
_GLOBALS = ("numpy", "torch")
"""Libraries with global generators, which are imported if they are installed."""
_NOTICES = ("failed", "dropped", "paused", "resumed")


class Channel:
    """The two ends of the conversation, which printing libraries cannot reach."""

    def __init__(self) -> None:
        self.reader: BinaryIO = os.fdopen(os.dup(0), "rb")
        self._writer = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)

    def receive(self) -> dict[str, Any] | None:
        """The next message, or ``None`` once the other side is gone."""
        line = self.reader.readline()
        return json.loads(line) if line else None

    def send(self, message: dict[str, Any]) -> None:
        data = f"{json.dumps(message)}\n".encode()
        while data:
            data = data[os.write(self._writer, data) :]


def main() -> None:
    # Only hpobench itself is imported from its folder, and nothing else that lies beside it.
    package = Path(sys.argv[1])
    spec = importlib.util.spec_from_file_location(
        "hpobench", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules["hpobench"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    channel, tasks = Channel(), Path("/proc/self/task")
    while (message := channel.receive()) is not None:
        begin = message["begin"]
        try:
            from hpobench.plugins.modules import load_class

            cls: Any = load_class(begin["file"], begin["cls"])
            # All that can be imported once, before the fork, for many runs.
            for name in (*filter(importlib.util.find_spec, _GLOBALS), *cls.preload):
                importlib.import_module(name)
        except BaseException as error:
            channel.send(_as_answer(error))
            continue
        if (len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()) > 1:
            threading.Thread(target=_end_with, args=(channel.reader,), daemon=True).start()
            _serve(channel, cls, begin, last=True)
            return
        gc.freeze()  # a collection in the child would copy all memory that it shares
        child = os.fork()
        if not child:
            _serve(channel, cls, begin, last=False)
            os._exit(_OVER)
        if (code := _watch(child, channel.reader)) != _OVER:
            channel.send({"died": code})
            return


def _watch(child: int, reader: BinaryIO) -> int:
    """The return code of ``child``, which is negative for a signal. If the other side goes away
    meanwhile, the child and this process end."""
    receiving, waking = os.pipe()
    os.set_blocking(waking, False)
    handler = signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking)
    poll = select.poll()
    poll.register(reader, 0)
    poll.register(receiving, select.POLLIN)
    try:
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if any(stream == reader.fileno() for stream, _ in poll.poll()):
                os.kill(child, signal.SIGKILL)
                os._exit(1)
            os.read(receiving, 64)
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, handler)
        os.close(receiving)
        os.close(waking)


def _end_with(reader: BinaryIO) -> None:
    """End this process when the other side is gone, even in the middle of a call."""
    poll = select.poll()
    poll.register(reader, 0)
    poll.poll()
    os._exit(1)


def _serve(channel: Channel, cls: type[Searcher], begin: dict[str, Any], *, last: bool) -> None:
    """One run, to its end or that of the other side; ``last``: the process ends with it."""
    # A leak ends in a MemoryError before the machine runs out of memory. If the machine does run
    # out, Linux ends this process before any other.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (begin["memory"], resource.RLIM_INFINITY))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    try:
        searcher = _build(cls, begin)
    except BaseException as error:
        channel.send(_as_answer(error))
        return
    channel.send({"adopts": True})
    while (message := channel.receive()) is not None:
        if "end" in message:
            with contextlib.suppress(BaseException):
                searcher.close()
            channel.send({"last": last})
            return
        channel.send(_answer(searcher, message))


def _build(cls: type[Searcher], begin: dict[str, Any]) -> Searcher:
    from hpobench.contract.prior import Prior
    from hpobench.contract.problem import Fidelity
    from hpobench.contract.space import Space

    # Some libraries draw from the global generators in spite of a seed.
    random.seed(begin["seed"])
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(begin["seed"] % 2**32)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(begin["seed"])
    searcher, space = cls.__new__(cls), Space.from_json(begin["space"])
    searcher.suite_folder = Path(begin["folder"])
    if begin["prior"] is not None:
        searcher.prior = Prior.from_json(begin["prior"], space)
    searcher.__init__(  # type: ignore[misc]
        space,
        seed=begin["seed"],
        fidelity=Fidelity(**begin["fidelity"]),
        **begin["options"],
    )
    return searcher


def _answer(searcher: Searcher, message: dict[str, Any]) -> dict[str, Any]:
    from hpobench.contract.algorithms import Exhausted, NothingYet

    try:
        if "ask" in message:
            answer: dict[str, Any] = {"config": searcher.ask(message["ask"])}
            if searcher.schedules_itself:
                answer["steps"] = searcher.steps(message["ask"])
            try:
                json.dumps(answer)
            except (TypeError, ValueError) as error:
                raise TypeError(f"ask returned {answer['config']!r:.300}: {error}") from None
            return answer
        if "adopt" in message:
            return {"adopted": searcher.adopt(message["adopt"], message["config"])}
        if "tell" in message:
            result = message["tell"], message["step"], message["loss"]
            searcher.tell(*result, final=message["final"])
        elif "charged" in message:
            searcher.charged(message["charged"], message["seconds"])
        else:
            notice = next(name for name in _NOTICES if name in message)
            getattr(searcher, notice)(message[notice])
    except Exhausted as error:
        return {"exhausted": str(error)}
    except NothingYet:
        return {"wait": True}
    except BaseException as error:  # some libraries call exit(), or raise no Exception
        return _as_answer(error)
    return {}


def _as_answer(error: BaseException) -> dict[str, Any]:
    """The answer that reports ``error``, with a traceback unless hpobench raised it on purpose."""
    from hpobench.contract.errors import HpobenchError

    if isinstance(error, HpobenchError):
        return {"error": str(error)}
    name = type(error).__name__
    try:
        message = f"{name}: {error}"
    except Exception:  # its __str__ raises
        message = name
    if isinstance(error, SystemExit):
        message = f"called exit({error.code!r})"
    return {"error": message, "traceback": "".join(traceback.format_exception(error))}


if __name__ == "__main__":
    main()
