"""What is installed beside hpobench: data sets, and environments of searchers and of releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hpobench.contract.errors import NotAvailableError, PluginError, UsageError
from hpobench.contract.wording import megabytes
from hpobench.data import catalogue, local, openml
from hpobench.data.catalogue import Dataset
from hpobench.data.local import VARIABLE, LocalDataset
from hpobench.data.local import roots as roots  # the command line names them
from hpobench.plugins.isolation import environments
from hpobench.plugins.isolation.environments import Environment, remove
from hpobench.plugins.isolation.releases import AT, ReleaseScript
from hpobench.plugins.isolation.script import Script
from hpobench.plugins.registry import Registry, shipped_suites

_NOTHING: Mapping[str, Any] = {"state": "", "packages": None, "MB": None, "built_s": None}
"""What is known of an environment that is not there."""


def data_sets() -> list[LocalDataset]:
    """Every data set, where it is or would be put."""
    return [local.look(dataset) for dataset in local.everything()]


def facts(found: LocalDataset) -> dict[str, Any]:
    """What there is to know of a data set, for programs."""
    names = ("name", "title", "problems", "size", "licence", "citation", "source")
    mending = None if found.state == "here" else found.mending
    own = {name: getattr(found.dataset, name) for name in names}
    return {**own, "state": found.state, "folder": str(found.folder), "mending": mending}


class Wanted(NamedTuple):
    """A data set that is to be fetched into a data folder."""

    dataset: Dataset
    root: Path

    @classmethod
    def named(cls, name: str, root: Path) -> Wanted:
        """The data set that ``data list`` calls ``name``, or ``openml:ID``."""
        of_openml = catalogue.is_openml(name)
        return cls(openml.described(name, root) if of_openml else catalogue.listed(name), root)

    @property
    def folder(self) -> Path:
        return self.root / self.dataset.folder

    def lines(self) -> Iterator[str]:
        """What the data set is, whose it is and where it goes."""
        one, archive = self.dataset, self.dataset.archive
        yield f"{one.name}: {one.title}{f' ({megabytes(one.size)})' if one.files else ''}"
        yield f"  licence  {one.licence}"
        yield f"  cite     {one.citation}"
        size = f" ({megabytes(archive.size)}, not kept)" if archive else ""
        yield f"  from     {one.url or one.source}{size}"
        yield f"  into     {self.folder}"

    def fetch(self, tell: Callable[[str, int], None]) -> list[str]:
        """Download what is missing; returns the files that came. ``tell`` is given a file's path
        and how many bytes are done."""
        if catalogue.is_openml(self.dataset.name):
            return openml.fetch(self.dataset, self.root)
        from hpobench.data.download import fetch

        return fetch(self.dataset, self.root, tell)


def advice(root: Path) -> str | None:
    """What makes the data in ``root`` be found; ``None`` if it is."""
    if root in roots():
        return None
    return f"to use what is there: export {VARIABLE}={root}"


def verify(names: Sequence[str]) -> tuple[list[LocalDataset], dict[str, str]]:
    """Compare the hashes of the data sets ``names``, or of all that are there; returns every copy
    that there is, and what to do about those that were named and are not there, by their names."""
    chosen = [local.dataset(name) for name in names] or local.everything()
    copies = [
        LocalDataset(one, root, local.verify(one, root)) for one in chosen for root in roots()
    ]
    there = [copy for copy in copies if copy.state != "absent"]
    found = {copy.dataset.name for copy in there}
    lacking = [one.name for one in chosen if names and one.name not in found]
    return there, {name: str(local.missing(name)) for name in lacking}


def sync(
    names: Sequence[str], plugins: Sequence[Path], *, upgrade: bool = False
) -> Iterator[dict[str, Any]]:
    """Build the environments of the searchers, files or suites ``names``, or of all searchers;
    with ``upgrade`` after locking the newest versions. Yields the facts of each: its ``name``, its
    ``state`` (``built``, ``was there`` or ``failed``), ``built_s`` and an ``error``."""
    for script in _scripts(names, plugins):
        try:
            environment = Environment(script)
            # The lock of a release is within its environment, so that both are made anew.
            if upgrade and isinstance(script, ReleaseScript):
                remove(environment.folder)
            elif upgrade or not script.locked:
                environments.lock(script)
            there = environment.built() is not None
            built = environment.build()
        except (NotAvailableError, PluginError) as error:
            facts = {"name": script.name, "state": "failed", "built_s": None}
            yield {**facts, "error": str(error)}
        else:
            facts = {"name": script.name, "state": "was there" if there else "built"}
            yield {**facts, "built_s": built.seconds, "error": None}


def listed_environments(plugins: Sequence[Path]) -> dict[str, Any]:
    """The ``environments`` of all searchers, and those of releases that are built; in which
    ``folder`` they are."""
    found = []
    for script in _scripts((), plugins):
        facts: dict[str, Any] = {"name": script.name, "file": str(script.file)}
        if _readable(script):
            facts |= _state(Environment(script).folder)
        else:
            facts |= {**_NOTHING, "state": "not readable" if script.locked else "not locked"}
        found.append(facts)
    named = ((environments.name_of(folder), folder) for folder in environments.folders())
    found += [{"name": name, "file": None, **_state(at)} for name, at in named if AT in name]
    return {"folder": str(environments.environments_folder()), "environments": found}


def _state(folder: Path) -> dict[str, Any]:
    """What is known of the environment in ``folder``."""
    if (built := environments.built_in(folder)) is None:
        failed = environments.failure_in(folder)
        return {**_NOTHING, "state": "failed" if failed else "not built"}
    known = {"state": "built", "packages": len(built.versions)}
    return {**known, "MB": environments.size_of(folder) / 1e6, "built_s": built.seconds}


def clean(plugins: Sequence[Path], *, everything: bool) -> dict[str, Any]:
    """Remove the environments that no searcher known here asks for, or ``everything``; returns
    the names of those ``removed``, and the ``folder``."""
    scripts = () if everything else filter(_readable, _scripts((), plugins))
    used = {Environment(script).folder for script in scripts}
    gone = [remove(folder).name for folder in environments.folders() if folder not in used]
    return {"folder": str(environments.environments_folder()), "removed": gone}


def _readable(script: Script) -> bool:
    """Whether the lock can be read, which says what the environment holds."""
    try:
        script.packages()
    except PluginError:
        return False
    return True


def _scripts(names: Sequence[str], plugins: Sequence[Path]) -> Iterator[Script]:
    """What environments are made from: of the searchers or suites ``names``, or of all searchers;
    each file once."""
    from hpobench.suites.suite import load_suite

    shipped = shipped_suites()
    suites = [name for name in names if name.endswith((".yaml", ".yml")) or name in shipped]
    for suite in suites:
        yield from load_suite(suite, plugins).scripts()
    names = [name for name in names if name not in suites]
    if suites and not names:
        return
    files = [Path(name) for name in names if name.endswith(".py")]
    registry = Registry([*plugins, *files])
    entries = registry.entries("searcher")
    if names:
        shown = {e.file.stem: e.file for e in entries if e.script is not None}
        plain = [name for name in names if not name.endswith(".py")]
        wanted = {shown.get(n) or registry.find("searcher", n).file for n in plain}
        wanted |= {file.resolve() for file in files}
        entries = [entry for entry in entries if entry.file in wanted]
    # Several searchers of one file share its environment.
    scripts = {entry.file: entry.script for entry in entries}
    for file, script in scripts.items():
        if script is not None:
            yield script
        elif names:
            raise UsageError(f"{file}: has no '# /// script' header and needs no environment")
