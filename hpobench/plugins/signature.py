"""Signatures: the losses of a few fixed configurations show whether a problem is still the one that
stored results belong to. They also notice what a cell's identity does not show: another processor,
another build of a library, an edit of the harness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any, TypeAlias

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import derive_seed

TABULATED, TRAINED = 1e-5, 0.02
"""Relative differences that do not count, because surrogates are networks in single precision and
trainings round differently on other processors."""
_PROBES, _TRAININGS = 8, 2
"""The number of configurations of a tabulated and of a trained problem."""

Signature: TypeAlias = Mapping[str, Any]
"""The ``losses`` of the probes, with ``None`` for one that fails, and their ``tolerance``."""


def signature(problem: Problem) -> Signature:
    """The losses of random configurations, which are always the same for a space."""
    rng = Random(derive_seed("signature"))
    tabulated = isinstance(problem, TabulatedProblem)
    count, tolerance = (_PROBES, TABULATED) if tabulated else (_TRAININGS, TRAINED)
    losses: list[float | None] = []
    for _ in range(count):
        config = problem.space.sample(rng)
        try:
            loss = problem.probe(config)
        except NotAvailableError:  # a signature of damaged data would be worth nothing
            raise
        except Exception:  # a trial that raises fails, and so does a probe
            loss = None
        losses.append(loss if loss is not None and math.isfinite(loss) else None)
    return {"losses": losses, "tolerance": tolerance}


def moved(before: Signature, now: Signature) -> str | None:
    """A description of the first probe that has another loss now, or ``None``."""
    pairs = zip(before["losses"], now["losses"], strict=False)
    for number, (old, new) in enumerate(pairs, start=1):
        if old is None or new is None:
            same = old is new
        else:
            same = math.isclose(old, new, rel_tol=now["tolerance"], abs_tol=1e-9)
        if not same:
            before_, now_ = ("none" if loss is None else f"{loss:.9g}" for loss in (old, new))
            return f"probe {number} had loss {before_}, now it has {now_}"
    return None
