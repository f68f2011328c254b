"""Whether a problem is still the one that stored results are of.

Its signature is the losses of a few fixed configurations. Plugin, data and versions are part of
a cell's identity already; a signature also notices what they do not show: another processor,
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
"""Relative differences that count as none: surrogates are networks in single precision, and
trainings differ in their roundings from processor to processor."""
PROBES, TRAININGS = 8, 2
"""Configurations that are looked up, or trained."""

Signature: TypeAlias = Mapping[str, Any]
"""``losses`` of the probes, ``None`` for one that fails, and the ``tolerance`` that they have."""


def signature(problem: Problem) -> Signature:
    """The losses of random configurations, always the same for a space."""
    rng = Random(derive_seed("signature"))
    tabulated = isinstance(problem, TabulatedProblem)
    count, tolerance = (PROBES, TABULATED) if tabulated else (TRAININGS, TRAINED)
    losses = [_loss(problem, problem.space.sample(rng)) for _ in range(count)]
    return {"losses": losses, "tolerance": tolerance}


def moved(before: Signature, now: Signature) -> str | None:
    """The first probe that has another loss now; ``None`` if there is none."""
    pairs = zip(before["losses"], now["losses"], strict=False)
    for number, (old, new) in enumerate(pairs, start=1):
        if old is None or new is None:
            same = old is new
        else:
            same = math.isclose(old, new, rel_tol=now["tolerance"], abs_tol=1e-9)
        if not same:
            return f"probe {number} had loss {_told(old)}, now it has {_told(new)}"
    return None


def _loss(problem: Problem, config: Config) -> float | None:
    try:
        loss = problem.probe(config)
    except NotAvailableError:  # the data is damaged: a signature would be of that
        raise
    except Exception:  # a plugin's or its library's: the trial would fail, and so does the probe
        return None
    return loss if loss is not None and math.isfinite(loss) else None


def _told(loss: float | None) -> str:
    return "none" if loss is None else format(loss, ".9g")
