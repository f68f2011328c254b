"""A suite: searchers x schedulers x problems x seeds x workers under a budget."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.cell import Budget, Exact, Kind, PluginRef, Stage, Tell
from hpobench.contract.errors import (
    PluginError,
    SuiteError,
    UnknownNameError,
    UsageError,
    did_you_mean,
)
from hpobench.plugins.isolation.releases import script_of
from hpobench.plugins.isolation.script import Script
from hpobench.plugins.registry import Registry, shipped_suites
from hpobench.suites.changes import Changes, extended
from hpobench.suites.resolved import suite_text
from hpobench.suites.resolving import Entries, Resolved, registry_of
from hpobench.suites.suitefile import MAX_CELLS, joined, parse_seeds, parse_suite
from hpobench.suites.yamlfile import Document, KeyPath, read_mapping, read_yaml


@dataclass(frozen=True)
class Suite:
    """A suite whose plugins are found and whose options are checked; see :func:`load_suite`."""

    name: str
    description: str
    file: Path | None
    """``None`` for a suite given as a mapping."""
    searchers: tuple[PluginRef, ...]
    schedulers: tuple[PluginRef, ...]
    problems: tuple[PluginRef, ...]
    budgets: Mapping[str, Budget]
    """By the label of the problem."""
    seeds: Sequence[int]
    workers: tuple[int, ...]
    """Every combination is run with each of these numbers of workers."""
    stage: Stage
    trial_timeout: float | None
    """Seconds of training after which a live trial fails."""
    pace: float
    """Wall seconds that a second of a tabulated problem's cost takes on the live stage."""
    tell: Tell | None
    """The telling policy for all searchers; ``None`` gives each the one that suits it."""
    exact: Exact | None
    """``ray`` lets Ray's own code take the decisions of its schedulers. Ours takes the same ones
    in less time, so that cells keep their ids and stored ones are not run again."""
    only: tuple[str, ...]
    """Globs that pick cells; see :func:`hpobench.suites.grid.build_plan`."""
    registry: Registry = field(repr=False, compare=False)
    document: Document = field(repr=False, compare=False)
    places: Mapping[tuple[Kind, str], KeyPath] = field(repr=False, compare=False)
    """The key at which the suite names a plugin, by its kind and label."""

    def fault(self, ref: PluginRef, message: str) -> SuiteError:
        """An error about ``ref``, at its place in the suite."""
        return self.document.error(self.places[ref.kind, ref.label], message)

    def with_seeds(self, seeds: Sequence[int]) -> Suite:
        """The same suite with these seeds; raises :class:`SuiteError` if that makes too many
        cells."""
        rows = len(self.searchers) * len(self.schedulers) * len(self.problems)
        if rows * len(seeds) * len(self.workers) > MAX_CELLS:
            counts = f" x {len(self.workers)} numbers of workers" if len(self.workers) > 1 else ""
            raise SuiteError(
                f"{rows:,} combinations x {len(seeds):,} seeds{counts} are more than "
                f"{MAX_CELLS:,} cells; split the suite",
                file=self.file,
            )
        return replace(self, seeds=seeds)

    def scripts(self) -> list[Script]:
        """What the environments are made from that searchers run in, each once."""
        found: dict[tuple[Path, str], Script] = {}
        for ref in self.searchers:
            # A plan says what is wrong with a searcher whose file cannot be imported.
            with contextlib.suppress(PluginError):
                if (script := script_of(ref)) is not None:
                    found[script.file, script.name] = script
        return list(found.values())

    def resolved(self) -> dict[str, Any]:
        """The suite as plain YAML types, all defaults written out.

        Every searcher, scheduler and problem is a mapping with its ``name``, its label as
        ``as``, and its options. Plugin files are left out: it loads as a suite when it is given
        those that :meth:`to_yaml` lists.
        """
        searchers, schedulers, problems = (
            [{"name": ref.name, "as": ref.label, **ref.options, **ref.given} for ref in refs]
            for refs in (self.searchers, self.schedulers, self.problems)
        )
        for ref, problem in zip(self.problems, problems, strict=True):
            problem["budget"] = self.budgets[ref.label].to_json()
        # A single value stands alone, as people write it.
        workers, only = (v[0] if len(v) == 1 else list(v) for v in (self.workers, self.only))
        return {
            "name": self.name,
            "description": self.description,
            "searchers": searchers,
            "schedulers": schedulers,
            "problems": problems,
            "seeds": list(self.seeds),
            "workers": workers,
            "stage": self.stage,
            **self.real_time(),
            **({} if self.tell is None else {"tell": self.tell}),
            **({} if self.exact is None else {"exact": self.exact}),
            **({"only": only} if self.only else {}),
        }

    def real_time(self) -> dict[str, float]:
        """The keys that only the live stage has, and that its cells depend on."""
        if self.stage != "live":
            return {}
        limit = {} if self.trial_timeout is None else {"trial_timeout": self.trial_timeout}
        return {**limit, "pace": self.pace}

    def to_yaml(self) -> str:
        """:meth:`resolved` as text, under a comment that lists the plugin files."""
        return suite_text(self.resolved(), self.registry.plugins)


def find_suite(name_or_path: str | os.PathLike[str]) -> Path:
    """The file of the shipped suite with this name, or the file at this path."""
    text, shipped = str(name_or_path), shipped_suites()
    if text in shipped:
        return shipped[text]
    path = Path(text)
    # os.path: Path's own raise if a name is too long for the disk.
    if os.path.isdir(path):  # noqa: PTH112
        raise SuiteError("is a folder, not a suite file", file=path)
    if os.path.exists(path):  # noqa: PTH110
        return path
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        beside = [file.name for file in path.parent.glob("*.y*ml")]
        raise SuiteError(f"no such file{did_you_mean(path.name, beside)}", file=path)
    raise UnknownNameError("suite", text, shipped)


Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Suite"
"""The path of a suite file, the name of a shipped suite, a suite file's content, or a suite."""
Seeds: TypeAlias = str | int | Iterable[int]
"""A number of seeds, the seeds themselves, or both as a suite file spells them: ``"0-9"``."""
Choose: TypeAlias = Callable[[Callable[[Mapping[str, Any]], Suite]], Suite]
"""Chooses searchers: it is given what makes the suite with further keys, and returns the suite."""


def load_suite(
    source: Source,
    plugins: Iterable[str | os.PathLike[str]] = (),
    seeds: Seeds | None = None,
    only: str | None = None,
    choose: Choose | None = None,
    changes: Changes = Changes(),  # noqa: B008 - it is frozen
) -> Suite:
    """Read, check and resolve a suite.

    ``plugins``: further plugin files or folders. ``seeds``: instead of the suite's own (``5``,
    ``"0-9"``, ``[0, 4, 7]``). ``only``: a glob that picks cells, instead of the suite's own.
    ``choose``: chooses searchers if the suite names none; without, such a suite is refused.
    ``changes``: what the command line says instead of the suite.

    Raises :class:`SuiteError` with everything that is wrong, the first fault in front.
    """
    files = tuple(plugins)
    if isinstance(source, Suite):
        suite = source
        if files or changes:
            what = "plugins" if files else "changes"
            raise UsageError(f"{what}: give them to load_suite(); this suite is loaded already")
    else:
        read = (
            read_mapping(source) if isinstance(source, Mapping) else read_yaml(find_suite(source))
        )
        document = changes.applied(extended(read))

        def with_keys(keys: Mapping[str, Any]) -> Suite:
            return _resolve(replace(document, value={**document.value, **keys}), files)

        open_ = isinstance(document.value, dict) and "searchers" not in document.value
        suite = choose(with_keys) if choose and open_ else _resolve(document, files)
    if only is not None:
        suite = replace(suite, only=(only,))
    chosen = suite.seeds
    if seeds is not None:
        try:
            chosen = parse_seeds(seeds if isinstance(seeds, str | int) else [*seeds])
        except ValueError as error:
            raise UsageError(f"--seeds: {error}") from None
    return suite.with_seeds(chosen)


def _resolve(document: Document, plugins: Sequence[str | os.PathLike[str]]) -> Suite:
    text = parse_suite(document)
    registry = registry_of(document, text.plugins, plugins)
    budget = text.budget.build() if text.budget else None
    entries = Entries(document, registry, budget, text.given())
    searchers = entries.resolve("searcher", "searchers", text.searchers)
    schedulers = entries.resolve("scheduler", "schedulers", text.schedulers)
    schedulers += _own_scheduler(registry, searchers, schedulers)
    problems = entries.resolve("problem", "problems", text.problems)
    for item in problems:
        if item.budget is None:
            message = "no budget; give the suite or the problem one, like {time: 1 h}"
            entries.faults.append(document.error(item.path, message))
    if entries.faults:
        raise joined(entries.faults)
    return Suite(
        name=text.name,
        description=text.description,
        file=document.file,
        searchers=tuple(item.ref for item in searchers),
        schedulers=tuple(item.ref for item in schedulers),
        problems=tuple(item.ref for item in problems),
        budgets={item.ref.label: item.budget for item in problems if item.budget},
        seeds=text.seeds,
        workers=text.workers,
        stage=text.stage,
        trial_timeout=text.trial_timeout,
        pace=text.pace,
        tell=text.tell,
        exact=text.exact,
        only=text.only,
        registry=registry,
        document=document,
        places={
            (item.ref.kind, item.ref.label): item.path
            for item in (*searchers, *schedulers, *problems)
        },
    )


def _own_scheduler(
    registry: Registry, searchers: Sequence[Resolved], schedulers: Sequence[Resolved]
) -> list[Resolved]:
    """The scheduler under which searchers that schedule themselves run, if the suite has such a
    searcher and does not name the scheduler itself."""

    def is_a(trait: str, item: Resolved) -> bool:
        ref = item.ref
        return bool(registry.find(ref.kind, ref.name).attributes.get(trait))

    scheduling = next((item for item in searchers if is_a("schedules_itself", item)), None)
    if scheduling is None or any(is_a("leaves_scheduling", item) for item in schedulers):
        return []
    entry = next(e for e in registry.entries("scheduler") if e.attributes.get("leaves_scheduling"))
    ref = PluginRef("scheduler", entry.name, entry.name, {}, str(entry.file), entry.cls)
    return [Resolved(ref, scheduling.path)]
