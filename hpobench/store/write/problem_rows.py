"""The rows that the store keeps of problems: their scales and references."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import PluginError
from hpobench.contract.frozen import Reference
from hpobench.contract.problem import Problem
from hpobench.plugins.building import build_problem
from hpobench.plugins.foreign import calling, shown
from hpobench.plugins.process_state import contained

ProblemRows: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Rows of ``problems`` in the store by the problem's label."""


def problem_rows(refs: Iterable[PluginRef]) -> ProblemRows:
    """The row of each problem by its label.
    Raises :class:`PluginError` for references with which no regret can be measured."""
    rows = {}
    for ref in refs:
        # What one problem leaves behind must not change the references of the next.
        with contained(ref.file):
            problem = build_problem(ref)
            rows[ref.label] = {
                "problem": ref.label,
                "metric": problem.objective.metric,
                "direction": problem.objective.direction,
                **_of_reference(ref, problem),
                "heldout": bool(getattr(problem, "heldout", False)),
                "fidelity": problem.fidelity.name,
                "steps": problem.fidelity.steps,
                "unit": problem.fidelity.unit,
                "dimensions": len(problem.space),
                "space": json.dumps(problem.space.to_json()),
            }
    return rows


def _of_reference(ref: PluginRef, problem: Problem) -> dict[str, Any]:
    columns = ("optimum", "clip", "version", "random", "known", "source")
    with calling(ref.file, f"{ref.label}: reference() failed"):
        found: object = problem.reference()
        if found is None:
            return {**dict.fromkeys(columns), "known": False, "source": ""}
        if not isinstance(found, Reference):
            raise PluginError(
                f"{ref.file}: {ref.label}: reference() gives {shown(found)}; it must be a Reference"
            )
        if not -math.inf < found.optimum < found.clip < math.inf:
            raise PluginError(
                f"{ref.label}: a reference needs finite optimum < clip, not {found.optimum} and "
                f"{found.clip}"
            )
    row = {key: getattr(found, key) for key in columns}
    return row | {"random": json.dumps(dict(found.random))}
