"""Resolved suites: as text, and the union of several.

The plugin files that a suite was resolved with are in a comment of its text: a suite names only
files in its own folder, and a resolved one is stored elsewhere.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML

from hpobench.contract.errors import UsageError
from hpobench.suites.yamlfile import MAX_BYTES


def suite_text(resolved: Mapping[str, Any], plugins: Iterable[str | Path]) -> str:
    """``resolved`` as YAML, under a comment that lists the files of ``plugins``."""
    yaml = YAML()
    yaml.default_flow_style = None
    stream = io.StringIO()
    # JSON keeps a file name with a line break within its comment.
    lines = [f"#   --plugin {json.dumps(str(file))}\n" for file in plugins]
    if lines:
        stream.write("".join(["# Give it these plugin files:\n", *lines]))
    yaml.dump(dict(resolved), stream)
    return stream.getvalue()


def in_one_line(value: Any) -> str:
    """A plain ``value`` as YAML on one line."""
    yaml = YAML()
    yaml.default_flow_style, yaml.width = True, MAX_BYTES
    stream = io.StringIO()
    if isinstance(value, list | dict):
        yaml.dump(value, stream)
        return stream.getvalue().strip()
    yaml.dump([value], stream)  # alone, a word would get an end mark
    return stream.getvalue().strip()[1:-1]


def plugins_named(text: str) -> list[str]:
    """The plugin files that the comment of :func:`suite_text` lists, as JSON spells them."""
    return re.findall(r"(?m)^#   --plugin (\".*\")$", text)


LISTS = ("searchers", "schedulers", "problems")
Named: TypeAlias = tuple[str, Mapping[str, Any]]
"""A suite, or an entry of one, and where it is from."""


def union(suites: Sequence[Named]) -> dict[str, Any]:
    """The union of ``suites``: their searchers, schedulers, problems and seeds.

    A label must mean the same everywhere, and one plugin with the same options must have one label.
    The name and the description are those of the first suite. Raises :class:`UsageError` with any
    other key in which they differ, because cells that ran otherwise do not compare.
    """
    first, suite = suites[0]
    for other, differing in suites[1:]:
        for key in _differences(suite, differing):
            if key not in ("name", "description", "seeds", *LISTS):
                raise UsageError(
                    f"{first} and {other}: {key!r} is not the same: "
                    f"{_values(suite, differing, key)}; only searchers, schedulers, problems and "
                    "seeds may differ"
                )
    seeds = sorted({seed for _, one in suites for seed in one["seeds"]})
    return {**suite, **{name: _entries(name, suites) for name in LISTS}, "seeds": seeds}


def _entries(name: str, suites: Sequence[Named]) -> list[Mapping[str, Any]]:
    """The entries of all suites in the list ``name``."""
    labels: dict[str, Named] = {}
    twins: dict[str, Named] = {}
    for place, suite in suites:
        for entry in suite[name]:
            first, known = labels.setdefault(entry["as"], (place, entry))
            for key in _differences(known, entry):
                raise UsageError(
                    f"{first} and {place}: {name}: {entry['as']!r} is not the same: {key!r} is "
                    f"{_values(known, entry, key)}; give one of them another label ('as:')"
                )
            content = {key: entry[key] for key in sorted(entry) if key != "as"}
            first, twin = twins.setdefault(json.dumps(content), (place, entry))
            if twin["as"] != entry["as"]:
                raise UsageError(
                    f"{first} and {place}: {name}: {twin['as']!r} and {entry['as']!r} are the "
                    "same; give them one label ('as:')"
                )
    return [entry for _, entry in labels.values()]


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """The keys whose values differ. The order inside a value counts, which may be a space's."""
    for key in sorted(one.keys() | other.keys()):
        if json.dumps(one.get(key)) != json.dumps(other.get(key)):
            yield key


def _values(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> str:
    return " and ".join(f"{found.get(key)!r:.80}" for found in (one, other))
