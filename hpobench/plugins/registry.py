"""The registry of searchers, schedulers and problems, and whether they can run here.

Plugins come from the shipped folders, from entry points of installed packages, and from files
that a suite or ``--plugin`` names. Nothing is imported before :meth:`Entry.load`.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement

from hpobench.contract.cell import Kind
from hpobench.contract.errors import HpobenchError, PluginError, UnknownNameError
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins.apart import try_import
from hpobench.plugins.attributes import check_class
from hpobench.plugins.discovery import PluginText, find_plugins
from hpobench.plugins.foreign import calling, text_or_none
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.script import Script, read_script
from hpobench.plugins.modules import load_class, locate
from hpobench.plugins.requirements import unmet

Origin = Literal["shipped", "installed", "file"]
_NOT_PLUGINS = {"references", "suites", "data"}
"""Folders inside the shipped ones that hold no plugins."""


@dataclass(frozen=True, eq=False)
class Entry(PluginText):
    """A plugin in the registry, which suites may use."""

    origin: Origin

    @property
    def requires(self) -> tuple[str, ...]:
        """PEP 508 requirements beyond hpobench's own."""
        return tuple(self.attributes.get("requires", ()))

    @property
    def script(self) -> Script | None:
        """The header with which a searcher asks for an environment of its own, or ``None``."""
        return read_script(self.file) if self.kind == "searcher" else None

    def load(self) -> type:
        """The plugin class, imported; raises :class:`PluginError` if that fails or if it is none
        by its attributes."""
        if self.origin == "file":
            try_import(self.file)
        cls = load_class(str(self.file), self.cls)
        # Again, as in the file: what it computes can only be known now.
        check_class(self.kind, cls, self.file)
        return cls

    def unmet(self) -> str | None:
        """A requirement that is not installed and the command that installs all, or ``None``.

        An environment that is not built yet counts as installed, because it is built on use.
        """
        if (script := self.script) is not None:
            return Environment(script).missing()
        like = (self.name, str(self.attributes.get("family") or ""))
        try:
            return unmet([Requirement(text) for text in self.requires], like)
        except ValueError as error:  # also of a marker that compares what cannot be compared
            named = ", ".join(map(repr, self.requires))
            raise PluginError(f"{self.file}: requires {named}: {error}", self.file) from error

    @property
    def ready(self) -> bool:
        """Whether it runs here as things are, without an environment that must be built first."""
        if (script := self.script) is not None and Environment(script).built() is None:
            return False
        return self.unmet() is None

    @property
    def asked(self) -> bool:
        """Whether :meth:`missing` runs code of a file that the user named."""
        return self.answers and self.origin == "file"

    def missing(self) -> str | None:
        """The reason why the plugin cannot run here and what to do; ``None`` if it can.

        A problem that defines ``missing`` is imported and asked.
        """
        if (reason := self.unmet()) is not None or not self.answers:
            return reason
        try:
            cls: Any = self.load()
            with calling(self.file, "missing() failed"):
                answer = cls.missing()
            return text_or_none(self.file, "missing()", answer)
        except HpobenchError as error:
            return str(error)


class Registry:
    """All plugins of one run; ``plugins`` are files or folders that the user named.

    Raises :class:`PluginError` for a file that cannot be read, and for two plugins of the same
    kind and name. The message of a broken file of an installed package is kept in ``broken``.
    """

    def __init__(self, plugins: Iterable[Path | str] = ()) -> None:
        self.plugins = tuple(_resolved(Path(path)) for path in plugins)
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self.broken: list[str] = []
        for folder in PLUGIN_FOLDERS.values():
            self._add_all(_python_files(folder), "shipped")
        for group in ("hpobench.algorithms", "hpobench.problems"):
            for point in importlib.metadata.entry_points(group=group):
                self._add_installed(point)
        for path in self.plugins:
            # os.path: Path.is_dir raises if a name is too long for the disk.
            if not (is_folder := os.path.isdir(path)) and not os.path.isfile(path):  # noqa: PTH112, PTH113
                raise PluginError(f"{path}: no such plugin file", path)
            if self._add_all(_python_files(path) if is_folder else [path], "file") == 0:
                raise PluginError(
                    f"{path}: no plugin in it; a plugin is a class that derives from Searcher, "
                    "Scheduler or a Problem and has a name",
                    path,
                )

    def entries(self, kind: Kind) -> list[Entry]:
        """The plugins of one kind, sorted by name."""
        return [entry for (k, _), entry in sorted(self._entries.items()) if k == kind]

    def find(self, kind: Kind, name: str) -> Entry:
        """The plugin ``name``; raises :class:`UnknownNameError` if there is none."""
        if (entry := self._entries.get((kind, name))) is None:
            known = [entry.name for entry in self.entries(kind)]
            raise UnknownNameError(kind, name, known, self.broken)
        return entry

    def _add_installed(self, point: importlib.metadata.EntryPoint) -> None:
        """Add the plugins of the module that an installed package announces by ``point``."""
        file = locate(point.module) if point.pattern.match(point.value) else None
        if file is None:
            self.broken.append(
                f"the entry point {point.name!r} of group {point.group!r} names {point.value!r}, "
                "which is not installed; reinstall its package"
            )
            return
        try:
            files = list(_python_files(file.parent)) if file.name == "__init__.py" else [file]
        except PluginError as error:
            self.broken.append(str(error))
            return
        for file in files:
            try:
                read_script(file)  # a plugin with an invalid header cannot be listed
                self._add_all([file], "installed")
            except PluginError as error:
                self.broken.append(str(error))

    def _add_all(self, files: Iterable[Path], origin: Origin) -> int:
        """Add the plugins of ``files``; return how many there are."""
        count = 0
        for file in files:
            for found in find_plugins(file, nameless=origin == "file"):
                count += 1
                entry = Entry(**vars(found), origin=origin)
                other = self._entries.setdefault((entry.kind, entry.name), entry)
                if (other.file, other.cls) != (entry.file, entry.cls):
                    raise PluginError(
                        f"two {entry.kind}s are called {entry.name!r}: {other.cls} in {other.file} "
                        f"and {entry.cls} in {entry.file}; rename one",
                        other.file,
                        entry.file,
                    )
        return count


def shipped_suites() -> dict[str, Path]:
    """The suites that come with hpobench, by name."""
    folder = PLUGIN_FOLDERS["problems"] / "suites"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def _python_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if path.name.startswith("_") or not _NOT_PLUGINS.isdisjoint(parts[:-1]):
            continue
        if path.is_symlink() and not _resolved(path).is_relative_to(folder):
            raise PluginError(f"{path}: a link that leaves {folder}; name its target itself", path)
        yield path


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links, a NUL
        raise PluginError(f"{str(path)!r} is no path: {error}", path) from error
