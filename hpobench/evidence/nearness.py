"""Which problems of the archive are like one that is asked about, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hpobench.evidence.archive import Archive, ProblemFacts
from hpobench.evidence.features import Features
from hpobench.evidence.question import Question

_SHARES = ("floats", "integers", "choices", "logarithmic")


@dataclass(frozen=True)
class Near:
    """A problem of the archive that is like the one asked about."""

    problem: str
    family: str
    features: Features


def nearest(
    archive: Archive, question: Question, among: Sequence[str], count: int = 5
) -> tuple[Near, ...]:
    """The ``count`` problems ``among`` the archive's that are most like that of ``question``, two
    of the same family at most."""
    far = {name: distance(question, archive.problems[name]) for name in among}
    found: list[Near] = []
    seen: dict[str, int] = {}
    for name in sorted(among, key=lambda name: (far[name], name)):
        facts = archive.problems[name]
        seen[facts.family] = seen.get(facts.family, 0) + 1
        if seen[facts.family] <= 2:
            found.append(Near(name, facts.family, facts.features))
    return tuple(found[:count])


def distance(question: Question, facts: ProblemFacts) -> float:
    """How unlike the problem of ``question`` and one of the archive are."""
    return unlikeness(question.features, facts.features) + (question.noisy != facts.heldout) / 2


def unlikeness(one: Features, other: Features) -> float:
    """How unlike two problems are: in the number of parameters and of steps by their ratio, in the
    shares of kinds of parameters, and in conditions."""
    ratio = abs(math.log(one.dimensions / other.dimensions))
    ratio += abs(math.log(one.steps / other.steps)) / 4
    shares = sum(
        abs(getattr(one, kind) / one.dimensions - getattr(other, kind) / other.dimensions)
        for kind in _SHARES
    )
    return float(ratio + shares / 2 + (one.conditional != other.conditional))
