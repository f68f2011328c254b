"""The environments of isolated plugins and of releases, which uv builds from their locks once on
each machine."""

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

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hpobench.contract.errors import NotAvailableError, PluginError
from hpobench.contract.files import locked, write_whole
from hpobench.plugins.isolation.script import Script, lock_beside, packages_in

FOLDER_VARIABLE = "HPOBENCH_ENVIRONMENTS"
_PYTHON = Path("env", "bin", "python")
_FAILED = "failed.txt"


@dataclass(frozen=True)
class Built:
    """The facts about an environment that was built."""

    versions: Mapping[str, str]
    """The version of every distribution in it."""
    seconds: float
    """The time that building took."""


@dataclass(frozen=True)
class Environment:
    """The environment of one plugin file, whether it was built or not.

    Its folder is named after the hash of the header and the lock, so that checkouts share it and
    an environment in use is never changed.
    """

    script: Script

    @property
    def folder(self) -> Path:
        return environments_folder() / f"{self.script.name}-{self.script.key()}"

    @property
    def python(self) -> Path:
        return self.folder / _PYTHON

    def built(self) -> Built | None:
        """The facts about the environment, or ``None`` if it was not built yet."""
        return built_in(self.folder)

    def missing(self) -> str | None:
        """The reason why the plugin cannot run here once built, and what to do; or ``None``."""
        try:
            self.script.packages()
        except PluginError as error:
            return str(error)
        if self.built() is not None:
            return None
        if (reason := failure_in(self.folder)) is not None:
            return f"its environment could not be built: {reason}; {self.script.again}"
        return None if find_uv() else "needs uv to build its environment; pip install uv"

    def build(self) -> Built:
        """Build the environment if it does not exist; a second process waits for the first.

        Raises :class:`NotAvailableError` with uv's message, which :func:`failure_in` then has.
        """
        with _locked(self.folder):
            if (built := self.built()) is not None:
                return built
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            begin = time.monotonic()
            try:
                self._install()
                rows = run_uv("pip", "list", "--python", str(self.python), "--format", "json")
            except NotAvailableError as error:
                reason = self.script.reason(str(error))
                write_whole(self.folder / _FAILED, reason.encode())
                raise NotAvailableError(reason) from None
            versions = {row["name"]: row["version"] for row in json.loads(rows)}
            built = Built(versions, round(time.monotonic() - begin, 2))
            write_whole(self.folder / "built.json", json.dumps(vars(built)).encode())
            return built

    def _install(self) -> None:
        script = self.script.lay(self.folder)
        packages, prefix = dict(packages_in(lock_beside(script))), str(self.folder / "env")
        # The running Python if it fits the header, or else one for which uv has to look.
        wanted = str(self.script.metadata.get("requires-python", ""))
        fits = SpecifierSet(wanted).contains(".".join(map(str, sys.version_info[:3])))
        run_uv("venv", "--python", sys.executable if fits else wanted, prefix)
        sync = ("sync", "--active", "--locked", "--script", str(script))
        if "torch" in packages and sys.platform == "linux":
            # The build of torch on PyPI brings gigabytes of CUDA, which no searcher uses. The CPU
            # build of the same version lies in a folder at hand, or else in PyTorch's index.
            cuda = ("nvidia-", "cuda-", "triton")
            left_out = ["torch", *(name for name in packages if name.startswith(cuda))]
            leave = [word for name in left_out for word in ("--no-install-package", name)]
            run_uv(*sync, *leave, VIRTUAL_ENV=prefix)
            at_hand = os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS") or ""
            folder = {"UV_FIND_LINKS": at_hand, "UV_NO_INDEX": "1"}
            install = ("pip", "install", "--python", str(self.python), "--no-deps")
            for more in (folder, {"UV_TORCH_BACKEND": "cpu"}):
                with contextlib.suppress(NotAvailableError):
                    run_uv(*install, f"torch=={packages['torch']}", **more)
                    return
        run_uv(*sync, VIRTUAL_ENV=prefix)


def lock(script: Script) -> None:
    """Resolve the requirements of ``script`` to the newest versions, in the lock file beside it.

    Raises :class:`NotAvailableError` with uv's message. Packages come from the index only, because
    a lock that names a folder of this machine would be of no use elsewhere.
    """
    run_uv("lock", "--script", str(script.file), "--upgrade", UV_FIND_LINKS="")


def built_in(folder: Path) -> Built | None:
    """The facts about the environment in ``folder``, or ``None`` if it was not built yet."""
    try:
        facts = json.loads((folder / "built.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    there = (folder / _PYTHON).exists()
    return Built(facts["versions"], facts["seconds"]) if there else None


def failure_in(folder: Path) -> str | None:
    """The reason why the last attempt to build one in ``folder`` failed, or ``None``."""
    try:
        return (folder / _FAILED).read_text(encoding="utf-8")
    except OSError:
        return None


def size_of(folder: Path) -> int:
    """The bytes of the files in ``folder``, many of which share blocks with uv's cache."""
    files = (path for path in folder.rglob("*") if not path.is_symlink())
    return sum(path.stat().st_size for path in files if path.is_file())


def remove(folder: Path) -> Path:
    """Remove the environment in ``folder`` once no process builds it; return the folder."""
    with _locked(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes of this machine out of the block for the same ``folder``."""
    path = folder.with_name(f"{folder.name}.lock")  # a release has dots, as a suffix has
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            yield
    except OSError as error:
        raise NotAvailableError(f"{path}: {error.strerror or error}") from error


def version_of(distribution: str, script: Script | None) -> str | None:
    """The version of ``distribution`` in the environment that ``script`` asks for, or in its lock
    while that is not built. Without a header it is the version installed here."""
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
    """Build the environments that do not exist yet, after locking those without a lock; ``tell``
    takes a line for each step. A failure's reason is kept for :meth:`Environment.missing`."""
    for script in scripts:
        name = script.name
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
    """The folder of this machine's environments."""
    if (given := os.environ.get(FOLDER_VARIABLE)) is not None:
        return Path(given).resolve()
    from platformdirs import user_cache_path

    return user_cache_path("hpobench") / "environments"


def folders() -> list[Path]:
    """The folders of environments that were built or begun, and no other folders."""
    found = []
    for path in environments_folder().glob("*-*"):
        if re.fullmatch(r".+-[0-9a-f]{16}", path.name):
            script = path / f"{name_of(path)}.py"
            # A process that was killed at the very beginning leaves an empty folder.
            if script.is_file() or (path.is_dir() and not any(path.iterdir())):
                found.append(path)
    return sorted(found)


def name_of(folder: Path) -> str:
    """What the environment in ``folder`` is called."""
    return folder.name.rpartition("-")[0]


def find_uv() -> str | None:
    """The path of uv, from the installed package or from PATH; ``None`` if there is none."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        import uv

        return str(uv.find_uv_bin())
    return shutil.which("uv")


def run_uv(*arguments: str, **environment: str) -> str:
    """The output of uv; raises :class:`NotAvailableError` with the end of its error messages."""
    program = find_uv()
    if program is None:
        raise NotAvailableError("needs uv; pip install uv")
    # That of the caller would count as the one to install into.
    inherited = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    done = subprocess.run(
        [program, *arguments],
        env={**inherited, "UV_NO_PROGRESS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        # The last 2,000 characters say what failed; what comes before may be a long progress.
        raise NotAvailableError(f"uv {arguments[0]} failed: {done.stderr.strip()[-2_000:]}")
    return done.stdout
