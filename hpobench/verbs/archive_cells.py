"""The runs of an archive as cells of the suites that the evidence is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import contains
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.cell import Cell, Kind, PluginRef
from hpobench.evidence.archive import Archive, PluginFacts, hash_of
from hpobench.plugins.compatibility import trait
from hpobench.plugins.isolation.environments import version_of
from hpobench.plugins.isolation.releases import script_of
from hpobench.plugins.modules import load_class
from hpobench.plugins.registry import Registry
from hpobench.running.proof.verify_sample import Key, Planner
from hpobench.suites.suite import Source, Suite, load_suite
from hpobench.suites.union import LISTS

Run: TypeAlias = Mapping[str, Any]
"""The row of a run in an archive, by column."""
_FAILED = "failed or given up"
_UNKNOWN = "no suite of the evidence has such a cell"
_OTHER = (
    "their ids are not those of the suites' cells here: another version of hpobench, Ray, a plugin "
    "or its data made them, or another budget or option"
)


def find_cells(
    archive: Archive,
    suites: Sequence[Source],
    plugins: Sequence[str | Path],
    tell: Callable[[str], None],
) -> list[Cell | str]:
    """For each run of ``archive`` its cell in ``suites``, or the reason why it cannot run here.

    A searcher that no suite has is taken from the plugins that there are, by its name and with
    its default options. ``tell`` takes a line for each environment that is built.
    """
    runs = archive.runs.drop_columns(["regret", "visible"]).to_pylist()
    finder = _Finder(archive.searchers, Registry(plugins))
    finder.plan(suites, {_key(run) for run in runs if run["done"]}, tell)
    return [finder.cell(run) for run in runs]


def _key(run: Run) -> Key:
    return run["searcher"], run["scheduler"], run["problem"], run["workers"]


@dataclass
class _Finder:
    searchers: Mapping[str, PluginFacts]
    """What the archive says of them, by label."""
    registry: Registry
    planners: list[Planner] = field(default_factory=list)

    def plan(
        self, sources: Sequence[Source], keys: Collection[Key], tell: Callable[[str], None]
    ) -> None:
        """Plan in each suite what it has of ``keys``."""
        suites = [load_suite(source, self.registry.plugins) for source in sources]
        more = {
            "searchers": self._more("searcher", {key[0] for key in keys}, suites),
            "schedulers": self._more("scheduler", {key[1] for key in keys}, suites),
        }
        for suite in suites:
            resolved = suite.resolved()
            resolved |= {name: resolved[name] + entries for name, entries in more.items()}
            planner = Planner(resolved, self.registry.plugins, tell)
            labels = [{entry["as"] for entry in resolved[name]} for name in LISTS]
            members = (*labels, set(suite.workers))
            planner.plan([k for k in keys if all(map(contains, members, k))])
            self.planners.append(planner)

    def _more(
        self, kind: Kind, labels: Collection[str], suites: Sequence[Suite]
    ) -> list[dict[str, str]]:
        """Entries of the plugins that are called like ``labels`` and that no suite has."""
        known = {label for suite in suites for of, label in suite.places if of == kind}
        names = {entry.name for entry in self.registry.entries(kind)}
        return [{"name": name, "as": name} for name in sorted(names & {*labels} - known)]

    def cell(self, run: Run) -> Cell | str:
        """The cell of ``run``, or the reason why it cannot run here."""
        if not run["done"]:
            return _FAILED
        key = _key(run)
        found = [p.combinations[key] for p in self.planners if key in p.combinations]
        for combination in found:
            cell = combination.cell(run["seed"])
            if hash_of(cell.id) == run["cell"]:
                return cell
        if found:
            then, now = self.searchers[run["searcher"]].library, _library(found[0].searcher)
            return _OTHER if then == now else f"made with {then}, and here is {now}"
        return next((p.refused[key] for p in self.planners if key in p.refused), _UNKNOWN)


def _library(searcher: PluginRef) -> str:
    """The library of a searcher and its version, as an archive has it."""
    name = trait(load_class(searcher.file, searcher.cls), "library")
    return f"{name} {version_of(name, script_of(searcher))}" if name else ""
