"""Chooses portfolios: few configurations that do well on all data sets of a problem class.

They are evaluated on the data sets that they were chosen without, beside random search.

Each candidate's loss at full fidelity, the one that searchers see, becomes a regret on each member:
``(loss - best) / (median - best)``, where best and median are those of the candidates on it. A
failed trial has the regret :data:`MOST`, and no regret is higher, so that one training that
diverged does not outweigh all others. Every choice is the candidate that lowers the most the regret
of the best so far, in the mean over data sets; a data set with several members counts once. So the
first ``k`` are the portfolio of ``k``, and each is good at any time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Float, Problem, Space, TabulatedProblem
from hpobench.contract.errors import UsageError
from hpobench.contract.seeding import derive_seed
from hpobench.plugins.foreign import calling
from hpobench.plugins.options import file_of
from hpobench.plugins.starting import portfolios
from hpobench.plugins.starting.portfolios import data_set_of, same_data_set
from hpobench.recording.measuring import PROBLEM_SEED, chances_of_best
from hpobench.store.format.disk import replace

TRIALS = (1, 3, 5, 10)  # after which a portfolio is evaluated
STORED = 25  # configurations of a portfolio
DRAWN = 2_000  # random candidates for a space that is too large to try everything
LISTED = 70_000  # the most configurations of a space of which all are candidates
DIGITS = 6  # significant ones, of a candidate's real numbers
MOST = 100.0  # the highest regret
# Decimals of a mean regret: surrogates give other last bits on other machines.
_TIES = 6

Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Class:
    """The members of a problem class with the candidates for its portfolio."""

    members: tuple[TabulatedProblem, ...]

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Class:
        """Raises :class:`UsageError` for problems that no portfolio can be chosen for."""
        name = problems[0].name
        members = tuple(p for p in problems if isinstance(p, TabulatedProblem))
        if len(members) < len(problems):
            raise UsageError(f"problem {name} trains; a portfolio needs losses to look up")
        if any(p.space != members[0].space for p in members):
            raise UsageError(f"problem {name}: its members have different spaces")
        found = cls(members)
        if len(set(found.data_sets)) < 2:
            raise UsageError(
                f"problem {name} has a single data set, {found.data_sets[0]}; a portfolio is "
                "chosen on the others"
            )
        return found

    @property
    def name(self) -> str:
        return self.members[0].name

    @property
    def data_sets(self) -> list[str]:
        """The data set of each member; the shortest of several names for the same one."""
        names = [data_set_of(self.name, problem.key) for problem in self.members]
        return [min((o for o in names if same_data_set(o, name)), key=len) for name in names]

    @cached_property
    def candidates(self) -> tuple[list[Config], str]:
        """The candidates, and which they are in words: the rows of a pool, all configurations of a
        small space, or else random ones and the library's default."""
        from hpobench.problems.pools._pool import PoolProblem

        problem, space = self.members[0], self.members[0].space
        if isinstance(problem, PoolProblem):
            rows = problem.read()["places"].T.tolist()
            return [_rounded(space, row) for row in rows], f"all {len(rows):,} rows of the pool"
        size = math.prod(parameter.size for parameter in space)
        if size <= LISTED and not space.conditional:
            return list(space.grid(LISTED)), f"all {size:,.0f} configurations"
        rng = Random(derive_seed("portfolio", problem.name))
        drawn = [_rounded(space, [rng.random() for _ in space]) for _ in range(DRAWN)]
        words = f"{DRAWN:,} random configurations"
        if portfolios.model_of(problem.name) is None:
            return drawn, words
        return [*drawn, portfolios.default_of(problem)], f"{words} and the library's default"

    @cached_property
    def losses(self) -> Matrix:
        """The losses of the candidates, ``[candidates, members]``; infinite for a failure."""
        losses = self.losses_of(self.candidates[0])
        for problem, column in zip(self.members, losses.T, strict=True):
            if not np.isfinite(column).any():
                raise UsageError(f"problem {self.name} {problem.key}: all candidates fail")
        return losses

    def losses_of(self, configs: Sequence[Config]) -> Matrix:
        columns = []
        for problem in self.members:
            with calling(file_of(type(problem)), f"{problem.name} cannot be asked"):
                finals = problem.finals(configs, PROBLEM_SEED)
            columns.append([loss for loss, _ in finals])
        losses = np.array(columns, float).T
        return np.where(np.isfinite(losses), losses, math.inf)

    @cached_property
    def weights(self) -> Matrix:
        """The share of each member in a mean over data sets."""
        names = self.data_sets
        each = np.array([1 / names.count(name) for name in names])
        shares: Matrix = each / each.sum()
        return shares


def _rounded(space: Space, point: Sequence[float]) -> Config:
    config = space.from_unit(point)
    for p in space:
        if isinstance(p, Float) and p.name in config:
            near = float(f"{config[p.name]:.{DIGITS}g}")
            config[p.name] = min(max(near, p.low), p.high)
    return config


def regrets(losses: Matrix, scale: Matrix) -> Matrix:
    """The regrets of ``losses`` by the best and the median of ``scale``, both ``[.., members]``."""
    finite = np.where(np.isfinite(scale), scale, np.nan)
    best, median = np.nanmin(finite, axis=0), np.nanmedian(finite, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (losses - best) / (median - best)
    # 0 / 0: as good as the best where the median is, too.
    return np.where(losses == best, 0.0, np.minimum(found, MOST))


def greedy(regret: Matrix, weights: Matrix, k: int) -> list[int]:
    """The rows of the portfolio of ``k``, or of all rows if there are fewer; ``regret``:
    ``[candidates, members]``. Once no row lowers the mean of the best so far, rows are taken by
    their own mean."""
    own = (regret @ weights).round(_TIES)
    best = np.full(regret.shape[1], MOST)
    chosen: list[int] = []
    for _ in range(min(k, len(regret))):
        mean = (np.minimum(regret, best) @ weights).round(_TIES)
        order = mean if mean.min() < round(float(best @ weights), _TIES) else own.copy()
        order[chosen] = np.inf
        chosen.append(int(order.argmin()))
        best = np.minimum(best, regret[chosen[-1]])
    return chosen


def make(problems: Sequence[Problem], file: Path, tell: Callable[[str], None]) -> None:
    """Choose the portfolios of the class of ``problems`` and write them into ``file``. The same
    problems give the same bytes. The version grows if a portfolio is another one than in the file.
    """
    found, space = Class.of(problems), problems[0].space
    regret = regrets(found.losses, found.losses)
    names = np.array(found.data_sets)
    rows = {"": greedy(regret, found.weights, STORED)}
    for name in sorted(set(names)):
        kept = names != name
        weights = found.weights[kept] / found.weights[kept].sum()
        rows[name] = greedy(regret[:, kept], weights, STORED)
        tell(f"{found.name}: chosen without {name}")
    used = sorted(set(itertools.chain.from_iterable(rows.values())))
    place = {row: i for i, row in enumerate(used)}
    numbered = {name: [place[row] for row in chosen] for name, chosen in rows.items()}
    content = {
        "problem": found.name,
        "version": 1,
        "made": _made(found),
        "space": space.to_json(),
        "configs": [[found.candidates[0][row].get(n) for n in space.names] for row in used],
        "all": numbered.pop(""),
        "without": numbered,
    }
    after = portfolios.parse_portfolio(content)
    if file.is_file():
        before, parts = portfolios.read_portfolio(file), ("space", "configs", "whole", "without")
        same = all(getattr(before, part) == getattr(after, part) for part in parts)
        content["version"] = before.version + (not same)
    # A line for each part and for each portfolio, so that a diff shows which one is another.
    dumps = json.JSONEncoder(separators=(",", ":")).encode
    texts = {key: dumps(value) for key, value in content.items()}
    without = ",\n".join(f"{dumps(name)}:{dumps(rows)}" for name, rows in numbered.items())
    texts["without"] = f"{{\n{without}\n}}"
    lines = ",\n".join(f"{dumps(key)}:{text}" for key, text in texts.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    replace(file, f"{{\n{lines}\n}}\n".encode())
    portfolios.read_portfolio.cache_clear()
    tell(f"{file}: version {content['version']}, {len(used)} configurations")


def _made(found: Class) -> dict[str, str]:
    problem = found.members[0]
    prints = [member.fingerprint() for member in found.members]
    data = hashlib.blake2b("".join(prints).encode(), digest_size=8).hexdigest()
    return {
        "command": f"hpobench portfolio {found.name} --make",
        "candidates": found.candidates[1],
        "members": f"{len(found.members)} members of {len(set(found.data_sets))} data sets",
        "data": data if any(prints) else ", ".join(problem.requires),
        "source": problem.source,
        "licence": problem.licence,
    }


@dataclass(frozen=True)
class Evaluation:
    """Regrets in the mean over data sets, by the number of trials."""

    members: int
    data_sets: int
    portfolio: tuple[float, ...]
    """After each of :data:`TRIALS`, on each data set with the portfolio chosen without it."""
    random: tuple[float, ...]  # the expectation, where each candidate is equally likely
    default: float  # of the library's default, or of the middle of the space without one


def evaluate(found: Class, portfolio: portfolios.Portfolio) -> Evaluation:
    """How ``portfolio`` does on the members of ``found``, beside random search."""
    position = {name: i for i, name in enumerate(found.data_sets)}
    if set(position) != set(portfolio.without):
        raise UsageError(
            f"problem {found.name}: its data sets are others than those of its portfolio; run "
            f"`hpobench portfolio {found.name} --make`"
        )
    every = regrets(found.losses_of(portfolio.configs), found.losses)
    reached = np.array(
        [
            np.minimum.accumulate(every[list(portfolio.without[name]), member])
            for member, name in enumerate(found.data_sets)
        ]
    ).T
    own = regrets(found.losses, found.losses)
    default = regrets(found.losses_of([portfolios.default_of(found.members[0])]), found.losses)[0]
    return Evaluation(
        len(found.members),
        len(position),
        tuple(float(reached[n - 1] @ found.weights) for n in TRIALS),
        tuple(float(expected_best(own, n) @ found.weights) for n in TRIALS),
        float(default @ found.weights),
    )


def expected_best(regret: Matrix, n: int) -> Matrix:
    """The expected least regret of ``n`` rows drawn with replacement, for each member."""
    expected: Matrix = chances_of_best(len(regret), n) @ np.sort(regret, axis=0)
    return expected
