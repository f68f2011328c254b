"""Starting worker processes before there is work, beside what comes first."""

from __future__ import annotations

from types import TracebackType

from hpobench.running.local.worker_processes import Template
from hpobench.running.ray.environment import process_environment


class Templates:
    """The processes that workers are forked from; a context manager.

    ``soon``: start one now, because its imports take longer than reading a suite and planning it.
    """

    def __init__(self, *, soon: bool) -> None:
        self._early = [Template(process_environment())] if soon else []

    def start(self) -> Template:
        """A process for the caller to close: the one that was started early, or else a new one."""
        return self._early.pop() if self._early else Template(process_environment())

    def discard(self) -> None:
        """End the process that was started early, if nobody has it."""
        while self._early:
            self._early.pop().close()

    def __enter__(self) -> Templates:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()
