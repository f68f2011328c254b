"""Options with values of their own: what a suite is made of, and what a plugin is given."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from hpobench.cli import shared
from hpobench.contract.wording import parse_seconds


def changing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--searchers``, ``--add`` and the like, for verbs with an argument ``suite``.

    It may be left out then. The verb is given what :func:`load_suite` takes as ``suite`` and
    ``changes``.
    """

    @functools.wraps(command)  # click keeps options in the __dict__
    def changed(*, suite: str | None, add: list[Any], **given: Any) -> Any:
        from hpobench.suites.changes import ADHOC, Changes

        keys = taken(given, [*GRID, *_MORE])
        if suite is None and (missing := {"problems", "budget"} - keys.keys()):
            raise click.UsageError(
                f"name a SUITE, or say all of one: --{' and --'.join(sorted(missing))} missing, as "
                "in --searchers random,optuna-tpe --problems branin --budget 50"
            )
        return command(suite=ADHOC if suite is None else suite, changes=Changes(keys, add), **given)

    return shared.together(*GRID.values(), *_MORE.values(), _ADD)(changed)


def taken(given: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Those of ``keys`` that the command line gave, which are taken out of ``given``."""
    found = {key: given.pop(key) for key in keys}
    return {key: value for key, value in found.items() if value not in (None, [])}


def _add(options: dict[str, Any], text: str) -> None:
    """Add the ``KEY=VALUE`` of ``text`` to ``options``; a value that is not JSON is a word."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise click.BadParameter(f"{text!r} is not KEY=VALUE")
    if key in options:
        raise click.BadParameter(f"{key!r} is given twice")
    options[key] = _json_or_word(value)


def _json_or_word(text: str) -> Any:
    """The value of ``text`` as JSON, or else ``text``."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # brackets may be nested deeper than Python's stack
        return text


def _values(texts: Iterable[str]) -> dict[str, Any]:
    """What several ``KEY=VALUE`` say."""
    options: dict[str, Any] = {}
    for text in texts:
        _add(options, text)
    return options


def _entries(text: str) -> Iterator[Any]:
    """The entries of ``NAME[:OPTION=VALUE,...],NAME...`` as a suite file has them."""
    name, options = "", dict[str, Any]()
    for part in _split(text):
        head, colon, rest = part.partition(":")
        if name and "=" in head:  # one more option of the entry before
            _add(options, part)
            continue
        if name:
            yield {name: options} if options else name
        name, options = head.strip(), {}
        if not name or "=" in name:
            raise click.BadParameter(f"{part!r} in {text!r} is not NAME or NAME:OPTION=VALUE")
        if colon:
            _add(options, rest)
    yield {name: options} if options else name


def _split(text: str) -> list[str]:
    """``text`` at its commas outside of quotes and brackets, which JSON has, too."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "[{") - (letter in "]}")
        if letter == "," and not quoted and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _budget(text: str) -> Any:
    if "=" in text:
        return _values(text.split(","))
    if isinstance(number := _json_or_word(text), int | float):
        return {"evaluations": number}
    try:
        return {"time": parse_seconds(text)}
    except ValueError:
        raise ValueError(
            f"{text!r}: give evaluations (50), a time (1h), or KEY=VALUE like trials=100,time=1h"
        ) from None


def option(*names: str, parse: Callable[[str], Any], **more: Any) -> shared.Decorator:
    """An option that becomes what ``parse`` makes of its text, or refuses with a ValueError."""

    def parsed(_ctx: click.Context, _param: click.Parameter, given: Any) -> Any:
        try:
            if isinstance(given, tuple):  # of an option that is repeatable
                return [entry for text in given for entry in parse(text)]
            return None if given is None else parse(given)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return click.option(*names, callback=parsed, **more)


def _list(name: str, text: str) -> shared.Decorator:
    metavar = "NAME[:OPTION=VALUE,...],..."
    told = f"{text}; repeatable."
    return option(name, parse=_entries, multiple=True, metavar=metavar, help=told)


GRID: dict[str, shared.Decorator] = {
    name: _list(f"--{name}", f"These {name} instead of the suite's, like {example}")
    for name, example in (
        ("searchers", "random,optuna-tpe:multivariate=true"),
        ("schedulers", "fifo,asha:reduction_factor=3"),
        ("problems", "branin,fcnet:dataset=all"),
    )
} | {
    "budget": option(
        "--budget",
        parse=_budget,
        metavar="BUDGET",
        help="The budget of every problem: 50 evaluations, a time (1h), or trials=100,time=1h.",
    ),
    "workers": option(
        "--workers",
        parse=lambda text: [_json_or_word(part) for part in text.split(",")],
        metavar="N,...",
        help="Workers of each run instead of the suite's, like 4 or 1,4.",
    ),
}
"""What a suite is made of, by the key that each option gives."""
grid_options = shared.together(*GRID.values())
_MORE: dict[str, shared.Decorator] = {
    "start": option(
        "--start",
        parse=_json_or_word,
        help="What searchers start from that name no start of their own: none, default, "
        'portfolio, history, or JSON like {"portfolio": 10}.',
    ),
    "name": click.option(
        "--name",
        help="The name of the changed suite and of its results folder. Without it both stay the "
        "suite's: its stored cells are taken where they fit, the report shows the changed suite, "
        "and the suite without changes brings its own report back without running anything. "
        "Without a SUITE the name is adhoc.",
    ),
}
_ADD = _list("--add", "These searchers besides the suite's, also those of --plugin")
values_option = click.option(
    "-o",
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    callback=lambda _ctx, _param, given: _values(given),
    help="An option of the plugin, its value a word or JSON; repeatable.",
)
"""For verbs that take one plugin."""
