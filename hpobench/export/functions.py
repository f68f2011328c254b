"""Problems as numbered functions."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from hpobench.store.read.reader import Results

SUITES = ("bbob", "bbob-mixint", "bbob-noisy")
"""COCO's suites whose members keep COCO's numbers: problems of that name with the options
``function``, ``dimension`` and ``instance``."""
OTHERS = "others"
"""The suite of all problems that are nobody's functions."""
FIRST = 5001
"""The number of the first of them; neither COCO nor IOHprofiler uses it for one of theirs."""

NUMBERS = ["suite", "function", "name", "dimension", "instance"]
KEPT = ["steps", "fidelity", "metric", "direction", "optimum", "known", "clip", "source"]


def numbered(results: Results, problems: pd.DataFrame) -> pd.DataFrame:
    """``problems``, in their order, as an index with the columns ``problem``, :data:`NUMBERS` and
    :data:`KEPT`.

    A problem that is no member of :data:`SUITES` is a function of its own, of as many dimensions
    as it has parameters, and its own first instance. ``steps``: the evaluations, in the export's
    count, that a full one takes.
    """
    specs = dict(zip(results.cells["problem"], results.cells["spec"], strict=True))
    rows: list[dict[str, Any]] = []
    number = FIRST
    for _, problem in problems.iterrows():
        found = _member(json.loads(specs[problem["problem"]]).get("problem", {}))
        if found is None:
            numbers = (OTHERS, number, problem["problem"], problem["dimensions"], 1)
            found = dict(zip(NUMBERS, numbers, strict=True))
            number += 1
        rows.append({"problem": problem["problem"], **found, **problem[KEPT]})
    return pd.DataFrame(rows)


def _member(spec: dict[str, Any]) -> dict[str, Any] | None:
    """The numbers of a member of one of COCO's suites; ``None`` for other problems."""
    options = spec.get("options", {})
    if spec.get("name") not in SUITES or not {"function", "dimension", "instance"} <= set(options):
        return None
    suite, function = spec["name"], options["function"]
    numbers = (suite, function, f"{suite}-f{function}", options["dimension"], options["instance"])
    return dict(zip(NUMBERS, numbers, strict=True))
