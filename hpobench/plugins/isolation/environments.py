"""The environments of isolated plugins: built by uv from their locks, once on each machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from hpobench.contract.errors import NotAvailableError, PluginError
from hpobench.contract.files import write_whole
from hpobench.plugins.isolation.script import Script

FOLDER_VARIABLE = "HPOBENCH_ENVIRONMENTS"
_CUDA = ("nvidia-", "cuda-", "triton")
"""Beginnings of what torch asks for on Linux and needs on a GPU only."""
_NAMED = re.compile(r".+-[0-9a-f]{16}")
"""Folders of environments."""
_TOLD = 2_000
"""Characters of what uv said that an error repeats, from the end."""


@dataclass(frozen=True)
class Built:
    """What is known of an environment that is there."""

    versions: Mapping[str, str]
    """Of every distribution in it, as asked inside."""
    seconds: float
    """What building it took."""


@dataclass(frozen=True)
class Environment:
    """The environment of one plugin file, whether it is there or not.

    It lies in a folder named after the hash of the header and the lock, so that checkouts share
    it, and none that is in use is ever changed.
    """

    script: Script

    @property
    def folder(self) -> Path:
        return environments_folder() / f"{self.script.file.stem}-{self.script.key()}"

    @property
    def python(self) -> Path:
        return self.folder / "env" / "bin" / "python"

    def built(self) -> Built | None:
        """``None`` if it is not there yet."""
        try:
            told = json.loads((self.folder / "built.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Built(told["versions"], told["seconds"]) if self.python.exists() else None

    def failure(self) -> str | None:
        """Why the last attempt to build it failed; ``None`` if none did."""
        try:
            return (self.folder / "failed.txt").read_text(encoding="utf-8")
        except OSError:
            return None

    def missing(self) -> str | None:
        """Why the plugin cannot run here and what to do; ``None`` if it can, once built."""
        try:
            self.script.packages()
        except PluginError as error:
            return str(error)
        if self.built() is not None:
            return None
        if (reason := self.failure()) is not None:
            again = f"`hpobench env sync {self.script.file}` tries again"
            return f"its environment could not be built: {reason}; {again}"
        return None if find_uv() else "needs uv to build its environment; pip install uv"

    def build(self) -> Built:
        """Build it if it is not there; whoever comes second waits for the first.

        Raises :class:`NotAvailableError` with what uv said; :meth:`failure` keeps it.
        """
        with _locked(self.folder):
            if (built := self.built()) is not None:
                return built
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            begin = time.monotonic()
            try:
                self._build()
                versions = self._versions()
            except NotAvailableError as error:
                told = self._explained(str(error))
                self._write("failed.txt", told)
                raise NotAvailableError(told) from None
            built = Built(versions, round(time.monotonic() - begin, 2))
            self._write("built.json", json.dumps(vars(built)))
            return built

    def size(self) -> int:
        """Bytes of its files. Many share their blocks with uv's cache and other environments."""
        files = (path for path in self.folder.rglob("*") if not path.is_symlink())
        return sum(path.stat().st_size for path in files if path.is_file())

    # -- building ----------------------------------------------------------------------------

    def _build(self) -> None:
        script = self.folder / self.script.file.name
        script.write_text(f"{self.script.header}\n", encoding="utf-8")
        shutil.copyfile(self.script.lock_file, script.with_name(f"{script.name}.lock"))
        prefix = self.folder / "env"
        run_uv("venv", "--python", _interpreter(self.script), str(prefix))
        sync = ("sync", "--active", "--locked", "--script", str(script))
        torch = dict(self.script.packages()).get("torch")
        if torch is None or sys.platform != "linux" or not self._sync_for_cpu(sync, torch):
            run_uv(*sync, VIRTUAL_ENV=str(prefix))

    def _sync_for_cpu(self, sync: tuple[str, ...], torch: str) -> bool:
        """Install all but torch from the lock, and of torch the same version for the CPU: from
        the folder that pip or uv are told to look in, else from PyTorch's own index. False if
        there is none.

        On Linux the build on PyPI brings gigabytes of CUDA, which no searcher uses.
        """
        left_out = ["torch", *(n for n, _ in self.script.packages() if n.startswith(_CUDA))]
        leave = [word for name in left_out for word in ("--no-install-package", name)]
        run_uv(*sync, *leave, VIRTUAL_ENV=str(self.folder / "env"))
        at_hand = os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS") or ""
        install = ("pip", "install", "--python", str(self.python), "--no-deps")
        for more in ({"UV_FIND_LINKS": at_hand, "UV_NO_INDEX": "1"}, {"UV_TORCH_BACKEND": "cpu"}):
            with contextlib.suppress(NotAvailableError):
                run_uv(*install, f"torch=={torch}", **more)
                return True
        return False

    def _explained(self, told: str) -> str:
        """What uv ``told``, unless it is what we know better."""
        if "lockfile" in told and "needs to be updated" in told:
            return (
                "uv sync failed: the header and the lock do not fit each other; "
                f"`hpobench env sync --upgrade {self.script.file}` locks it anew"
            )
        return told

    def _versions(self) -> dict[str, str]:
        told = run_uv("pip", "list", "--python", str(self.python), "--format", "json")
        return {row["name"]: row["version"] for row in json.loads(told)}

    def _write(self, name: str, text: str) -> None:
        write_whole(self.folder / name, text.encode())


def lock(script: Script) -> None:
    """Resolve what ``script`` asks for, newest versions, into the lock file beside it.

    Raises :class:`NotAvailableError` with what uv said. Packages come from the index alone: a
    lock that names a folder of this machine would be of no use elsewhere.
    """
    run_uv("lock", "--script", str(script.file), "--upgrade", UV_FIND_LINKS="")


def remove(folder: Path) -> Path:
    """Remove the environment in ``folder``, once nobody builds it any more."""
    with _locked(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes of this machine out of the block for the same ``folder``."""
    from filelock import FileLock  # here, for `hpobench list` builds nothing

    path = folder.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # raises where FileLock would wait for ever: no file can be made
        with FileLock(path, fallback_to_soft=False):
            yield
    except OSError as error:
        raise NotAvailableError(f"{path}: {error.strerror or error}") from error


def version_of(distribution: str, script: Script | None) -> str | None:
    """The version that a plugin with this header runs with: what is in its environment, what is
    locked while that is not built, or without a header what is installed here."""
    name = canonicalize_name(distribution)
    try:
        if script is None:
            return metadata.version(name)
        built = Environment(script).built()
        found = script.packages() if built is None else built.versions.items()
    except (metadata.PackageNotFoundError, PluginError):
        return None
    return {canonicalize_name(key): version for key, version in found}.get(name)


def prepare(scripts: Iterable[Script], tell: Callable[[str], None]) -> None:
    """Build what is not there yet, locking what has no lock. One that fails leaves its reason
    for :meth:`Environment.missing`; ``tell`` is told what goes on."""
    for script in scripts:
        name = script.file.stem
        try:
            if not script.locked:
                tell(f"locking the environment of {name}")
                lock(script)
            environment = Environment(script)
            if environment.built() is None:
                tell(f"building the environment of {name}")
                environment.build()
        except (NotAvailableError, PluginError) as error:
            tell(f"the environment of {name} is not available: {error}")


def environments_folder() -> Path:
    """Where environments are kept on this machine."""
    if (given := os.environ.get(FOLDER_VARIABLE)) is not None:
        return Path(given).resolve()
    from platformdirs import user_cache_path

    return user_cache_path("hpobench") / "environments"


def folders() -> list[Path]:
    """What was built here, or begun; nothing that is somebody else's."""
    found = environments_folder().glob("*-*")
    return sorted(path for path in found if _NAMED.fullmatch(path.name) and _begun(path))


def _begun(folder: Path) -> bool:
    name = folder.name.rpartition("-")[0]
    return (folder / f"{name}.py").is_file() or (folder.is_dir() and not any(folder.iterdir()))


def find_uv() -> str | None:
    """The program: of the installed package, or on the path."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        import uv

        return str(uv.find_uv_bin())
    return shutil.which("uv")


def run_uv(*arguments: str, **environment: str) -> str:
    """What uv prints; raises :class:`NotAvailableError` with the end of what it says instead."""
    program = find_uv()
    if program is None:
        raise NotAvailableError("needs uv; pip install uv")
    inherited: dict[str, Any] = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    done = subprocess.run(
        [program, *arguments],
        env={**inherited, "UV_NO_PROGRESS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        told = done.stderr.strip()[-_TOLD:]
        raise NotAvailableError(f"uv {arguments[0]} failed: {told}")
    return done.stdout


def _interpreter(script: Script) -> str:
    """The running Python where it will do, else what the header asks for, which uv looks for."""
    wanted = str(script.metadata.get("requires-python", ""))
    try:
        fits = SpecifierSet(wanted).contains(".".join(map(str, sys.version_info[:3])))
    except InvalidSpecifier as error:
        raise NotAvailableError(f"{script.file}: requires-python: {error}") from error
    return sys.executable if fits else wanted
