"""ASHA by promotion and PASHA, simulated straight from the papers' pseudocode.

Li et al. 2020, algorithm 2 (one bracket); Bohdal et al. 2023, algorithm 1 and sections 4.1 and 4.2.
Nothing here is Ray's or ours: losses and costs in, results in the order of time out.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Sequence

import numpy as np

Curves = Sequence[tuple[Sequence[float], Sequence[float]]]
"""By trial, its losses and the costs of its steps."""


class PaperAsha:
    """``levels`` ends with the most resource that a trial may have."""

    def __init__(self, curves: Curves, levels: Sequence[int], eta: float, workers: int) -> None:
        self.curves, self.levels, self.eta = curves, levels, eta
        self.rungs: list[dict[int, float]] = [{} for _ in levels]
        self.promoted: list[set[int]] = [set() for _ in levels]
        self.asked, self.idle, self.clock = 0, workers, 0.0
        self.results: list[tuple[int, int]] = []
        self.queue: list[tuple[float, int, int, int, int]] = []
        self.order = itertools.count()
        self.top = len(levels) - 1

    def run(self) -> list[tuple[int, int]]:
        """Trial and step of all results."""
        self.give_jobs()
        while self.queue:
            self.clock, _, trial, step, rung = heapq.heappop(self.queue)
            self.results.append((trial, step))
            if math.isnan(self.curves[trial][0][step - 1]):
                self.idle += 1  # it failed
            elif step < self.levels[rung]:
                self.begin(trial, step + 1, rung)
                continue
            else:
                self.rungs[rung][trial] = self.curves[trial][0][step - 1]
                self.completed(rung)
                self.idle += 1
            self.give_jobs()
        return self.results

    def begin(self, trial: int, step: int, rung: int) -> None:
        cost = self.curves[trial][1][step - 1]
        heapq.heappush(self.queue, (self.clock + cost, next(self.order), trial, step, rung))

    def give_jobs(self) -> None:
        while self.idle and (job := self.get_job()) is not None:
            trial, rung = job
            self.idle -= 1
            self.begin(trial, self.levels[rung - 1] + 1 if rung else 1, rung)

    def get_job(self) -> tuple[int, int] | None:
        for k in range(self.top - 1, -1, -1):
            ranking = sorted(self.rungs[k], key=lambda trial: (self.rungs[k][trial], trial))
            for trial in ranking[: math.floor(len(ranking) / self.eta)]:
                if trial not in self.promoted[k]:
                    self.promoted[k].add(trial)
                    return trial, k + 1
        if self.asked == len(self.curves):
            return None
        self.asked += 1
        return self.asked - 1, 0

    def completed(self, rung: int) -> None:
        """A trial has reported at ``rung``."""


class PaperPasha(PaperAsha):
    def __init__(self, curves: Curves, levels: Sequence[int], eta: float, workers: int) -> None:
        super().__init__(curves, levels, eta, workers)
        self.top, self.epsilon = min(1, self.top), 0.0
        self.tops = [1]

    def completed(self, rung: int) -> None:
        if rung != self.top or rung == len(self.levels) - 1:
            return
        self.estimate_epsilon()
        above, below = self.rungs[rung], self.rungs[rung - 1]
        ranking = sorted(above, key=lambda trial: (above[trial], trial))
        before = sorted(above, key=lambda trial: (below[trial], trial))
        groups = [{x for x in before if abs(below[x] - below[t]) <= self.epsilon} for t in before]
        if any(trial not in group for trial, group in zip(ranking, groups, strict=True)):
            self.top += 1
        self.tops.append(self.top)

    def estimate_epsilon(self) -> None:
        reached: dict[int, int] = {}
        for trial, step in self.results:
            if not math.isnan(self.curves[trial][0][step - 1]):
                reached[trial] = min(step, self.levels[self.top])
        long = sorted(t for t, step in reached.items() if step > self.levels[self.top - 1])
        distances = []
        for one, other in itertools.combinations(long, 2):
            a, b = self.curves[one][0], self.curves[other][0]
            j = min(reached[one], reached[other]) - 1
            for first, second in ((a, b), (b, a)):
                if first[j] > second[j] and any(
                    first[k] < second[k] and first[i] > second[i]
                    for k in range(j)
                    for i in range(k)
                ):
                    distances.append(first[j] - second[j])
        if distances:
            self.epsilon = float(np.percentile(distances, 90))
