"""The keys of a searcher's entry that are no options of the plugin, such as ``start``.

Each may be a list, which stands for the searcher with each of its values. Each but ``release`` may
stand at the top of a suite, for all searchers that have none of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.plugins.isolation.releases import RELEASE, parse_release, release_objection
from hpobench.plugins.starting.priors import parse_prior, spell_prior
from hpobench.plugins.starting.start import parse_start, spell_start
from hpobench.plugins.starting.stopping import parse_stop, spell_stop


@dataclass(frozen=True)
class Key:
    """One key: what its values are and how labels show them."""

    parse: Callable[[object], Any]
    """The value in plain JSON types, ``None`` for ``none``; raises :class:`ValueError`."""
    spell: Callable[[Any], str]
    """A parsed value in a word."""
    objection: Callable[[type, Path], str | None] = lambda *_: None
    """Why a searcher class in a file can have no value at all, which is a fault of the suite."""


KEYS: Mapping[str, Key] = {
    RELEASE: Key(parse_release, str, release_objection),
    "start": Key(parse_start, spell_start),
    "prior": Key(parse_prior, spell_prior),
    "stop": Key(parse_stop, spell_stop),
}


def spell_given(given: Mapping[str, Any]) -> str:
    """``given`` as it stands in labels: ``start=portfolio-5``."""
    return ",".join(f"{key}={KEYS[key].spell(value)}" for key, value in given.items())


def with_given(label: str, given: Mapping[str, Any]) -> str:
    """The label of a searcher that is called ``label`` without ``given``.

    >>> with_given("optuna-tpe[multivariate=true]", {"start": {"portfolio": 5}})
    'optuna-tpe[multivariate=true,start=portfolio-5]'
    """
    if not given:
        return label
    begun = f"{label[:-1]}," if label.endswith("]") else f"{label}["
    return f"{begun}{spell_given(given)}]"
