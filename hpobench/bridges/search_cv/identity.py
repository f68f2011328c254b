"""What must be the same for a search that goes on in a folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sklearn

from hpobench.bridges.search_cv.private import content_hash
from hpobench.bridges.search_cv.search import Algorithm
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.space import Config, Space


def identity(
    search: Any, task: Task, chosen: Algorithm, points: Sequence[Config]
) -> dict[str, Any]:
    """Plain data, equal for equal searches: of ``search``, a :class:`hpobench.SearchCV`, with its
    first ``points``."""
    fitting = task.fitting
    return {
        "estimator": _text(task.estimator),
        "space": str(search.space) if isinstance(search.space, Space) else _text(search.space),
        "searcher": _named(chosen.searcher),
        "scheduler": _named(chosen.scheduler),
        "n_trials": search.n_trials,
        "scoring": _text(search.scoring),
        "metric": task.metric,
        "error_score": str(search.error_score),
        "return_train_score": search.return_train_score,
        "seed": chosen.seed,
        "data": content_hash(
            (task.x, task.y, task.splits, fitting["fit_params"], fitting["score_params"])
        ),
        "scikit-learn": sklearn.__version__,
        **({"start": str(points)} if points else {}),
    }


def _named(ref: Any) -> str:
    return f"{ref.name} {dict(ref.options)}"


def _text(value: Any) -> str:
    """A text that holds no address, which another process would not repeat."""
    if hasattr(value, "dist"):
        return f"{value.dist.name}{value.args}{sorted(value.kwds.items())}"
    if isinstance(value, Mapping):
        return str({key: _text(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return str([_text(part) for part in value])
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
