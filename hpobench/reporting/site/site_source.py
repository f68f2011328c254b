"""What the pages are made of: an archive, and what is known of the suites that it comes from."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hpobench.analysis.text.csv_files import Names, slug
from hpobench.contract.cell import Kind
from hpobench.contract.errors import HpobenchError, StoreError, UsageError
from hpobench.contract.space import Space
from hpobench.evidence.archive import Archive, evidence_suites, read_archive, regrets_of
from hpobench.evidence.distilling import distilled
from hpobench.evidence.scores import Algorithm
from hpobench.plugins.building import build_problem
from hpobench.plugins.registry import Entry, Registry
from hpobench.reporting.site.means import Means, means_of
from hpobench.reporting.site.ranking import Rankings
from hpobench.store.read.reader import load_results
from hpobench.suites.suite import Suite, load_suite


@dataclass(frozen=True)
class ProblemDetails:
    """What a suite or stored results say of a problem beyond the archive."""

    space: Space
    metric: str
    fidelity: str
    optimum: float
    """A loss, like ``clip``."""
    clip: float
    known: bool
    """Whether ``optimum`` is exact."""
    origin: str
    """How the reference losses are known."""


@dataclass(frozen=True)
class SiteSource:
    """An archive that gets pages."""

    title: str
    folder: str
    """Where its pages lie in the site; empty, or with a slash at its end."""
    archive: Archive
    suites: Sequence[Mapping[str, Any]]
    """That its runs come from, as :meth:`hpobench.suites.suite.Suite.resolved` writes them."""
    details: Mapping[str, ProblemDetails]
    """By the label of the problem; those of which nothing more is known are left out."""

    @cached_property
    def means(self) -> Means:
        return means_of(self.archive)

    @cached_property
    def rankings(self) -> Rankings:
        return Rankings(self.archive, self.means)

    @cached_property
    def places(self) -> dict[str, dict[str, str]]:
        """Safe file names, without their ends, of what has a page or data of its own: by its kind,
        and by its label, which may hold anything."""
        runs, kinds = self.archive.runs, ("searcher", "scheduler", "problem")
        labels = {kind: set(runs[kind].unique().to_pylist()) for kind in kinds}
        labels["family"] = {self.archive.problems[name].family for name in labels["problem"]}
        found = {}
        for kind, own in labels.items():
            names = Names()
            found[kind] = {label: names.free(slug(label).lower()) for label in sorted(own)}
        return found

    def key(self, algorithm: Algorithm) -> str:
        """By which links name ``algorithm``; file names have no full stop."""
        searchers, schedulers = self.places["searcher"], self.places["scheduler"]
        return f"{searchers[algorithm.searcher]}.{schedulers[algorithm.scheduler]}"

    def cells(self, problem: str, algorithm: Algorithm, workers: int) -> str:
        """The address, from the site's root, of the cells of ``algorithm`` on ``problem``."""
        place = self.places["problem"][problem]
        return f"problems/{place}.html#cells={self.key(algorithm)}&workers={workers}"

    @cached_property
    def _labels(self) -> list[tuple[str, list[set[Any]]]]:
        """Each suite's name, and its searchers, schedulers, problems and numbers of workers."""
        found = []
        for suite in self.suites:
            kinds = (suite[kind] for kind in ("searchers", "schedulers", "problems"))
            labels = [{str(entry.get("as", entry["name"])) for entry in own} for own in kinds]
            workers = suite["workers"]
            workers = set(workers if isinstance(workers, list) else [workers])
            found.append((str(suite["name"]), [*labels, workers]))
        return found

    def command(self, algorithm: Algorithm, problem: str, workers: int) -> str:
        """The command that makes the runs again; empty where no suite has them."""
        wanted = (*algorithm, problem, workers)
        for name, labels in self._labels:
            if all(one in own for one, own in zip(wanted, labels, strict=True)):
                # A shell would expand the brackets and stars that labels may have.
                only = "/".join((*algorithm, problem))
                return shlex.join(["hpobench", "run", name, "--only", only])
        return ""

    @cached_property
    def _registry(self) -> Registry:
        return Registry()

    def plugin(self, kind: Kind, name: str) -> Entry | None:
        """The plugin called ``name``; ``None`` if it is not installed here."""
        entries = (entry for entry in self._registry.entries(kind) if entry.name == name)
        return next(entries, None)


def evidence(path: Path) -> SiteSource:
    """The archive at ``path``; raises :class:`UsageError` if it is none."""
    archive = _usable(read_archive, path)
    suites = [load_suite(name) for name in evidence_suites()]
    details = dict(_shipped_details(suites, archive))
    return SiteSource("evidence", "", archive, [suite.resolved() for suite in suites], details)


def stored(folder: Path, place: str) -> SiteSource:
    """The results in ``folder``, whose pages shall lie in ``place``.

    Raises :class:`UsageError` if there are none with reference losses, or if they are damaged.
    """
    archive, results = _usable(distilled, folder), load_results(folder)
    details = {
        row["problem"]: ProblemDetails(
            Space.from_json(json.loads(row["space"])),
            str(row["metric"]),
            str(row["fidelity"]),
            float(row["optimum"]),
            float(row["clip"]),
            bool(row["known"]),
            str(row["source"]),
        )
        for row in results.problems.to_dict("records")
    }
    return SiteSource(results.name, place, archive, [results.suite], details)


def _usable(archive_of: Callable[[Path], Archive], path: Path) -> Archive:
    try:
        archive = archive_of(path)
    except StoreError as error:  # the user named the file, so it is input like any other
        raise UsageError(str(error)) from error
    if not len(archive.runs):
        raise UsageError(f"{path}: the archive has no runs; `hpobench evidence make` makes one")
    if not np.isfinite(regrets_of(archive.runs)).any():
        raise UsageError(f"{path}: no run reached one full evaluation, where pages begin")
    return archive


def _shipped_details(
    suites: Sequence[Suite], archive: Archive
) -> Iterator[tuple[str, ProblemDetails]]:
    """Those of the archive's problems that know their spaces without their data."""
    refs = {ref.label: ref for suite in suites for ref in suite.problems}
    for label, facts in archive.problems.items():
        ref = refs.get(label)
        # An archive may come from a stranger, whose options could make a plugin import what the
        # stranger names. So only the problems of shipped suites are built.
        if ref is None or (ref.name, ref.options) != (facts.name, facts.options):
            continue
        with contextlib.suppress(HpobenchError):
            problem = build_problem(ref)
            if (reference := problem.reference()) is not None:
                details = ProblemDetails(
                    problem.space,
                    problem.objective.metric,
                    problem.fidelity.name,
                    reference.optimum,
                    reference.clip,
                    reference.known,
                    reference.source,
                )
                yield label, details
