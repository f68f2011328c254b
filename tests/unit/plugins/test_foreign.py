"""Calls into plugins: what they raise is told with its place, and a signal stays one."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hpobench.contract.errors import Interruption, PluginError, UsageError
from hpobench.plugins.foreign import calling, described, shown


class SilentError(UsageError):
    def __str__(self) -> str:
        raise SystemExit(4)


def raising(error: BaseException) -> None:
    with calling("mine.py", "it failed"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        StopIteration(),
        BaseException("x"),
        SilentError("x"),
    ],
)
def test_whatever_a_plugin_raises_is_its_error(error: BaseException) -> None:
    with pytest.raises(PluginError, match=r"^mine\.py: it failed: ") as caught:
        raising(error)
    assert caught.value.files == (Path("mine.py"),)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [UsageError("greed is too large"), Interruption()])
def test_errors_of_hpobench_and_limits_of_time_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        raising(error)
    assert caught.value is error


def test_the_plugins_innermost_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = "import json\ndef f():\n    json.loads('{')\nf()\n"
    told = r"mine\.py:3: it failed: JSONDecodeError"
    with pytest.raises(PluginError, match=told), calling(file, "it failed"):
        exec(compile(text, str(file), "exec"), {})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stays_a_signal(number: signal.Signals) -> None:
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), calling("mine.py", "it failed"):
            signal.raise_signal(number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_a_plugin_that_takes_the_signals_gives_them_back() -> None:
    before: Callable[..., object] | int | None = signal.getsignal(signal.SIGINT)
    with calling("mine.py", "it failed"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is before


def test_messages_are_short_and_printable() -> None:
    assert described(ValueError("\33[31mred\ud800")) == r"ValueError: \x1b[31mred\ud800"
    assert len(described(ValueError("x" * 10**6))) <= 2_000
    assert shown("x" * 10**6).endswith("...")
    assert described(SilentError()) == "SilentError, whose message cannot be made (SystemExit)"
