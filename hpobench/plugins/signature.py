"""Signatures show whether a problem is still the one that stored results belong to.

A signature holds the losses of a few fixed configurations. Plugin, data and versions are part of
a cell's identity already. A signature also notices what they do not show: another processor,
another build of a library, an edit of the harness.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any, TypeAlias

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config

TABULATED, TRAINED = 1e-5, 0.02
"""Relative differences that do not count, because surrogates are networks in single precision and
trainings round differently on other processors."""
PROBES, TRAININGS = 8, 2
"""The number of configurations of a tabulated and of a trained problem."""

Signature: TypeAlias = Mapping[str, Any]
"""The ``losses`` of the probes, with ``None`` for one that fails, and their ``tolerance``."""


def signature(problem: Problem) -> Signature:
    """The losses of random configurations, which are always the same for a space."""
    rng = Random(derive_seed("signature"))
    tabulated = isinstance(problem, TabulatedProblem)
    count, tolerance = (PROBES, TABULATED) if tabulated else (TRAININGS, TRAINED)
    losses = [_loss(problem, problem.space.sample(rng)) for _ in range(count)]
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
            return f"probe {number} had loss {_as_text(old)}, now it has {_as_text(new)}"
    return None


def _loss(problem: Problem, config: Config) -> float | None:
    try:
        loss = problem.probe(config)
        return loss if loss is not None and math.isfinite(loss) else None
    except NotAvailableError:  # a signature of damaged data would be worth nothing
        raise
    except Exception:  # a trial that raises fails, and so does a probe
        return None


def _as_text(loss: float | None) -> str:
    return "none" if loss is None else format(loss, ".9g")
