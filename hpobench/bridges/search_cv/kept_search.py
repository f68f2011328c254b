"""The folder in which a search keeps its results, so that it can go on there."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sklearn

from hpobench.api import Config, Space
from hpobench.bridges.search_cv.private import content_hash
from hpobench.bridges.search_cv.search import ChosenAlgorithm
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.errors import StoreError, UsageError, writing
from hpobench.contract.files import locked, read_text, write_whole

_WHAT = "search.json"


@contextlib.contextmanager
def search_folder(folder: Path | None, identity: Mapping[str, Any]) -> Iterator[Path]:
    """``folder``, made if need be, for the search of this ``identity`` alone, or a temporary one.

    Raises :class:`UsageError` if another search is or was there.
    """
    if folder is None:
        with TemporaryDirectory(prefix="hpobench-search-") as temporary:
            yield Path(temporary)
        return
    with writing("a search", folder):
        folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / "lock", wait=False))
        except BlockingIOError:
            raise UsageError(
                f"{folder}: another search is under way there; give resume= another folder"
            ) from None
        before = kept_identity(folder)
        if before is None:
            with writing("a search", folder):
                write_whole(folder / _WHAT, json.dumps(dict(identity), indent=1).encode())
        elif changed := [key for key in identity if before.get(key) != identity[key]]:
            was = "; ".join(f"{key} was {before.get(key)!s:.200}" for key in changed)
            raise UsageError(
                f"{folder} has another search, whose {was}; give resume= another folder"
            )
        yield folder


def kept_identity(folder: Path) -> dict[str, Any] | None:
    """That of the search in ``folder``, if there is one."""
    file = folder / _WHAT
    if not file.exists():
        return None
    try:
        found = json.loads(read_text(file))
        if not isinstance(found["seed"], int):
            raise TypeError("its seed is no number")
    except (OSError, StoreError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(f"{file} is damaged ({error}); remove the folder") from error
    return dict(found)


def identity(
    search: Any, task: Task, chosen: ChosenAlgorithm, points: Sequence[Config]
) -> dict[str, Any]:
    """Plain data, equal for equal searches: of ``search``, a :class:`hpobench.SearchCV`, with the
    ``chosen`` algorithm and its first ``points``."""
    searcher, scheduler = chosen.searcher, chosen.scheduler
    fitting = task.fitting
    return {
        "estimator": _text(task.estimator),
        "space": str(search.space) if isinstance(search.space, Space) else _text(search.space),
        "searcher": f"{searcher.name} {dict(searcher.options)}",
        "scheduler": f"{scheduler.name} {dict(scheduler.options)}",
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


def _text(value: Any) -> str:
    """A text that holds no address, which another process would not repeat."""
    if hasattr(value, "dist"):
        return f"{value.dist.name}{value.args}{sorted(value.kwds.items())}"
    if isinstance(value, Mapping):
        return str({key: _text(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return str([_text(part) for part in value])
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
