"""The plugin files that a suite names, and those that are given with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hpobench.contract.errors import PluginError
from hpobench.plugins.registry import Registry
from hpobench.suites.yamlfile import Document, KeyPath


def registry_of(
    document: Document, named: Sequence[str], given: Sequence[str | os.PathLike[str]]
) -> Registry:
    """All plugins that the suite in ``document`` may use: shipped ones, those of the files that it
    has ``named``, and those of the files that are ``given`` with it."""
    own = [_inside(document, index, path) for index, path in enumerate(named)]
    try:
        return Registry([*own, *map(Path, given)])
    except PluginError as error:
        for index, path in enumerate(own):
            if any(file.is_relative_to(path) for file in error.files):
                raise document.error(("plugins", index), str(error)) from error
        raise


def _inside(document: Document, index: int, path: str) -> Path:
    """The plugin file that a suite names: beside or below it, never elsewhere."""
    folder = document.folder
    where: KeyPath = ("plugins", index)
    try:
        file = (folder / path).resolve()
        there = file.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise document.error(where, f"no path: {error}") from None
    if not file.is_relative_to(folder):
        raise document.error(
            where, f"{path!r} leaves the suite's folder; use --plugin for files elsewhere"
        )
    if not there:
        raise document.error(where, f"{path!r}: no such file beside the suite")
    return file
