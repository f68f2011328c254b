"""Searchers of hpobench in one's own programs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.api import Fidelity, Searcher, Space
from hpobench.bridges.tune_searcher import TuneSearcher
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import UsageError
from hpobench.plugins.building import build_searcher, plugin_ref
from hpobench.plugins.compatibility import space_objection, trait
from hpobench.plugins.modules import load_class
from hpobench.plugins.registry import Registry


def searcher(
    name: str,
    *,
    seed: int = 0,
    space: Space | None = None,
    metric: str | None = None,
    mode: str | None = None,
    max_t: int | None = None,
    points_to_evaluate: Sequence[Mapping[str, Any]] = (),
    plugins: Sequence[Path | str] = (),
    **options: Any,
) -> TuneSearcher:
    """A searcher of ``hpobench list searchers`` as a ``ray.tune.search.Searcher``.

    >>> from ray import tune
    >>> search = hpobench.searcher("hebo", seed=0)
    >>> tuner = tune.Tuner(
    ...     lambda config: {"loss": config["x"] ** 2},
    ...     param_space={"x": tune.uniform(-1, 1)},
    ...     tune_config=tune.TuneConfig(search_alg=search, metric="loss", mode="min"),
    ... )

    If its library needs an environment of its own, ``uv`` builds one on first use, and the program
    itself does not need that library.

    ``space`` replaces the domains of ``param_space``, and may have conditions. Ray passes on
    ``metric`` and ``mode`` of ``TuneConfig`` only together with a ``param_space``; otherwise give
    them here. ``max_t``, the ``training_iteration`` at which a full evaluation ends, is needed by
    searchers that learn from several fidelities, such as ``bohb``, which goes with Ray's
    ``HyperBandForBOHB``. ``plugins`` are files with searchers of one's own. ``options`` are the
    searcher's.

    ``points_to_evaluate`` are tried first, and their results are learnt like those of the
    searcher's own proposals; ``add_evaluated_point`` adds points that were tried before. Some
    searchers cannot learn from points of others: ``random``, ``grid``, ``sobol``, ``optuna-qmc``,
    ``random-prior``, ``bounding-box`` and ``quantile-transfer``, which learn nothing from losses,
    ``optuna-cmaes`` and Ray's own. They try ``points_to_evaluate`` all the same, and refuse
    evaluated ones. FLAML's take those before their first proposal.

    Raises :class:`hpobench.UsageError` for names, options and spaces that do not fit, and for
    searchers that schedule their trials themselves, and :class:`hpobench.NotAvailableError` for a
    library that is missing.
    """
    registry = Registry(plugins)
    ref = plugin_ref(registry, "searcher", name, options)
    cls = registry.find("searcher", name).load()
    return TuneSearcher(
        functools.partial(_built, ref, seed, Fidelity("training_iteration", max_t or 1)),
        {"searcher": name, "options": dict(ref.options), "seed": seed, "max_t": max_t},
        space=space,
        steps=_steps(name, cls, max_t),
        charged=trait(cls, "cost_aware"),
        points=points_to_evaluate,
        metric=metric,
        mode=mode,
    )


def _steps(name: str, cls: type, max_t: int | None) -> int | None:
    """The results of a full evaluation that the searcher learns; ``None``: only the last one."""
    if trait(cls, "schedules_itself"):
        raise UsageError(
            f"{name} decides itself how far each trial trains, and a Tuner leaves that to its "
            f"scheduler; run {name} in a suite, or take bohb with Ray's HyperBandForBOHB"
        )
    if not trait(cls, "multi_fidelity"):
        return None
    if max_t is None:
        raise UsageError(
            f"{name} learns from results at several steps; say how many steps a full evaluation "
            "has, as for the scheduler: max_t=81"
        )
    return max_t


def _built(ref: PluginRef, seed: int, fidelity: Fidelity, space: Space) -> Searcher:
    if (objection := space_objection(load_class(ref.file, ref.cls), space)) is not None:
        raise UsageError(f"{ref.name}: {objection}")
    return build_searcher(ref, space, seed, fidelity)
