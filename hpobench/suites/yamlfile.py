"""YAML 1.2 as plain values, with the line of every key.

Suites come from other people, so the reader has limits: one small document of plain values, no
tags, no duplicated keys, no aliases that expand without end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hpobench.contract.errors import SuiteError

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_TEXT = 4096
"""Characters of one word or text."""
MAX_VALUES = 20_000
"""Values in a file, those behind aliases counted each time: seconds of parsing."""

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass
class Document:
    """A YAML file read: ``value`` is made of dicts, lists, strings, numbers, booleans, None."""

    file: Path
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def error(self, path: KeyPath, message: str) -> SuiteError:
        """The error ``message`` about the value at ``path``, or about the nearest above it."""
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), ())
        line = self.lines.get(known)
        return SuiteError(message, file=self.file, line=line, key=dotted(path) or None)


def dotted(path: KeyPath) -> str:
    """``problems[0].budget`` for ``("problems", 0, "budget")``."""
    return "".join(map(_step, path)).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if part.isprintable() else f".{part!r}"


def read_yaml(file: Path) -> Document:
    """Raises :class:`SuiteError` with file and line for whatever is not plain YAML."""
    text = _text(file)
    document = Document(file)
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        root = yaml.compose(text)
    except _LimitError as error:
        raise SuiteError(str(error), file=file, line=error.line) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise SuiteError(_reason(error), file=file, line=line) from None
    except (YAMLError, RecursionError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise SuiteError(f"not valid YAML: {first}", file=file) from None
    if root is None:
        raise SuiteError("the file is empty", file=file)
    document.value = _Builder(document, yaml).value(root, ())
    return document


def _text(file: Path) -> str:
    if file.exists() and not file.is_file():  # reading a pipe or a device may never end
        raise SuiteError("is no regular file", file=file)
    try:
        with file.open("rb") as stream:
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


class _LimitError(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _BoundedComposer(Composer):
    """Stops at the limits instead of building the tree of a file that goes beyond them."""

    _depth = 0
    _values = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._depth += 1
        self._values += 1
        line = self.parser.peek_event().start_mark.line + 1
        if self._depth > MAX_DEPTH:
            raise _LimitError(f"nested more than {MAX_DEPTH} levels deep", line)
        if self._values > MAX_VALUES:
            raise _LimitError(f"more than {MAX_VALUES} values, too many for a suite", line)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _reason(error: MarkedYAMLError) -> str:
    if "single document" in str(error.context):
        return "more than one document; a suite is one, without '---' in the middle"
    parts = [part for part in (error.context, error.problem) if part]
    return f"not valid YAML: {', '.join(parts)}"


class _Builder:
    """Turns nodes into plain values and notes their lines."""

    def __init__(self, document: Document, yaml: YAML) -> None:
        self._document, self._yaml = document, yaml
        self._count = 0

    def value(self, node: Node, path: KeyPath) -> Any:
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
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
            if key.value in result:
                first = self._document.lines[inner]
                self._document.lines[inner] = line
                raise self._document.error(inner, f"given twice; first in line {first}")
            self._document.lines[inner] = line
            result[key.value] = self.value(item, inner)
        return result

    def _scalar(self, node: ScalarNode, kind: str, path: KeyPath) -> Any:
        if len(node.value) > MAX_TEXT:
            raise self._document.error(path, f"longer than {MAX_TEXT} characters")
        if kind in ("str", "timestamp"):
            return node.value
        if kind not in ("null", "bool", "int", "float"):
            raise self._document.error(path, f"tags like {node.tag} are not allowed")
        try:
            value = self._yaml.constructor.construct_object(node)
        except (ValueError, YAMLError) as error:
            raise self._document.error(path, f"not a number: {error}") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._document.error(path, f"{node.value} is not a number to compute with")
        return value
