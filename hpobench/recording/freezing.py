"""Measuring the references of a problem's members, for its file of frozen ones.

A member is measured by uniform random configurations: their losses at full fidelity give the
clip and, by the closed form for the best of n draws, what random search reaches. Where all
configurations are known they are taken instead, and everything is exact. Where nobody knows the
optimum, a local search from the best configurations looks for a better one.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np
from filelock import lock_descriptor
from numpy.typing import NDArray

from hpobench.contract.errors import UsageError
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.references import read_members
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.build import build_problem
from hpobench.plugins.options import members_of
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.plugins.signature import moved, signature
from hpobench.store.files import replace

EVALUATIONS = (1, 10, 100, 1000)
"""Budgets of random search, in full evaluations."""
SAMPLE = {TabulatedProblem: 20_000, TrainedProblem: 100}
"""Random configurations of each kind of problem."""
TIMED = 200
"""Curves whose median cost is the problem's, and"""
TRAININGS_TIMED = 20
ROUNDS, WIDTH, SHRINKING = 10, 0.2, 0.75
"""Of the local search: Gaussian steps of a width that shrinks each round, in the unit cube."""
PROBLEM_SEED = 0

Losses: TypeAlias = NDArray[np.float64]
"""``[configurations, 2]``: visible and held-out loss at full fidelity; infinite where it failed."""
Point: TypeAlias = list[float]


def measure(problem: Problem, sample: int | None = None) -> dict[str, Any]:
    """The entry of ``problem`` in the file of references, but for its version.

    ``sample``: so many random configurations instead of :data:`SAMPLE`.
    """
    size = sample or next(n for kind, n in SAMPLE.items() if isinstance(problem, kind))
    rng = Random(derive_seed("reference", problem.name, problem.key))
    whole = problem.everything() if isinstance(problem, TabulatedProblem) else None
    points: list[Point] = []
    if whole is None:
        points = [[rng.random() for _ in problem.space] for _ in range(size)]
        drawn = _Full(problem).losses(points)
        how = f"{size:,} random configurations"
    else:
        drawn = np.array(whole, float)
        how = f"exact: all {len(drawn):,} configurations"
    timed = [problem.space.sample(rng) for _ in range(min(size, TIMED))]
    failed = ~np.isfinite(drawn).all(axis=1)
    clip = float(np.median(drawn[~failed, 1]))
    told = drawn[:, 1].min(where=~failed, initial=math.inf)
    drawn[failed] = math.inf, clip
    optimum, found = _optimum(problem, points, drawn, float(told), rng)
    return {
        "optimum": optimum,
        "known": problem.optimum() is not None or whole is not None,
        "clip": clip,
        "random": {str(n): quartiles(drawn, n) for n in _budgets(len(drawn), whole is not None)},
        "seconds": float(f"{_seconds(problem, timed):.3g}"),
        "found": found,
        "sampled": how,
        "data": problem.fingerprint(),
        "signature": signature(problem),
    }


def quartiles(drawn: Losses, n: int) -> list[float]:
    """The quartiles of the held-out loss that the best of ``n`` draws from ``drawn`` has.

    Sorted by the visible loss, the k-th of N is the best with the chance
    ``((N-k+1)/N)^n - ((N-k)/N)^n``.
    """
    by_visible = drawn[np.argsort(drawn[:, 0], kind="stable"), 1]
    above = (np.arange(len(drawn), -1, -1) / len(drawn)) ** n
    chance = above[:-1] - above[1:]
    order = np.argsort(by_visible, kind="stable")
    reached = np.cumsum(chance[order])
    return [float(by_visible[order][np.searchsorted(reached, q)]) for q in (0.25, 0.5, 0.75)]


def _budgets(size: int, exact: bool) -> list[int]:
    """Those of :data:`EVALUATIONS` of which a sample of ``size`` can tell."""
    return [n for n in EVALUATIONS if exact or 10 * n <= size]


def _optimum(
    problem: Problem, points: list[Point], drawn: Losses, told: float, rng: Random
) -> tuple[float, str]:
    """The least held-out loss and how it was found; ``told``: the least of ``drawn``."""
    if (known := problem.optimum()) is not None:
        return known
    if not points:
        return told, "the least of all configurations"
    parents = max(5, len(points) // 200)
    children = max(1, len(points) // (parents * ROUNDS))
    best = _search(_Full(problem), points, drawn[:, 1], parents, children, rng)
    how = (
        f"the best of these and of a local search from the best {parents} ({ROUNDS} rounds, "
        f"{children} Gaussian children each); no proof that nothing is better"
    )
    return min(told, best), how


def _search(
    full: _Full, points: list[Point], losses: Losses, parents: int, children: int, rng: Random
) -> float:
    """The least held-out loss that descendants of the best ``points`` have."""
    for i in range(ROUNDS):
        best = np.argsort(losses, kind="stable")[:parents]
        width = WIDTH * SHRINKING**i
        kept = [points[j] for j in best]
        born = [_child(point, width, rng) for point in kept for _ in range(children)]
        heldout = full.losses(born)[:, 1]
        points = kept + born
        losses = np.concatenate([losses[best], np.where(np.isfinite(heldout), heldout, math.inf)])
    return float(losses.min())


def _child(point: Point, width: float, rng: Random) -> Point:
    """A Gaussian step from ``point``; now and then a coordinate is drawn anew, for what is no
    number has no neighbourhood."""
    anew = 1 / (2 * len(point))
    return [
        rng.random() if rng.random() < anew else min(max(u + rng.gauss(0, width), 0.0), 1.0)
        for u in point
    ]


@dataclass(frozen=True)
class _Full:
    """Full evaluations of ``problem``, tabulated or trained here and now."""

    problem: Problem

    def losses(self, points: Sequence[Point]) -> Losses:
        configs = [self.problem.space.from_unit(point) for point in points]
        if isinstance(self.problem, TabulatedProblem):
            return np.array(self.problem.finals(configs, PROBLEM_SEED), float)
        return np.array([self.trained(config) for config in configs], float)

    def trained(self, config: Config) -> tuple[float, float]:
        try:
            *_, last = _steps(self.problem, config)
        except Exception:  # whatever a library raises on a wild configuration fails that trial
            return math.inf, math.inf
        return last["loss"], last.get("heldout", last["loss"])


def _steps(problem: Problem, config: Config) -> Iterator[Mapping[str, float]]:
    assert isinstance(problem, TrainedProblem)
    training = problem.start(config, PROBLEM_SEED)
    try:
        for _ in range(problem.fidelity.steps):
            yield training.step()
    finally:
        training.close()


def _seconds(problem: Problem, configs: Sequence[Config]) -> float:
    """The median cost of a full evaluation; of a training, seconds of the processor."""
    if isinstance(problem, TabulatedProblem):
        return float(np.nanmedian([_cost(problem, config) for config in configs]))
    full, costs = _Full(problem), []
    for config in configs[:TRAININGS_TIMED]:
        begin = time.process_time()
        full.trained(config)
        costs.append(time.process_time() - begin)
    return float(np.median(costs))


def _cost(problem: TabulatedProblem, config: Config) -> float:
    try:
        return sum(problem.curve(config, PROBLEM_SEED).costs)
    except Exception:  # it fails that trial
        return math.nan


def members(problem: str, options: Mapping[str, Any], plugins: Iterable[Path]) -> list[Problem]:
    """The members of the family ``problem`` that have these ``options``.

    Raises :class:`UsageError` if there are none.
    """
    registry = Registry(plugins)
    cls: type[Problem] = registry.find("problem", problem).load()
    found = [
        build_problem(plugin_ref(registry, "problem", problem, member))
        for member in members_of(cls)
        if all(member.get(key) == value for key, value in options.items())
    ]
    if not found:
        raise UsageError(f"problem {problem}: no member of the family has {dict(options)}")
    return found


# -- the file ------------------------------------------------------------------------------


def freeze(
    problems: Iterable[Problem], file: Path, tell: Callable[[str], None], sample: int | None = None
) -> None:
    """Measure each of ``problems``, all of one family, and enter it into ``file``, where it stays
    whatever happens to the next. Several processes may do so at once. ``tell`` is told a line a
    member. Raises :class:`PluginError` where the file is damaged, before anything is measured."""
    read_members(file)
    for problem in problems:
        entry = measure(problem, sample)
        with _alone(file):
            members = read_members(file)
            before = members.get(problem.key)
            entry = renewed(before, entry, same_problem=_same(before, entry))
            content = {"problem": problem.name, "members": members | {problem.key: entry}}
            replace(file, (json.dumps(content, indent=1) + "\n").encode())
        tell(_told(problem, before, entry))


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until no other process is writing into the folder of ``file``, and keep it so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        lock_descriptor(descriptor)
        yield
    finally:
        os.close(descriptor)


def renewed(
    before: Mapping[str, Any] | None, entry: Mapping[str, Any], *, same_problem: bool
) -> dict[str, Any]:
    """``entry`` with its version, one above that of the entry ``before`` it if a number changed.

    The lowest loss ever found on the same problem stays its optimum.
    """
    if before is None:
        return {"version": 1, **entry}
    new = dict(entry)
    if not new["known"] and same_problem and before["optimum"] < new["optimum"]:
        new |= {key: before[key] for key in ("optimum", "found")}
    same = all(before[key] == new[key] for key in ("optimum", "known", "clip", "random"))
    return {"version": before["version"] + (not same), **new}


def _same(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> bool:
    """Whether the entry ``before`` is of this very problem."""
    if before is None or before["data"] != entry["data"]:
        return False
    return moved(before["signature"], entry["signature"]) is None


def _told(problem: Problem, before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> str:
    name = f"{problem.name}[{problem.key}]" if problem.key else problem.name
    version = f"version {entry['version']}"
    if before is None or before["version"] != entry["version"]:
        version = f"new: {version}"
    return (
        f"{name}: optimum {entry['optimum']:g}{'' if entry['known'] else ' (found)'}, "
        f"clip {entry['clip']:g}, {entry['seconds']:g} s; {version}"
    )
