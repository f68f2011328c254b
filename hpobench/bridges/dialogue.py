"""A searcher with the log of what it was asked and told, from which it can be built again."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from hpobench.api import Config, NothingYet, Searcher, Space
from hpobench.contract.errors import ReplayError
from hpobench.plugins.shape import check_proposal


class Dialogue:
    """All calls to the searcher that ``build`` makes, in ``log``, which is plain data. It is built
    when it is first needed, and told the log; so a dialogue can be copied, pickled and stored."""

    def __init__(self, name: str, space: Space, build: Callable[[Space], Searcher]) -> None:
        self._name, self._space, self._build = name, space, build
        self.log: list[list[Any]] = []
        """One ``[method, args, kwargs, answer]`` for each call."""
        self.asked = 0
        """The number of configurations that were proposed or adopted."""
        self._waiting = False
        self._searcher: Searcher | None = None

    def ask(self) -> Config | None:
        """The configuration of the next trial; ``None`` while there is none before more is told."""
        if self._waiting:
            return None
        trial = self.asked
        config: Config | None = _called(self._ready(), "ask", [trial], {})
        if config is not None:
            check_proposal(self._name, self._space, trial, config)
        self._note("ask", [trial], {}, config)
        return config

    def adopt(self, config: Config) -> bool:
        """Let the searcher take ``config`` as that of the next trial; ``False`` if it cannot."""
        trial = self.asked
        if adopted := self._ready().adopt(trial, config):
            self._note("adopt", [trial, config], {}, True)
        return adopted

    def notify(self, notice: str, *args: Any, **kwargs: Any) -> None:
        """Call the searcher's method ``notice``, such as ``tell``."""
        getattr(self._ready(), notice)(*args, **kwargs)
        self._note(notice, [*args], kwargs, None)

    def _note(self, method: str, args: list[Any], kwargs: dict[str, Any], answer: Any) -> None:
        self.log.append([method, args, kwargs, answer])
        self.asked += answer is not None
        self._waiting = method == "ask" and answer is None

    def resume(self, log: list[list[Any]]) -> None:
        """Go on after ``log``, that of another dialogue with an equal searcher."""
        self._searcher, self.log, self.asked = None, [], 0
        for entry in log:
            self._note(*entry)

    def _ready(self) -> Searcher:
        if self._searcher is None:
            searcher = self._build(self._space)
            weakref.finalize(self, searcher.close)
            for method, args, kwargs, answer in self.log:
                found = _called(searcher, method, args, kwargs)
                if method in ("ask", "adopt") and found != answer:
                    raise ReplayError(
                        f"{self._name} answers {found} to {method} for trial {args[0]}, where "
                        f"it had answered {answer}; it cannot go on where it was, perhaps because "
                        "its library has changed"
                    )
            self._searcher = searcher
        return self._searcher

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_searcher": None}


def _called(searcher: Searcher, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return getattr(searcher, method)(*args, **kwargs)
    except NothingYet:
        return None
