"""What the pages are made of: an archive, and what is known of the suites that it comes from."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hpobench.contract.cell import Kind
from hpobench.contract.errors import HpobenchError, StoreError, UsageError
from hpobench.contract.space import Space
from hpobench.evidence.archive import Archive, evidence_suites, read_archive, regrets_of
from hpobench.evidence.distilling import distilled
from hpobench.plugins.build import build_problem
from hpobench.plugins.registry import Entry, Registry
from hpobench.reporting.site.means import Means, means_of
from hpobench.reporting.site.places import Places
from hpobench.reporting.site.ranking import Rankings
from hpobench.reporting.site.suites import RunSuite
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
    suites: Sequence[RunSuite]
    details: Mapping[str, ProblemDetails]
    """By the label of the problem; those of which nothing more is known are left out."""

    @cached_property
    def means(self) -> Means:
        return means_of(self.archive)

    @cached_property
    def places(self) -> Places:
        return Places.of(self.archive)

    @cached_property
    def rankings(self) -> Rankings:
        return Rankings(self.archive, self.means)

    @cached_property
    def _registry(self) -> Registry:
        return Registry()

    def plugin(self, kind: Kind, name: str) -> Entry | None:
        """The plugin called ``name``; ``None`` if it is not installed here."""
        entries = (entry for entry in self._registry.entries(kind) if entry.name == name)
        return next(entries, None)


def evidence(path: Path) -> SiteSource:
    """The archive at ``path``; raises :class:`UsageError` if it is none."""
    with given():
        archive = _filled(read_archive(path), path)
    suites = [load_suite(name) for name in evidence_suites()]
    details = dict(_shipped_details(suites, archive))
    return SiteSource("evidence", "", archive, [RunSuite.of(s.resolved()) for s in suites], details)


def stored(folder: Path, place: str) -> SiteSource:
    """The results in ``folder``, whose pages shall lie in ``place``.

    Raises :class:`UsageError` if there are none with reference losses, or if they are damaged.
    """
    with given():
        results = load_results(folder)
        archive = _filled(distilled(folder), folder)
    details = {row["problem"]: _stored_details(row) for row in results.problems.to_dict("records")}
    return SiteSource(results.name, place, archive, [RunSuite.of(results.suite)], details)


@contextlib.contextmanager
def given() -> Iterator[None]:
    """Files that the user named are input: what is wrong with them is a :class:`UsageError`."""
    try:
        yield
    except StoreError as error:
        raise UsageError(str(error)) from error


def _filled(archive: Archive, path: Path) -> Archive:
    if not len(archive.runs):
        raise UsageError(f"{path}: the archive has no runs; `hpobench evidence make` makes one")
    if not np.isfinite(regrets_of(archive.runs)).any():
        raise UsageError(f"{path}: no run reached one full evaluation, where pages begin")
    return archive


def _shipped_details(
    suites: Sequence[Suite], archive: Archive
) -> Iterator[tuple[str, ProblemDetails]]:
    """Of the problems of shipped suites alone, since an archive may come from a stranger, whose
    options could make a plugin import what the stranger names.

    They know their spaces without the data; those that do not are left out.
    """
    refs = {ref.label: ref for suite in suites for ref in suite.problems}
    for label, facts in archive.problems.items():
        ref = refs.get(label)
        if ref is None or (ref.name, ref.options) != (facts.name, facts.options):
            continue
        with contextlib.suppress(HpobenchError):
            problem = build_problem(ref)
            reference = problem.reference()
            if reference is not None:
                yield (
                    label,
                    ProblemDetails(
                        problem.space,
                        problem.objective.metric,
                        problem.fidelity.name,
                        reference.optimum,
                        reference.clip,
                        reference.known,
                        reference.source,
                    ),
                )


def _stored_details(row: Mapping[Any, Any]) -> ProblemDetails:
    return ProblemDetails(
        Space.from_json(json.loads(row["space"])),
        str(row["metric"]),
        str(row["fidelity"]),
        float(row["optimum"]),
        float(row["clip"]),
        bool(row["known"]),
        str(row["source"]),
    )
