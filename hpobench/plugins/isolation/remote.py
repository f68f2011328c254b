"""A searcher in a process of its own, which the harness treats like any other searcher."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hpobench.contract.algorithms import Exhausted, NothingYet, Searcher
from hpobench.contract.errors import CellError, NotAvailableError
from hpobench.contract.package import PACKAGE
from hpobench.contract.prior import Prior
from hpobench.contract.problem import Fidelity
from hpobench.contract.space import Config, Space
from hpobench.plugins.isolation import host
from hpobench.plugins.isolation.conversation import Conversation, ending
from hpobench.plugins.isolation.environments import Environment

_START_S = 600.0
"""The seconds that a process may take to import its libraries, from a cold disk too."""
_WARM = 24
"""The number of processes kept for further runs; the least recently used one ends first."""
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

_warm: dict[Path, Conversation] = {}
"""The processes that wait for a run, by the environment's folder and the plugin's file."""


def _notice(name: str) -> Callable[..., None]:
    def method(self: RemoteSearcher, trial: int) -> None:
        self._call(f"{name}({trial})", self._timeout, {name: trial})

    return method


class RemoteSearcher(Searcher):
    """A stand-in for the searcher at the other end of ``conversation``.

    ``begin`` is the first message, which must be answered within ``start`` seconds. ``timeout`` is
    the number of seconds that one call may take. Everything that fails in the other process is a
    :class:`CellError`, whose message begins with ``name``.

    Nothing is started before :meth:`begin`, so that a plan can check the options of a searcher
    whose program it does not run.
    """

    def __init__(
        self,
        name: str,
        conversation: Conversation,
        begin: Mapping[str, Any],
        *,
        start: float,
        timeout: float,
    ) -> None:
        self.name = name  # type: ignore[misc]
        self._conversation, self._timeout = conversation, timeout
        self._begin, self._start = begin, start
        self._steps = 0
        self._adopts = False
        """Whether the program knows the request ``adopt``."""

    def begin(self) -> None:
        """Start the program and describe the task to it, once, before anything is asked.

        Raises :class:`CellError` if it does not take the task.
        """
        try:
            answer = self._call("its start", self._start, {"begin": self._begin})
        except BaseException:
            self._conversation.close()
            raise
        self._adopts = bool(answer.get("adopts"))

    def ask(self, trial: int) -> Config:
        answer = self._call(f"ask({trial})", self._timeout, {"ask": trial})
        if "exhausted" in answer:
            raise Exhausted(str(answer["exhausted"]))
        if "wait" in answer:
            raise NothingYet
        self._steps = answer.get("steps", 0)
        config: Config = answer.get("config")  # type: ignore[assignment]
        return config

    def adopt(self, trial: int, config: Config) -> bool:
        if not self._adopts:
            return False
        message = {"adopt": trial, "config": config}
        return bool(self._call(f"adopt({trial})", self._timeout, message).get("adopted"))

    def steps(self, trial: int) -> int:  # noqa: ARG002 - of the trial last asked for
        return self._steps

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        message = {"tell": trial, "step": step, "loss": loss, "final": final}
        self._call(f"tell({trial})", self._timeout, message)

    failed, dropped = _notice("failed"), _notice("dropped")
    paused, resumed = _notice("paused"), _notice("resumed")

    def charged(self, trial: int, seconds: float) -> None:
        message = {"charged": trial, "seconds": seconds}
        self._call(f"charged({trial})", self._timeout, message)

    def close(self) -> None:
        self._conversation.close()

    def _call(self, what: str, timeout: float, message: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._conversation.call(message, timeout)
            if "died" in answer:
                raise CellError(f"its process ended: {ending(answer['died'])}")
        except CellError as error:
            self._conversation.close()
            raise self._failure(what, str(error)) from None
        if "error" in answer:
            trace = str(answer.get("traceback", ""))
            raise self._failure(what, str(answer["error"]), trace)
        return answer

    def _failure(self, what: str, message: str, trace: str = "") -> CellError:
        """The error for the call ``what``, with the end of what the process printed."""
        parts = [f"{self.name}, at {what}: {message}", trace.strip()]
        if printed := self._conversation.tail():
            parts.append(f"the end of what it printed:\n{printed}")
        return CellError("\n\n".join(filter(None, parts)))


class IsolatedSearcher(RemoteSearcher):
    """A plugin in its environment, where :mod:`hpobench.plugins.isolation.host` runs it."""

    def __init__(
        self,
        cls: type[Searcher],
        environment: Environment,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        options: Mapping[str, Any],
        folder: Path,
        prior: Prior | None,
    ) -> None:
        self.cost_aware, self.schedules_itself = cls.cost_aware, cls.schedules_itself  # type: ignore[misc]
        file = environment.script.file
        self._key = environment.folder / file.name
        begin = {
            "file": str(file),
            "cls": cls.__name__,
            "folder": str(folder),
            "space": space.to_json(),
            "seed": seed,
            "fidelity": asdict(fidelity),
            "options": dict(options),
            "memory": _memory(),
            "prior": None if prior is None else prior.to_json(),
        }
        conversation = _warm.pop(self._key, None)
        if conversation is None or not conversation.alive:
            if conversation is not None:
                conversation.close()
            if (reason := environment.missing()) is not None:
                raise NotAvailableError(reason)
            environment.build()
            command = str(environment.python), str(Path(host.__file__).resolve()), str(PACKAGE)
            conversation = Conversation(command, surroundings())
        conversation.forget_tail()
        name, timeout = environment.script.speaker(cls.name), cls.call_timeout
        super().__init__(name, conversation, begin, start=_START_S, timeout=timeout)

    def close(self) -> None:
        """Keep the process for further runs if it is sound; else end it."""
        waits = False
        if self._conversation.alive and self._conversation.sound:
            with contextlib.suppress(CellError):
                answer = self._conversation.call({"end": True}, self._timeout)
                waits = not answer.get("last", True)
        if not waits or self._key in _warm:
            self._conversation.close()
            return
        _warm[self._key] = self._conversation
        while len(_warm) > _WARM:
            _warm.pop(next(iter(_warm))).close()


@atexit.register
def end_warm() -> None:
    """End the processes that wait for a run."""
    while _warm:
        _warm.popitem()[1].close()


def surroundings() -> dict[str, str]:
    """The environment variables of searchers' processes: those of this one, without what would make
    results depend on the machine."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return {
        **inherited,
        **dict.fromkeys(_THREADS, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "ignore",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        "MPLBACKEND": "agg",
    }


def _memory() -> int:
    """The bytes that one searcher may take: the machine's memory divided by its CPUs."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(2 << 30, whole // (os.cpu_count() or 1))
