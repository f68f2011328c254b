"""Plugin objects, built from the references and options of a suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Kind, PluginRef
from hpobench.contract.errors import NotAvailableError, PluginError, UsageError
from hpobench.contract.prior import Prior
from hpobench.contract.problem import Fidelity, Problem
from hpobench.contract.space import Space
from hpobench.plugins.isolation.environments import Environment
from hpobench.plugins.isolation.releases import script_of
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import is_ray, label, options_of, resolve
from hpobench.plugins.process_state import contained, unchanged
from hpobench.plugins.registry import Registry


def build_problem(ref: PluginRef) -> Problem:
    """The problem that ``ref`` names; raises :class:`PluginError` if it is not a problem."""
    cls: Any = load_class(ref.file, ref.cls)
    if not issubclass(cls, Problem):
        raise PluginError(f"{ref.file}: {ref.cls} does not derive from hpobench.api.Problem")
    problem: Problem = cls.__new__(cls)
    problem.suite_folder = Path(ref.folder)  # before __init__, which may read files
    with contained(ref.file):
        problem.__init__(**_arguments(ref))  # type: ignore[misc]
    return problem


def build_scheduler(ref: PluginRef) -> Scheduler:
    """The scheduler plugin that ``ref`` names; its ``build`` makes Ray's scheduler."""
    with contained(ref.file):
        scheduler = load_class(ref.file, ref.cls)(**_arguments(ref))
    if not isinstance(scheduler, Scheduler):
        raise PluginError(f"{ref.file}: {ref.cls} does not derive from hpobench.api.Scheduler")
    return scheduler


def build_searcher(
    ref: PluginRef, space: Space, seed: int, fidelity: Fidelity, prior: Prior | None = None
) -> Searcher:
    """A searcher for one run, which must be closed after it: a searcher of Ray's in an adapter, one
    with an environment of its own in another process."""
    from hpobench.plugins.isolation.remote import RemoteSearcher

    searcher = construct_searcher(ref, space, seed, fidelity, prior)
    if isinstance(searcher, RemoteSearcher):
        searcher.begin()
    return searcher


def construct_searcher(
    ref: PluginRef, space: Space, seed: int, fidelity: Fidelity, prior: Prior | None = None
) -> Searcher:
    """What :func:`build_searcher` builds, but without starting a program that the suite names."""
    cls: Any = load_class(ref.file, ref.cls)
    options = _arguments(ref)
    if is_ray(cls):
        from hpobench.plugins.ray_searcher import build_ray_searcher

        return build_ray_searcher(cls, space, seed, **options)
    if (reason := cls.unsupported_reason(space, fidelity, ref.options)) is not None:
        raise UsageError(f"{ref.name}: {reason}")
    if (script := script_of(ref)) is not None:
        from hpobench.plugins.isolation.remote import IsolatedSearcher

        return IsolatedSearcher(
            cls,
            Environment(script),
            space,
            seed=seed,
            fidelity=fidelity,
            options=ref.options,
            folder=Path(ref.folder),
            prior=prior,
        )
    searcher: Searcher = cls.__new__(cls)
    searcher.suite_folder = Path(ref.folder)  # before __init__, as for a problem
    searcher.prior = prior
    with contained(ref.file), unchanged(space):
        searcher.__init__(space, seed=seed, fidelity=fidelity, **options)  # type: ignore[misc]
    return searcher


def _arguments(ref: PluginRef) -> dict[str, Any]:
    known = options_of(load_class(ref.file, ref.cls))
    if known is None:
        return dict(ref.options)
    try:
        return {key: known[key].coerce(value) for key, value in ref.options.items()}
    except (KeyError, ValueError) as error:
        raise UsageError(f"{ref.kind} {ref.name!r}: options do not fit: {error}") from error


def plugin_ref(
    registry: Registry,
    kind: Kind,
    name: str,
    options: Mapping[str, Any],
    *,
    given: str | None = None,
) -> PluginRef:
    """The plugin ``name`` with ``options`` in plain JSON types, under the label ``given``.

    Relative paths among the options start in the working folder. Raises :class:`UsageError` with
    all faults of the options, and :class:`NotAvailableError` if the plugin cannot run here.
    """
    entry = registry.find(kind, name)
    if (reason := entry.missing()) is not None:
        raise NotAvailableError(f"{kind} {name}: {reason}")
    cls = entry.load()
    whole, faults = resolve(cls, options)
    if faults:
        messages = (f"{f.key}: {f.message}" if f.key else f.message for f in faults)
        raise UsageError(f"{kind} {name}: {'; '.join(messages)}")
    called = given or label(cls, name, whole)
    return PluginRef(kind, name, called, whole, str(entry.file), entry.cls, str(Path.cwd()))
