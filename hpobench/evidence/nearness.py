"""Which problems of the archive are like one that is asked about, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hpobench.evidence.archive import Archive, ProblemFacts
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question


@dataclass(frozen=True)
class Near:
    """A problem of the archive that is like the one asked about."""

    problem: str
    family: str
    features: Features


def nearest(
    archive: Archive, question: Question, among: Sequence[str], count: int = 5
) -> tuple[Near, ...]:
    """The ``count`` problems ``among`` those of the archive that are most like that of
    ``question``, with at most two of the same family."""
    found: list[Near] = []
    for name in sorted(among, key=lambda name: (distance(question, archive.problems[name]), name)):
        facts = archive.problems[name]
        if sum(near.family == facts.family for near in found) < 2:
            found.append(Near(name, facts.family, facts.features))
    return tuple(found[:count])


def distance(question: Question, facts: ProblemFacts) -> float:
    """How unlike the problem of ``question`` and a problem of the archive are."""
    return unlikeness(question.features, facts.features) + (question.noisy != facts.heldout) / 2


def unlikeness(one: Features, other: Features) -> float:
    """How unlike two problems are: by the ratios of their numbers of parameters and steps, by the
    shares of each kind of parameter, and by whether there are conditions."""
    ratio = abs(math.log(one.dimensions / other.dimensions))
    ratio += abs(math.log(one.steps / other.steps)) / 4
    shares = sum(
        abs(getattr(one, kind) / one.dimensions - getattr(other, kind) / other.dimensions)
        for kind in ("floats", "integers", "choices", "logarithmic")
    )
    return float(ratio + shares / 2 + (one.conditional != other.conditional))
