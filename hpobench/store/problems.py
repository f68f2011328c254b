"""The rows that the store keeps of problems: their scales and references."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import HpobenchError, PluginError
from hpobench.contract.problem import Problem
from hpobench.contract.references import Reference
from hpobench.plugins.build import build_problem

ProblemRows: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Rows of ``problems`` in the store by the problem's label."""


def problem_rows(refs: Iterable[PluginRef]) -> ProblemRows:
    """The row of each problem by its label.

    Raises :class:`PluginError` for references with which no regret can be measured.
    """
    return {ref.label: _row(ref.label, build_problem(ref)) for ref in refs}


def _row(label: str, problem: Problem) -> dict[str, Any]:
    fidelity, reference = problem.fidelity, _reference(label, problem)
    of_reference: dict[str, Any] = dict.fromkeys(("optimum", "clip", "version", "random"))
    if reference is not None:
        of_reference = {key: getattr(reference, key) for key in of_reference}
        of_reference["random"] = json.dumps(dict(reference.random))
    return {
        "problem": label,
        "metric": problem.objective.metric,
        "direction": problem.objective.direction,
        **of_reference,
        "known": reference.known if reference else False,
        "source": reference.source if reference else "",
        "heldout": bool(getattr(problem, "heldout", False)),
        "fidelity": fidelity.name,
        "steps": fidelity.steps,
        "unit": fidelity.unit,
        "dimensions": len(problem.space),
        "space": json.dumps(problem.space.to_json()),
    }


def _reference(label: str, problem: Problem) -> Reference | None:
    try:
        found = problem.reference()
    except HpobenchError:
        raise
    except Exception as error:
        raise PluginError(
            f"{label}: reference() failed: {type(error).__name__}: {error}"
        ) from error
    if found and not -math.inf < found.optimum < found.clip < math.inf:
        raise PluginError(
            f"{label}: a reference needs finite optimum < clip, not {found.optimum} and "
            f"{found.clip}"
        )
    return found
