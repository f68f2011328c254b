"""Whether a ranking is decided, looked at a few times while seeds are added.

At each look every ordered pair of algorithms is tested for two things, both one-sided: that the
first is better, and that it is worse by less than a margin. All these hypotheses are one family
(:func:`~hpobench.analysis.inference.sign_flip.max_t`, seeds flip whole), so it does no harm that
the same data say who leads: whoever it is, all its tests are among those made. Looks are fixed
beforehand and share alpha equally (Bonferroni), so whatever is said at the end, and whenever that
is, any of it is wrong with probability at most alpha, where the tests hold.

The tests are exact where differences of a seed are symmetric about their mean, jointly; two equal
algorithms always are. For three or more with skewed regrets, and for means that are equal while
distributions are not, they hold as the number of seeds grows: a flat algorithm beside one of the
same mean and exponential regrets is told apart, or at the very margin called within it, in 8 to 9 %
of all runs with looks at 10, 20 and 40 seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np

from hpobench.analysis.inference.sign_flip import MOST, max_t, smallest_p
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.settings import FloatArray
from hpobench.contract.errors import TooFewError

Relation = Literal["behind", "within", "open"]


@dataclass(frozen=True)
class Rule:
    """When to look, and what counts as decided; fixed before the first look."""

    looks: tuple[int, ...]
    """Numbers of seeds, rising."""
    margin: float
    """Of mean ``nr``: differences below it do not matter. 0: all differences do."""
    alpha: float = ALPHA

    @property
    def level(self) -> float:
        """What one look may spend."""
        return self.alpha / len(self.looks)


class Other(NamedTuple):
    """An algorithm beside the leader."""

    algorithm: str
    nr: float
    """Mean over seeds and problems."""
    behind: float
    """``nr`` less the leader's."""
    p_behind: float
    """Adjusted p of the leader being better."""
    p_within: float
    """Adjusted p of the two lying less than the margin apart, the greater of both sides."""
    verdict: Relation
    """``behind``: the leader is better. ``within``: not shown, but the two are shown to lie less
    than the margin apart. ``open``: neither is shown."""


class Decision(NamedTuple):
    """What is known after one look."""

    seeds: int
    leader: str
    nr: float
    others: tuple[Other, ...]
    """By their mean ``nr``."""

    @property
    def decided(self) -> bool:
        """Whether the leader is told apart from all others but those shown to be within the
        margin of it."""
        return all(other.verdict != "open" for other in self.others)


def looks(first: int, cap: int, alpha: float = ALPHA) -> tuple[int, ...]:
    """When to look: at ``first`` seeds, at twice as many each time, and at ``cap``.

    Looks with so few seeds that no p could reach their share of ``alpha`` are left out, and spend
    nothing. Raises :class:`TooFewError` if not even ``cap`` seeds could decide.
    """
    sizes = [min(first, cap)]
    while sizes[-1] < cap:
        sizes.append(min(2 * sizes[-1], cap))
    while sizes and smallest_p(sizes[0]) > alpha / len(sizes):
        del sizes[0]
    if not sizes:
        fewest = next(n for n in range(1, 64) if smallest_p(n) <= alpha)
        raise TooFewError(
            f"{cap} seeds can tell nothing apart at {alpha:.0%}, whatever comes out; "
            f"it takes {fewest} or more"
        )
    return tuple(sizes)


def decide(nr: FloatArray, names: Sequence[str], rule: Rule, *, most: int = MOST) -> Decision:
    """What final ``nr``, shape (algorithms, problems, seeds), says at one look.

    ``most``: sign flips that are looked at. Raises :class:`TooFewError` if a run is missing.
    """
    if np.isnan(nr).any():
        raise TooFewError("runs are missing; the same command goes on")
    scores = nr.mean(axis=1)
    means = scores.mean(axis=1)
    first, second = np.array(list(permutations(range(len(means)), 2))).T
    difference = (scores[first] - scores[second]).T
    family = np.hstack([difference, difference - rule.margin])
    p = max_t(family, seed=0, alternative="less", most=most)
    better, near = np.ones((2, len(means), len(means)))
    better[first, second], near[first, second] = np.split(p, 2)
    leader, *others = np.argsort(means, kind="stable")
    found = []
    for i in others:
        p_behind = float(better[leader, i])
        p_within = float(max(near[leader, i], near[i, leader]))
        within: Relation = "within" if p_within <= rule.level else "open"
        verdict: Relation = "behind" if p_behind <= rule.level else within
        behind = float(means[i] - means[leader])
        found.append(Other(names[i], float(means[i]), behind, p_behind, p_within, verdict))
    return Decision(nr.shape[2], names[leader], float(means[leader]), tuple(found))


def sentence(decision: Decision, rule: Rule) -> str:
    """What is known, in words; of ``rule`` what the words hold by."""
    last = decision.seeds == rule.looks[-1]
    state = "Decided" if decision.decided else "Not decided"
    found = (
        ("behind", "it is better than "),
        ("within", f"within {rule.margin:g} of it: "),
        ("open", "not told apart from it, nor shown to be near: "),
    )
    parts = []
    for relation, text in found:
        own = [other for other in decision.others if other.verdict == relation]
        if own:
            parts.append(text + ", ".join(f"{o.algorithm} (+{o.behind:.3g})" for o in own))
    schedule = ", ".join(map(str, rule.looks))
    return (
        f"{state} {'at the last look, ' if last else ''}after {decision.seeds} seeds: "
        f"{decision.leader} has the lowest mean normalised regret, {decision.nr:.3g}; "
        f"{'; '.join(parts)}. The chance that any of this is wrong is held at {rule.alpha:.0%} "
        f"over all algorithms and all looks (at {schedule} seeds), as far as differences are "
        "symmetric."
    )
