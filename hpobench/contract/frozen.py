"""Frozen references: losses that regrets are measured with, the same for everybody.

``hpobench problems freeze NAME`` writes the file of a family, ``references/NAME.json``:

    {"problem": NAME, "members": {KEY: {"version": 1, "optimum": ..., "known": ..., "clip": ...,
     "random": {"1": [q25, q50, q75], "10": ...}, "seconds": ..., "found": "...", "sampled": "...",
     "data": "...", "signature": [...]}}}

``found`` says how the optimum is known and ``sampled`` how the other numbers were measured.
``data`` and ``signature`` show whether the problem is still the same.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from hpobench.contract.errors import PluginError

Quartiles: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Reference:
    """The losses that regrets are measured with.

    ``optimum`` is the best loss at full fidelity, known or the best ever recorded. ``clip`` is
    the median full-fidelity loss of one random configuration. Both are held-out losses if the
    problem has them. ``source`` says how they were obtained.
    """

    optimum: float
    clip: float
    source: str
    known: bool = True
    """Whether ``optimum`` is exact."""
    version: int = 1
    """A number that grows whenever one of the losses changes."""
    random: Mapping[int, Quartiles] = field(default_factory=dict)
    """The quartiles of the loss that random search reaches, by its number of full evaluations. It
    is the loss, held out if there is one, of the configuration with the best visible loss."""


class Frozen(NamedTuple):
    """The entry of one member in a file of references."""

    reference: Reference
    seconds: float
    """The median cost of a full evaluation."""


def frozen(cls: type, key: str) -> Frozen | None:
    """The frozen entry of the member ``key`` of the problem class ``cls``, or ``None``.
    Raises :class:`PluginError` if the file is damaged."""
    return frozen_members(references_of(cls)).get(key)


def references_of(cls: type) -> Path:
    """The file of references for the problem class ``cls``."""
    return references_file(Path(inspect.getfile(cls)), getattr(cls, "name", cls.__name__))


def references_file(plugin: Path, name: str) -> Path:
    """The file of references for the problem ``name`` in the file ``plugin``."""
    return folder_of(plugin, "references") / f"{name}.json"


def folder_of(plugin: Path, name: str) -> Path:
    """The folder ``name`` beside the file ``plugin``, or beside its folder if only that exists."""
    beside, above = plugin.parent / name, plugin.parent.parent / name
    return above if above.is_dir() and not beside.is_dir() else beside


def read_members(file: Path) -> dict[str, dict[str, Any]]:
    """The members in ``file`` as they are stored; empty if there is no such file.
    Raises :class:`PluginError` if it is damaged."""
    try:
        members = json.loads(file.read_text(encoding="utf-8"))["members"]
        for entry in members.values():
            _entry(entry)
            kinds = type(entry["data"]), type(entry["signature"]["losses"])
            if kinds != (str, list):
                raise TypeError("data or signature")
        return {str(key): dict(entry) for key, entry in members.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PluginError(
            f"{file}: not a file of references ({type(error).__name__}: {error}); get it anew, or "
            "remove it and run `hpobench problems freeze`"
        ) from error


@functools.cache
def frozen_members(file: Path) -> dict[str, Frozen]:
    """The entries of ``file`` by key; raises :class:`PluginError` if it is damaged."""
    return {key: _entry(entry) for key, entry in read_members(file).items()}


def _entry(stored: dict[str, Any]) -> Frozen:
    random = {int(n): (float(a), float(b), float(c)) for n, (a, b, c) in stored["random"].items()}
    version = int(stored["version"])
    source = f"version {version}; optimum: {stored['found']}; the rest: {stored['sampled']}"
    losses = float(stored["optimum"]), float(stored["clip"])
    reference = Reference(*losses, source, bool(stored["known"]), version, random)
    return Frozen(reference, float(stored["seconds"]))
