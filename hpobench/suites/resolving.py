"""Entries of a suite's three lists, looked up in the registry and made into plugin references.

One form serves searchers, schedulers and problems:

    random                                        the name alone
    {name: asha, as: asha-3, reduction_factor: 3}
    {fcnet: {dataset: [naval_propulsion, protein_structure]}}

For a problem a list of values, a range of whole numbers (``1-24``) and ``all`` of a
``Literal``'s choices stand for every combination.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Budget, Kind, PluginRef
from hpobench.contract.errors import PluginError, SuiteError, UnknownNameError
from hpobench.plugins.foreign import calling
from hpobench.plugins.options import Option, label, options_of, resolve
from hpobench.plugins.registry import Entry, Registry
from hpobench.plugins.starting.suite_keys import KEYS, with_given
from hpobench.suites.suitefile import joined, parse_budget, parse_range
from hpobench.suites.yamlfile import Document, KeyPath, dotted

MAX_PROBLEMS = 10_000
"""Problems that one entry may stand for."""
MAX_LABEL = 200
"""Characters of a label, which stands in every figure, table and row of a report."""


@dataclass(frozen=True)
class Resolved:
    """A plugin reference, where the suite names it, and the budget if it is a problem."""

    ref: PluginRef
    path: KeyPath
    budget: Budget | None = None


@dataclass(frozen=True)
class _Text:
    """An entry in its normal form: a name, and its values at the path ``inner``."""

    path: KeyPath
    name: str
    inner: KeyPath
    values: Mapping[str, Any]


@dataclass
class Entries:
    """Resolves entries and collects everything that is wrong in ``faults``."""

    document: Document
    registry: Registry
    budget: Budget | None = None
    """The budget of problems that have none of their own."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The keys that searchers are given, such as ``start``, if they have none of their own."""
    faults: list[SuiteError] = field(default_factory=list)

    def resolve(self, kind: Kind, key: str, rows: Sequence[object]) -> list[Resolved]:
        """Every plugin reference that the list at ``key`` stands for."""
        found: list[Resolved] = []
        for index, row in enumerate(rows):
            try:
                found.extend(self._entry(kind, _normal(self.document, (key, index), row)))
            except SuiteError as error:
                # What is wrong with a key at the top of the suite is so for every searcher.
                if str(error) not in map(str, self.faults):
                    self.faults.append(error)
        self._refuse_duplicates(found)
        return found

    @contextlib.contextmanager
    def _blaming(self, path: KeyPath, *errors: type[Exception]) -> Iterator[None]:
        """Raise ``errors`` of the block as faults at ``path``."""
        try:
            yield
        except errors as error:
            raise self.document.error(path, str(error)) from error

    def _entry(self, kind: Kind, text: _Text) -> Iterator[Resolved]:
        place = text.inner if text.inner != text.path else (*text.path, "name")
        with self._blaming(place if place in self.document.lines else text.path, UnknownNameError):
            entry = self.registry.find(kind, text.name)
        options = dict(text.values)
        name = self._label(text, options.pop("as", None))
        budget = self.budget if kind == "problem" else None
        if kind == "problem" and "budget" in options:
            path = (*text.inner, "budget")
            budget = parse_budget(self.document, path, options.pop("budget"))
        cls = self._load(entry, text)
        givens = self._givens(text, entry, cls, options) if kind == "searcher" else [{}]
        rows = [options]
        if kind == "problem" and cls is not None:
            rows = self._combinations(text, entry, cls, options)
        if name is not None and len(rows) > 1:
            raise self.document.error(
                (*text.inner, "as"), f"one label cannot name {len(rows)} problems; leave it out"
            )
        folder, file = str(self.document.folder), str(entry.file)
        for row in rows:
            whole = row if cls is None else self._resolve(cls, text, row)
            called = name or (text.name if cls is None else label(cls, text.name, whole))
            for given in givens:
                made = name if name and len(givens) == 1 else with_given(called, given)
                if len(made) > MAX_LABEL:
                    path, what = (*text.inner, "as"), "the label"
                    if "as" not in text.values:
                        path, what = text.path, f"{what} made of the options, {made[:40]!r}...,"
                    raise self.document.error(
                        path,
                        f"{what} has {len(made):,} characters; a label has at most {MAX_LABEL}: "
                        "give a shorter one with 'as:'",
                    )
                ref = PluginRef(kind, entry.name, made, whole, file, entry.cls, folder, given)
                yield Resolved(ref, text.path, budget)

    def _givens(
        self, text: _Text, entry: Entry, cls: type | None, options: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Every combination of what a searcher is given; takes its own keys out of ``options``."""
        own = options_of(cls) or {} if cls is not None else {}
        axes: list[list[dict[str, Any]]] = []
        for key in KEYS:
            here = key in options and key not in own
            path = (*text.inner, key) if here else (key,)
            value = options.pop(key) if here else self.given.get(key)
            values = value if isinstance(value, list) else [value]
            if not values:
                raise self.document.error(path, "the list is empty; name at least one")
            with self._blaming(path, ValueError):
                parsed = [KEYS[key].parse(one) for one in values]
            axes.append([{} if one is None else {key: one} for one in parsed])
            refused = None
            if any(axes[-1]) and cls is not None:
                refused = KEYS[key].objection(cls, entry.file)
            if refused is not None:
                raise self.document.error(path, refused)
        return [{k: v for part in row for k, v in part.items()} for row in itertools.product(*axes)]

    def _label(self, text: _Text, given: object) -> str | None:
        if given is None:
            return None
        if isinstance(given, str) and given.isprintable() and given == given.strip() != "":
            return given
        raise self.document.error(
            (*text.inner, "as"), f"a label is a word or a short line, not {given!r}"
        )

    def _load(self, entry: Entry, text: _Text) -> type | None:
        """The class, or ``None`` if only a missing package keeps it from being imported."""
        try:
            return entry.load()
        except PluginError as error:
            if entry.unmet() is not None:
                return None
            raise self.document.error(text.path, str(error)) from error

    def _resolve(self, cls: type, text: _Text, options: Mapping[str, Any]) -> dict[str, Any]:
        with self._blaming(text.path, PluginError):
            resolved, wrong = resolve(cls, options)
        errors = [
            self.document.error(text.inner if f.key is None else (*text.inner, f.key), f.message)
            for f in wrong
        ]
        if errors:
            raise joined(errors)
        return resolved

    def _combinations(
        self, text: _Text, entry: Entry, cls: type, options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        with self._blaming(text.path, PluginError):
            known = options_of(cls) or {}
        values = {}
        with calling(entry.file, "its options cannot be checked"):
            for key, value in options.items():
                path = (*text.inner, key)
                values[key] = self._values(path, known[key], value) if key in known else [value]
        count = math.prod(map(len, values.values()))
        if count > MAX_PROBLEMS:
            raise self.document.error(
                text.path, f"stands for {count:,} problems, more than {MAX_PROBLEMS:,}"
            )
        return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]

    def _values(self, path: KeyPath, option: Option, value: Any) -> Sequence[Any]:
        """The values that ``value`` stands for: itself if it fits the option, else a list of
        values, a range, or all choices."""
        try:
            return [option.plain(value)]
        except ValueError as error:
            reason = str(error)
        if isinstance(value, list):
            if not value:
                raise self.document.error(path, "the list is empty; name at least one")
            parts = [self._values((*path, i), option, v) for i, v in enumerate(value)]
            return [item for part in parts for item in part]
        if value == "all" and option.choices:
            return option.choices
        try:
            span = parse_range(value) if isinstance(value, str) else None
            if span is not None and len(span) > 1:
                option.plain(span[0]), option.plain(span[-1])
                return span
        except ValueError as error:
            reason = str(error)
        raise self.document.error(path, reason)

    def _refuse_duplicates(self, found: Sequence[Resolved]) -> None:
        labels: dict[str, Resolved] = {}
        twins: dict[str, Resolved] = {}
        for item in found:
            ref = item.ref
            first = labels.setdefault(ref.label, item)
            content = f"{ref.name} {ref.options!r} {ref.given!r} {item.budget!r}"
            twin = twins.setdefault(content, item)
            if first is not item:
                taken = f"the label {ref.label!r} is taken by {dotted(first.path)}"
                message = f"{taken}; give one of them another with 'as:'"
            elif twin is not item:
                message = f"the same as {twin.ref.label!r} at {dotted(twin.path)}"
            else:
                continue
            self.faults.append(self.document.error(item.path, message))


def _normal(document: Document, path: KeyPath, row: object) -> _Text:
    if isinstance(row, str):
        return _Text(path, row, path, {})
    if isinstance(row, dict):
        if isinstance(row.get("name"), str):
            return _Text(path, row["name"], path, {k: v for k, v in row.items() if k != "name"})
        beside = {key: row[key] for key in ("as", "budget") if key in row}
        names = [key for key in row if key not in beside]
        inside = row[names[0]] if len(names) == 1 else None
        if len(names) == 1 and "name" not in row and (inside is None or isinstance(inside, dict)):
            twice = beside.keys() & (inside or {}).keys()
            if twice:
                raise document.error(path, f"{twice.pop()!r} is given twice")
            return _Text(path, names[0], (*path, names[0]), {**beside, **(inside or {})})
    raise document.error(
        path, "an entry is NAME, {name: NAME, option: value} or {NAME: {option: value}}"
    )


def registry_of(
    document: Document, named: Sequence[str], given: Sequence[str | os.PathLike[str]]
) -> Registry:
    """All plugins that the suite in ``document`` may use: shipped ones, those of files beside or
    below it that it has ``named``, and those of files that are ``given`` with it."""
    own, folder = [], document.folder
    for index, path in enumerate(named):
        where: KeyPath = ("plugins", index)
        try:
            file = (folder / path).resolve()
            there = file.exists()
        except (OSError, ValueError, RuntimeError) as error:
            raise document.error(where, f"no path: {error}") from None
        if not file.is_relative_to(folder):
            what = f"{path!r} leaves the suite's folder; use --plugin for files elsewhere"
            raise document.error(where, what)
        if not there:
            raise document.error(where, f"{path!r}: no such file beside the suite")
        own.append(file)
    try:
        return Registry([*own, *map(Path, given)])
    except PluginError as error:
        for index, mine in enumerate(own):
            if any(file.is_relative_to(mine) for file in error.files):
                raise document.error(("plugins", index), str(error)) from error
        raise
