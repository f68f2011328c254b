"""Workers that train the candidates of one search, in processes of Ray's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hpobench.bridges.search_cv.candidate import CandidateProblem
from hpobench.contract.training import TrainedProblem
from hpobench.running.cluster.connect import LOCAL, connected, starts_ray
from hpobench.running.stages.live.connections import (
    Connections,
    HereConnections,
    WorkerConnections,
)
from hpobench.running.stages.live.ray_worker import Worker

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class SearchWorker(Worker):
    """A worker of a search, which is handed the problem itself, with the data."""

    def problem(self, given: Any) -> TrainedProblem:
        problem: CandidateProblem = given
        return problem


@contextlib.contextmanager
def open_workers(
    problem: CandidateProblem, count: int, address: str | None
) -> Iterator[Connections]:
    """Workers for ``problem``: one in this process, or ``count`` of Ray's.

    ``address``: that of a cluster; ``None`` starts a Ray on this machine if one worker is not
    enough, or uses the one that this process has initialised.
    """
    if count == 1 and address is None:
        with contextlib.closing(HereConnections(problem)) as here:
            yield here
        return
    where = address or LOCAL
    with connected(where, count if starts_ray(where) else None) as ray:
        environment = {"env_vars": dict.fromkeys(_THREADS, "1")}
        options = {"num_cpus": 1, "max_restarts": -1, "runtime_env": environment}
        cls = ray.remote(SearchWorker).options(**options)
        workers = [cls.remote() for _ in range(count)]
        try:
            with contextlib.closing(
                WorkerConnections(ray, workers, ray.put(problem), 0.0)
            ) as there:
                yield there
        finally:
            for worker in workers:
                ray.kill(worker)
