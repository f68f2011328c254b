"""The candidates of a search as trials of the live stage, and the workers that train them."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from hpobench.api import Config, Fidelity, TrainedProblem, Training
from hpobench.bridges.search_cv.resource import Resource
from hpobench.bridges.search_cv.search_space import SearchSpace
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.errors import TrialError, describe
from hpobench.running.cluster.connect import LOCAL, connected, starts_ray
from hpobench.running.stages.live.connections import Connections, HereConnections, WorkerConnections
from hpobench.running.stages.live.ray_worker import Worker

LADDER = 3
"""A candidate is scored with 1/9, 1/3 and all of the resource: at powers of this."""
# Each of Ray's workers has one core: with more threads they would wait for each other.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class CandidateProblem(TrainedProblem):
    """A candidate is a trial; its loss is the negated mean score over the splits. It is fitted and
    scored at the powers of :data:`LADDER`, where schedulers decide; in between the last score
    stands."""

    name = "search-cv"

    def __init__(
        self, task: Task, search_space: SearchSpace, resource: Resource | None, steps: int
    ) -> None:
        self.task, self.search_space, self.resource = task, search_space, resource
        self.space = search_space.space
        self.fidelity = Fidelity(resource.name if resource else "evaluation", steps)
        self.rungs = {steps, *(LADDER**i for i in range(steps) if LADDER**i < steps)}

    def start(self, config: Config, seed: int) -> Training:  # noqa: ARG002 - estimators have theirs
        return _Candidate(self, self.search_space.params(config))


class _Candidate(Training):
    def __init__(self, problem: CandidateProblem, params: Mapping[str, Any]) -> None:
        self._problem, self._params = problem, params
        self._kept: list[Any] = [None] * len(problem.task.splits)
        self._step, self._loss = 0, math.nan

    def step(self) -> Mapping[str, float]:
        self._step += 1
        self.note = None
        if self._step not in self._problem.rungs:
            return {"loss": self._loss}
        task, resource = self._problem.task, self._problem.resource
        share = self._step / self._problem.fidelity.steps
        try:
            fits = []
            for split, kept in enumerate(self._kept):
                if resource is None:
                    fit = task.fit_and_score(split, self._params)
                else:
                    fit, self._kept[split] = resource.fit(task, self._params, split, share, kept)
                fits.append(fit)
        except Exception as error:
            task.raised, self.note = error, {"raised": describe(error)}
            raise
        amount = resource.amount(task, self._params, share) if resource else 1
        self.note = {"share": share, "resource": amount, "fits": fits}
        scores = []
        for fit in fits:
            score = fit["test_scores"]
            if isinstance(score, Mapping):  # by default the first of several
                score = score[task.metric if task.metric in score else next(iter(score))]
            scores.append(float(score))
        if not all(map(math.isfinite, scores)):
            raise TrialError(f"scores are {scores}")
        self._loss = -fmean(scores)
        return {"loss": self._loss}

    def save(self) -> bytes:
        """The last score alone: the next part is trained from the start."""
        return json.dumps([self._step, self._loss]).encode()

    def load(self, state: bytes) -> None:
        self._step, self._loss = json.loads(state)


class SearchWorker(Worker):
    """A worker of a search, which is handed the problem itself, with the data."""

    def problem(self, given: Any) -> TrainedProblem:
        return given  # type: ignore[no-any-return]


@contextlib.contextmanager
def open_workers(
    problem: CandidateProblem, count: int, address: str | None
) -> Iterator[Connections]:
    """Workers for ``problem``: one in this process, or ``count`` of Ray's. ``address``: a cluster;
    ``None`` starts a Ray on this machine if one worker is not enough, or uses the one that runs."""
    if count == 1 and address is None:
        with contextlib.closing(HereConnections(problem)) as here:
            yield here
        return
    where = address or LOCAL
    with connected(where, count if starts_ray(where) else None) as ray:
        environment = {"env_vars": dict.fromkeys(_THREADS, "1")}
        actor = ray.remote(SearchWorker)
        cls = actor.options(num_cpus=1, max_restarts=-1, runtime_env=environment)
        workers = [cls.remote() for _ in range(count)]
        try:
            there = WorkerConnections(ray, workers, ray.put(problem), 0.0)
            with contextlib.closing(there):
                yield there
        finally:
            for worker in workers:
                ray.kill(worker)
