"""Starting worker processes before there is work, beside what comes first."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from hpobench.running.cluster import process_environment
from hpobench.running.local.processes import Template


@contextlib.contextmanager
def starting(*, now: bool) -> Iterator[Callable[[], Template]]:
    """Yields what starts the process that workers are forked from.

    With ``now`` it is started at once, because its imports take longer than a plan; it ends with
    the block if nobody has asked for it.
    """
    early = [Template(process_environment())] if now else []
    try:
        yield lambda: early.pop() if early else Template(process_environment())
    finally:
        for template in early:
            template.close()
