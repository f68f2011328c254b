"""Plugin files as modules: their names, their files and their import."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

from hpobench.contract.errors import PluginError
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins.foreign import calling
from hpobench.plugins.process_state import contained

FOLDER_PREFIX = "hpobench_plugins_"
"""The package of a lone plugin file's folder is called this and a hash of the path."""


def module_name(file: Path) -> str:
    """The module name under which ``file`` is imported.

    Shipped plugins and files of a package on ``sys.path`` are ordinary modules. The folder of any
    other file gets a name from its path, so that two files called ``mine.py`` in different places
    do not collide.
    """
    for key, folder in PLUGIN_FOLDERS.items():
        if file.is_relative_to(folder):
            return ".".join(["hpobench", key, *file.relative_to(folder).with_suffix("").parts])
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        parts, folder = [folder.name, *parts], folder.parent
    if len(parts) > 1 and str(folder) in sys.path:
        return ".".join(parts if parts[-1] != "__init__" else parts[:-1])
    digest = hashlib.blake2b(str(file.parent).encode(), digest_size=6).hexdigest()
    return f"{FOLDER_PREFIX}{digest}.{file.stem}"


def locate(module: str) -> Path | None:
    """The file of ``module``, which is found without importing it or its parents; or ``None``."""
    first, *rest = module.split(".")
    if first == "hpobench" and rest and rest[0] in PLUGIN_FOLDERS:
        return _under(PLUGIN_FOLDERS[rest[0]], rest[1:])
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return None
    if rest:  # by files, because find_spec imports the parents of a submodule
        folders = (spec.submodule_search_locations if spec else None) or ()
        found = (_under(Path(folder), rest) for folder in folders)
        return next((file for file in found if file is not None), None)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).resolve()


def sibling(file: Path, module: str, home: Path | None = None) -> Path | None:
    """The file of ``module`` as the plugin's ``file`` imports it, if it belongs to the plugin.

    A module belongs to the plugin if the import is relative (leading dots climb from the folder of
    ``file``), if it is a shipped plugin, if it is in the same package, or if it lies in ``home``,
    the plugin's folder (by default that of ``file``), where a plain ``import helper`` finds it
    whenever that folder is on ``sys.path``. Libraries and hpobench itself give ``None``.
    """
    name = module.lstrip(".")
    if level := len(module) - len(name):
        folder = file.parents[min(level, len(file.parents)) - 1]
        return _under(folder, name.split(".") if name else [])
    first = name.partition(".")[0]
    if first == "hpobench":
        shipped = name.startswith(tuple(f"hpobench.{key}." for key in PLUGIN_FOLDERS))
        return locate(name) if shipped else None
    if not name:
        return None
    if (beside := _under(home or file.parent, name.split("."))) is not None:
        return beside
    return locate(name) if first == module_name(file).partition(".")[0] else None


def _under(folder: Path, parts: list[str]) -> Path | None:
    path = folder.joinpath(*parts)
    candidates = [path / "__init__.py"]
    if parts:
        candidates.insert(0, path.with_name(f"{path.name}.py"))
    # os.path: Path.is_file raises if a name is too long for the disk.
    found = (file for file in candidates if os.path.isfile(file))  # noqa: PTH113
    return next((file.resolve() for file in found), None)


@functools.cache
def load_class(file: str, cls: str) -> type:
    """The class ``cls`` of the plugin ``file``, which is imported; workers call this too.

    Raises :class:`PluginError` with the file and the message of the failing library.
    """
    path = Path(file)
    try:
        with contained(path), calling(path, "cannot be imported", passing=()):
            found = getattr(import_file(path), cls, None)
            is_class = isinstance(found, type)  # which asks `found` for its __class__
    except PluginError as error:
        cause, advice = error.__cause__, ""
        name = cause.name if isinstance(cause, ModuleNotFoundError) else None
        # Were the folder on sys.path, the `helper` of two plugins would be one module.
        if name is not None and sibling(path, name) is not None:
            advice = (
                f"; it lies beside the plugin, so import it relatively: 'from .{name} import ...'"
            )
        raise PluginError(f"{error}{advice}", path) from cause
    if not is_class:
        raise PluginError(f"{path}: has no class {cls!r} once imported", path)
    return cast(type, found)


def import_file(path: Path) -> ModuleType:
    """The module of ``path``, imported under :func:`module_name`; raises whatever its code does."""
    name = module_name(path)
    package, _, _ = name.rpartition(".")
    if package.startswith(FOLDER_PREFIX) and package not in sys.modules:
        # The file's folder is made a package, so that it can import its neighbours (`from
        # ._helper import ...`) and so that every process finds it under the same name.
        module = ModuleType(package)
        module.__path__ = [str(path.parent)]
        sys.modules[package] = module
        importlib.invalidate_caches()
    return importlib.import_module(name)
