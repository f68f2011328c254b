"""The exceptions that hpobench raises on purpose.

HpobenchError                 says what is wrong, where, and what to do; exit code 1
|-- UsageError                the user's input is wrong, a ValueError; exit code 2
|   |-- SuiteError            a suite file is wrong: carries file, line and key
|   |-- UnknownNameError      a name is unknown: offers the closest known ones
|   |-- SpaceError            a search space or a configuration contradicts itself
|   `-- PluginError           a plugin cannot be read or loaded: carries its files
|-- NotAvailableError         a package or data is missing: says what brings it
|-- TooFewError               too few problems or algorithms for a test: says how many
|-- StoreError                results cannot be written or read (disk full, other schema)
|-- RayError                  no cluster answers, or Ray is too old or too new
`-- CellError                 one cell ends as failed; the others go on
    |-- TrialError            one trial failed (exception, NaN): recorded as a failure
    |-- StallError            trials are not finished, but none of them can go on
    `-- ReplayError           a cell does not repeat what its journal recorded
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_LINES = 20


class HpobenchError(Exception):
    """The base class; ``exit_code`` is the exit code of the command line."""

    exit_code = 1


class UsageError(HpobenchError, ValueError):
    exit_code = 2


class SuiteError(UsageError):
    """A suite file is wrong. ``line`` counts from 1; ``key`` is a path like ``budget.time``."""

    def __init__(
        self,
        message: str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        self.message, self.file, self.line, self.key = message, file, line, key
        where = ":".join(str(part) for part in (file, line) if part is not None)
        super().__init__(": ".join(part for part in (where, key, message) if part))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean a or b?`` with the names in ``known`` that resemble ``name``; else empty."""
    close = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def indented(lines: Sequence[str]) -> str:
    """The first 20 of ``lines``, indented, and how many more there are."""
    more = [f"and {len(lines) - _LINES:,} more"] if len(lines) > _LINES else []
    return "\n".join(f"  {line}" for line in [*lines[:_LINES], *more])


def describe(error: BaseException) -> str:
    """The type and the message of ``error``, at most 20,000 characters.
    The type alone if making the message fails too."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"[:20_000]
    except BaseException as failure:  # a plugin may raise anything, also here
        return f"{name}, whose message cannot be made ({type(failure).__name__})"


class UnknownNameError(UsageError):
    """``name`` is not among ``known``; the message offers the closest of them.
    ``notes``: further sentences of the message, for instance files that could not be read."""

    def __init__(
        self, kind: str, name: str, known: Iterable[str], notes: Sequence[str] = ()
    ) -> None:
        self.kind, self.name = kind, name
        names = sorted(known)
        hint = did_you_mean(name, names) or f"; known: {', '.join(names)}"
        super().__init__("; ".join([f"unknown {kind} {name!r}{hint}", *notes]))


class SpaceError(UsageError):
    pass


class PluginError(UsageError):
    """A plugin is at fault; ``files`` are those that the message is about."""

    def __init__(self, message: str, *files: Path) -> None:
        self.files = files
        super().__init__(message)


class NotAvailableError(HpobenchError):
    pass


class TooFewError(HpobenchError):
    pass


class StoreError(HpobenchError):
    pass


@contextlib.contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Turn every file error into a :class:`StoreError` naming ``what`` and ``folder``."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write {what} to {folder}: {error}") from error


class RayError(HpobenchError):
    pass


class WorkersError(HpobenchError):
    """Processes that run cells do not start on this machine."""


class Interruption(BaseException):
    """Raised by hpobench inside a cell or a plugin's code, for instance when its time is over.
    It is no ``Exception``, which plugins and Ray may swallow."""


class CellError(HpobenchError):
    pass


class TrialError(CellError):
    pass


class StallError(CellError):
    pass


class ReplayError(CellError):
    pass
