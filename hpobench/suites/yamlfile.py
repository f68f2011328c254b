"""YAML 1.2, or a mapping from Python, as plain values, with the line of every key.

Suites come from other people, so the reader sets limits: one small document of plain values, no
tags, no duplicated keys, no aliases that expand without end.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hpobench.contract.errors import SuiteError

_KINDS = {"null": "null", "bool": "true or false", "int": "whole number", "float": "number"}
MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_TEXT = 4096
"""Characters of one text."""
MAX_KEY = 256
"""Characters of one key."""
MAX_VALUES = 20_000
"""Values in a file; those behind aliases count each time. More would take seconds to parse."""

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass
class Document:
    """``value`` is made of dicts, lists, strings, numbers, booleans and ``None``."""

    file: Path | None
    """Where it was read; ``None`` for a mapping from Python."""
    value: Any = None
    lines: dict[KeyPath, int | None] = field(default_factory=dict)
    """The line of every key, ``None`` for those of a mapping."""
    base: Document | None = None
    """What the keys that are ``inherited`` were written in."""
    inherited: frozenset[str] = frozenset()
    options: Mapping[KeyPath, str] = field(default_factory=dict)
    """The options of the command line that gave what is at these keys."""

    @property
    def folder(self) -> Path:
        """Where relative paths start: beside the file, for a mapping in the working folder."""
        return Path.cwd() if self.file is None else self.file.parent.resolve()

    def error(self, path: KeyPath, message: str) -> SuiteError:
        """The error ``message`` about the value at ``path``, or about the nearest above it."""
        above = [path[:n] for n in range(len(path), -1, -1)]
        if (given := next((p for p in above if p in self.options), None)) is not None:
            inner = dotted(tuple(part for part in path[len(given) :] if isinstance(part, str)))
            return SuiteError(message, key=f"{self.options[given]} {inner}".rstrip())
        if self.base and path and path[0] in self.inherited:
            return self.base.error(path, message)
        known = next((p for p in above if p in self.lines), ())
        line = self.lines.get(known)
        return SuiteError(message, file=self.file, line=line, key=dotted(path) or None)


def dotted(path: KeyPath) -> str:
    """``problems[0].budget`` for ``("problems", 0, "budget")``."""
    steps = (
        f"[{part}]" if isinstance(part, int) else f".{part if part.isprintable() else repr(part)}"
        for part in path
    )
    return "".join(steps).removeprefix(".")


def read_yaml(file: Path) -> Document:
    """The document in ``file``; raises :class:`SuiteError` with file and line if it is not plain
    YAML."""
    text, document = _text(file), Document(file)
    yaml = YAML(typ="safe", pure=True)  # libyaml reads YAML 1.1, where `no` is a boolean
    yaml.Composer = _BoundedComposer
    try:
        root = yaml.compose(text)
    except SuiteError as error:
        raise SuiteError(error.message, file=file, line=error.line) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        reason = f"not valid YAML: {', '.join(filter(None, (error.context, error.problem)))}"
        if "single document" in str(error.context):
            reason = "more than one document; a suite is one, without '---' in the middle"
        raise SuiteError(reason, file=file, line=line) from None
    except Exception as error:  # whatever a parser raises about a text, the text is at fault
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise SuiteError(f"not valid YAML: {first}", file=file) from None
    if root is None:
        raise SuiteError("the file is empty", file=file)
    document.value = _Builder(document, yaml).value(root, ())
    return document


def read_mapping(
    value: Mapping[str, Any], options: Mapping[KeyPath, str] | None = None
) -> Document:
    """The document that a file with the content ``value`` would be, some of which ``options`` of
    the command line may have given.

    Tuples and ranges become lists, paths texts. Raises :class:`SuiteError` with the key of
    anything that YAML could not hold.
    """
    document = Document(None, options=options or {})
    document.value = _plain(document, value, ())
    return document


def _plain(document: Document, value: object, path: KeyPath) -> Any:
    if len(document.lines) >= MAX_VALUES:
        raise document.error(path[:4], f"more than {MAX_VALUES:,} values, too many for a suite")
    document.lines[path] = None
    if len(path) > MAX_DEPTH:
        raise document.error(path[:4], f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        if unnamed := [key for key in value if not isinstance(key, str)]:
            raise document.error(path, f"keys are words, not {unnamed[0]!r}")
        return {key: _plain(document, item, (*path, key)) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(document, item, (*path, i)) for i, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if value is not None and not isinstance(value, str | int | float):
        raise document.error(path, f"a {type(value).__name__} is no word, number, list or mapping")
    _check_scalar(document, path, value, value if isinstance(value, str) else f"{value!r:.99}")
    return value


def _check_scalar(document: Document, path: KeyPath, value: object, text: str) -> None:
    """Raises :class:`SuiteError` for a ``value``, written as ``text``, beyond the limits."""
    if len(text) > MAX_TEXT:
        raise document.error(path, f"longer than {MAX_TEXT} characters")
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        short = text if len(text) <= 20 else f"{text[:17]}..."
        raise document.error(path, f"{short} is not a number to compute with")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise document.error(path, "half a character (a surrogate), which no file can hold")


def _text(file: Path) -> str:
    try:
        # Opening a pipe and reading a device may never end.
        with open(file, "rb", opener=lambda p, flags: os.open(p, flags | os.O_NONBLOCK)) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise SuiteError("is no regular file", file=file)
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SuiteError(f"cannot be read: {error.strerror}", file=file) from error
    if len(data) > MAX_BYTES:
        raise SuiteError(f"larger than {MAX_BYTES >> 20} MiB, too large for a suite", file=file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SuiteError("not UTF-8; save the file as UTF-8", file=file, line=line) from error


class _BoundedComposer(Composer):
    """Stops at the limits, before the whole tree of a hostile file is built."""

    _depth = 0
    _values = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._depth += 1
        self._values += 1
        line = self.parser.peek_event().start_mark.line + 1
        # Within ruamel.yaml the file is not known; read_yaml() adds it.
        if self._depth > MAX_DEPTH:
            raise SuiteError(f"nested more than {MAX_DEPTH} levels deep", line=line)
        if self._values > MAX_VALUES:
            raise SuiteError(f"more than {MAX_VALUES} values, too many for a suite", line=line)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Builder:
    """Turns nodes into plain values and notes their lines."""

    def __init__(self, document: Document, yaml: YAML) -> None:
        self._document, self._yaml = document, yaml
        self._count = 0

    def value(self, node: Node, path: KeyPath) -> Any:
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        # The composer counts an alias once, and what it stands for may be nested in itself.
        if self._count > MAX_VALUES or len(path) > MAX_DEPTH:
            raise self._document.error(path[:4], "aliases expand too far; write the values out")
        kind = (node.tag or "").removeprefix("tag:yaml.org,2002:")
        if isinstance(node, MappingNode) and kind == "map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, kind, path)
        raise self._document.error(path, f"tags like {node.tag} are not allowed")

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                text = key.value if isinstance(key, ScalarNode) else "a collection"
                raise SuiteError(
                    f"keys are words, not {text or 'null'!s}",
                    file=self._document.file,
                    line=line,
                    key=dotted(path) or None,
                )
            inner = (*path, key.value)
            if len(key.value) > MAX_KEY:
                raise self._document.error(path, f"a key longer than {MAX_KEY} characters")
            _check_scalar(self._document, path, None, key.value)
            if key.value in result:
                first = self._document.lines[inner]
                self._document.lines[inner] = line
                raise self._document.error(inner, f"given twice; first in line {first}")
            self._document.lines[inner] = line
            result[key.value] = self.value(item, inner)
        return result

    def _scalar(self, node: ScalarNode, kind: str, path: KeyPath) -> Any:
        _check_scalar(self._document, path, node.value, node.value)
        if kind == "str":
            return node.value
        resolved = self._yaml.resolver.resolve(ScalarNode, node.value, (True, False))
        meant = str(resolved).removeprefix("tag:yaml.org,2002:")
        if kind == meant == "timestamp":  # JSON, which is what is stored, has no dates
            return node.value
        if kind not in _KINDS:
            raise self._document.error(path, f"tags like {node.tag} are not allowed")
        if kind != meant and (kind, meant) != ("float", "int"):  # `!!float 1` is a number
            short = node.value if len(node.value) <= 40 else f"{node.value[:37]}..."
            raise self._document.error(path, f"{short!r} is no {_KINDS[kind]}")
        try:
            value = self._yaml.constructor.construct_object(node)
        except (ValueError, ArithmeticError, LookupError, YAMLError) as error:
            raise self._document.error(path, f"not a number: {error}") from None
        _check_scalar(self._document, path, value, node.value)
        return value
