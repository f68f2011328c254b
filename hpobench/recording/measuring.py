"""Measures the references of problems: what random search reaches, and the best loss known.

A problem is measured by uniform random configurations. Their losses at full fidelity give the
clip and, by the closed form for the best of n draws, what random search reaches. If all
configurations are known they are taken instead, and everything is exact. If nobody knows the
optimum, a local search from the best configurations looks for a better one. To freeze references
is to measure the members of a family and to keep what was found in the family's file.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np
from filelock import lock_descriptor
from numpy.typing import NDArray

from hpobench.api import Config, Problem, TabulatedProblem, TrainedProblem
from hpobench.contract.errors import UsageError
from hpobench.contract.frozen import read_members
from hpobench.contract.seeding import derive_seed
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.foreign import calling
from hpobench.plugins.options import file_of, members_of
from hpobench.plugins.registry import Registry
from hpobench.plugins.signature import moved, signature
from hpobench.store.format.disk import replace

EVALUATIONS = (1, 10, 100, 1000)  # the budgets of random search, in full evaluations
SAMPLE = {TabulatedProblem: 20_000, TrainedProblem: 100}  # random configurations
TIMED, TRAININGS_TIMED = 200, 20  # curves and trainings whose median cost is the problem's
ROUNDS, WIDTH, SHRINKING = 10, 0.2, 0.75
"""The local search takes Gaussian steps in the unit cube, whose width shrinks each round."""
PROBLEM_SEED = 0

Losses: TypeAlias = NDArray[np.float64]
"""Visible and held-out losses at full fidelity, ``[configurations, 2]``; infinite for a failure."""


def measure(problem: Problem, sample: int | None = None) -> dict[str, Any]:
    """The entry of ``problem`` in the file of references, without its version; ``sample``: the
    number of random configurations."""
    size = sample or next(n for kind, n in SAMPLE.items() if isinstance(problem, kind))
    rng = Random(derive_seed("reference", problem.name, problem.key))
    whole = problem.everything() if isinstance(problem, TabulatedProblem) else None
    points: list[list[float]] = []
    if whole is None:
        points = [[rng.random() for _ in problem.space] for _ in range(size)]
        drawn = _losses(problem, points)
        how = f"{size:,} random configurations"
    else:
        drawn = np.array(whole, float)
        how = f"exact: all {len(drawn):,} configurations"
    timed = [problem.space.sample(rng) for _ in range(min(size, TIMED))]
    failed = ~np.isfinite(drawn).all(axis=1)
    clip = float(np.median(drawn[~failed, 1]))
    least = drawn[:, 1].min(where=~failed, initial=math.inf)
    drawn[failed] = math.inf, clip
    optimum, found = _optimum(problem, points, drawn, float(least), rng)
    budgets = [n for n in EVALUATIONS if whole is not None or 10 * n <= len(drawn)]
    return {
        "optimum": optimum,
        "known": problem.optimum() is not None or whole is not None,
        "clip": clip,
        "random": {str(n): quartiles(drawn, n) for n in budgets},
        "seconds": float(f"{_seconds(problem, timed):.3g}"),
        "found": found,
        "sampled": how,
        "data": problem.fingerprint(),
        "signature": signature(problem),
    }


def quartiles(drawn: Losses, n: int) -> list[float]:
    """The quartiles of the held-out loss of the best of ``n`` draws from ``drawn``."""
    by_visible = drawn[np.argsort(drawn[:, 0], kind="stable"), 1]
    order = np.argsort(by_visible, kind="stable")
    reached = np.cumsum(chances_of_best(len(drawn), n)[order])
    return [float(by_visible[order][np.searchsorted(reached, q)]) for q in (0.25, 0.5, 0.75)]


def chances_of_best(size: int, n: int) -> NDArray[np.float64]:
    """The chance of each of N = ``size`` sorted losses to be the best of ``n`` draws; for the k-th
    it is ``((N-k+1)/N)^n - ((N-k)/N)^n``."""
    above = (np.arange(size, -1, -1) / size) ** n
    return above[:-1] - above[1:]


def _optimum(
    problem: Problem, points: list[list[float]], drawn: Losses, least: float, rng: Random
) -> tuple[float, str]:
    """The least held-out loss and how it was found; ``least`` is the least of ``drawn``."""
    if (known := problem.optimum()) is not None:
        return known
    if not points:
        return least, "the least of all configurations"
    parents = max(5, len(points) // 200)
    children = max(1, len(points) // (parents * ROUNDS))
    anew = 1 / (2 * len(problem.space))
    losses = drawn[:, 1]
    for i in range(ROUNDS):
        best = np.argsort(losses, kind="stable")[:parents]
        width = WIDTH * SHRINKING**i
        kept = [points[j] for j in best]
        born = [
            [
                # Now and then a coordinate is drawn anew, because a choice has no neighbourhood.
                rng.random() if rng.random() < anew else min(max(u + rng.gauss(0, width), 0.0), 1.0)
                for u in point
            ]
            for point in kept
            for _ in range(children)
        ]
        heldout = _losses(problem, born)[:, 1]
        points = kept + born
        losses = np.concatenate([losses[best], np.where(np.isfinite(heldout), heldout, math.inf)])
    how = (
        f"the best of these and of a local search from the best {parents} ({ROUNDS} rounds, "
        f"{children} Gaussian children each); no proof that nothing is better"
    )
    return min(least, float(losses.min())), how


def _losses(problem: Problem, points: Sequence[list[float]]) -> Losses:
    """The losses of full evaluations, looked up or trained at once."""
    configs = [problem.space.from_unit(point) for point in points]
    if isinstance(problem, TabulatedProblem):
        return np.array(problem.finals(configs, PROBLEM_SEED), float)
    return np.array([_trained(problem, config) for config in configs], float)


def _trained(problem: Problem, config: Config) -> tuple[float, float]:
    assert isinstance(problem, TrainedProblem)
    try:
        with contextlib.closing(problem.start(config, PROBLEM_SEED)) as training:
            last = [training.step() for _ in range(problem.fidelity.steps)][-1]
    except Exception:  # whatever a library raises, the trial would fail
        return math.inf, math.inf
    return last["loss"], last.get("heldout", last["loss"])


def _seconds(problem: Problem, configs: Sequence[Config]) -> float:
    """The median cost of a full evaluation in seconds; processor time for a training."""
    costs = []
    if isinstance(problem, TabulatedProblem):
        for config in configs:
            with contextlib.suppress(Exception):  # the trial would fail
                costs.append(sum(problem.curve(config, PROBLEM_SEED).costs))
        return float(np.nanmedian(costs or [math.nan]))
    for config in configs[:TRAININGS_TIMED]:
        begin = time.process_time()
        _trained(problem, config)
        costs.append(time.process_time() - begin)
    return float(np.median(costs))


def members(problem: str, options: Mapping[str, Any], plugins: Iterable[Path]) -> list[Problem]:
    """The members of the family ``problem`` that have these ``options``, at least one."""
    registry = Registry(plugins)
    found = [
        build_problem(plugin_ref(registry, "problem", problem, member))
        for member in members_of(registry.find("problem", problem).load())
        if all(member.get(key) == value for key, value in options.items())
    ]
    if not found:
        raise UsageError(f"problem {problem}: no member of the family has {dict(options)}")
    return found


def freeze(
    problems: Iterable[Problem], file: Path, tell: Callable[[str], None], sample: int | None = None
) -> None:
    """Measure each of ``problems``, all of one family, and enter it into ``file``. An entry stays
    in the file, whatever happens to the next. Several processes may freeze into one file. ``tell``
    takes a line for each member; ``sample`` is that of :func:`measure`."""
    read_members(file)
    for problem in problems:
        with calling(file_of(type(problem)), f"{problem.name} cannot be measured"):
            entry = measure(problem, sample)
        file.parent.mkdir(parents=True, exist_ok=True)
        # The folder itself is locked, so that no lock file lies among the references.
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            lock_descriptor(folder)
            kept = read_members(file)
            before = kept.get(problem.key)
            entry = _renewed(before, entry)
            content = {"problem": problem.name, "members": kept | {problem.key: entry}}
            replace(file, (json.dumps(content, indent=1) + "\n").encode())
        finally:
            os.close(folder)
        name = f"{problem.name}[{problem.key}]" if problem.key else problem.name
        new = "" if before and before["version"] == entry["version"] else "new: "
        tell(
            f"{name}: optimum {entry['optimum']:g}{'' if entry['known'] else ' (found)'}, clip "
            f"{entry['clip']:g}, {entry['seconds']:g} s; {new}version {entry['version']}"
        )


def _renewed(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    """``entry`` with its version, which grows by one if a number differs from ``before``."""
    if before is None:
        return {"version": 1, **entry}
    new = dict(entry)
    same_problem = (
        before["data"] == new["data"] and moved(before["signature"], new["signature"]) is None
    )
    # The lowest loss ever found on the same problem stays its optimum.
    if not new["known"] and same_problem and before["optimum"] < new["optimum"]:
        new |= {key: before[key] for key in ("optimum", "found")}
    same = all(before[key] == new[key] for key in ("optimum", "known", "clip", "random"))
    return {"version": before["version"] + (not same), **new}
