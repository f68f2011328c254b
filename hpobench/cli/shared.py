"""Options that several verbs take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def plugin_option(command: F) -> F:
    """``--plugin``, for verbs that plugins add to."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A plugin file or folder; repeatable.",
    )(command)


def selection_options(command: F) -> F:
    """``--seeds`` and ``--only``, for verbs that take a suite."""
    seeds = click.option("--seeds", help="These seeds instead of the suite's: 0-9, or 0,4,7.")
    only = click.option(
        "--only", metavar="GLOB", help="Only cells whose searcher/scheduler/problem match."
    )
    return seeds(only(command))
