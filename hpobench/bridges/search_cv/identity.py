"""What must be the same for a search that goes on in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sklearn

from hpobench.bridges.search_cv.private import content_hash
from hpobench.bridges.search_cv.search import Algorithm
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.space import Space


def identity(search: Any, task: Task, chosen: Algorithm) -> dict[str, Any]:
    """Plain data, equal for equal searches: of ``search``, a :class:`hpobench.SearchCV`."""
    return {
        "estimator": repr(task.estimator),
        "space": str(search.space) if isinstance(search.space, Space) else _text(search.space),
        "searcher": _named(chosen.searcher),
        "scheduler": _named(chosen.scheduler),
        "n_trials": search.n_trials,
        "scoring": repr(search.scoring),
        "seed": chosen.seed,
        "data": content_hash((task.x, task.y, task.splits, task.fitting["fit_params"])),
        "scikit-learn": sklearn.__version__,
    }


def _named(ref: Any) -> str:
    return f"{ref.name} {dict(ref.options)}"


def _text(value: Any) -> str:
    """A text that is equal for equal distributions, whose own holds their addresses."""
    if hasattr(value, "dist"):
        return f"{value.dist.name}{value.args}{sorted(value.kwds.items())}"
    if isinstance(value, Mapping):
        return str({key: _text(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return str([_text(part) for part in value])
    return repr(value)
