"""Calls into a plugin: whatever its code raises becomes an error about the plugin, also
``SystemExit``, ``KeyboardInterrupt`` and errors whose message cannot be read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from hpobench.contract.errors import HpobenchError, Interruption, PluginError, describe
from hpobench.contract.signals import noticed_signals
from hpobench.contract.wording import printable


@contextlib.contextmanager
def calling(
    file: Path | str, what: str, passing: tuple[type[BaseException], ...] = (HpobenchError,)
) -> Iterator[None]:
    """Turn whatever the plugin in ``file`` raises in the block into a :class:`PluginError`.

    Its message names the file, the line if the plugin's own code was running, and ``what`` went
    wrong. Errors in ``passing`` go on to the caller, and so do a time limit and a signal that
    asks the process to end: a ``KeyboardInterrupt`` that the plugin itself raised does not.
    """
    with noticed_signals() as arrived:
        try:
            yield
        except Interruption:
            raise
        except BaseException as error:
            if isinstance(error, passing) and _is_readable(error):
                raise
            if arrived() and not isinstance(error, Exception):
                raise
            message = f"{place(file, error)}: {what}: {described(error)}"
            raise PluginError(message, Path(file)) from error


def place(file: Path | str, error: BaseException) -> str:
    """``FILE:LINE`` of the plugin's innermost line on the way to ``error``, or ``FILE``."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(file) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{file}:{line}" if line else str(file)


def _is_readable(error: BaseException) -> bool:
    try:
        str(error)
    except BaseException:  # the plugin's own __str__ may raise anything, too
        return False
    return True


def described(error: BaseException) -> str:
    """The type and the message of ``error``, in at most 2,000 printable characters."""
    return printable(describe(error)[:2_000].rstrip(": "))


def shown(value: object) -> str:
    """The beginning of ``repr(value)``, in at most 60 printable characters."""
    try:
        text = repr(value)
    except BaseException:  # as above
        text = "an object whose repr() fails"
    return printable(text if len(text) <= 60 else f"{text[:57]}...")


def text_or_none(file: Path | str, call: str, answer: object) -> str | None:
    """``answer``; raises :class:`PluginError` if ``call`` should not have given it."""
    if answer is None or isinstance(answer, str):
        return answer
    message = f"{file}: {call} gives {shown(answer)}; it must be a text or None"
    raise PluginError(message, Path(file))
