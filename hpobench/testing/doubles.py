"""A problem of learning curves, a searcher with a fixed list, and runs of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from hpobench.api import Budget, Config, Curve, Exhausted, Fidelity, Reference, Scheduler, Searcher
from hpobench.contract.cell import Exact, Tell
from hpobench.contract.parameters import Float, Int
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.seeding import uniform
from hpobench.contract.space import Space
from hpobench.running.cells.tuning import Run
from hpobench.running.stages.virtual import VirtualStage

SPACE = Space(
    [Float("lr", 1e-4, 1e-1, log=True), Float("decay", 1e-6, 1e-2, log=True), Int("width", 8, 64)]
)


class CurveProblem(TabulatedProblem):
    """Exponential learning curves; the cost of a step depends on the width, or is 1 s."""

    name = "curves"
    space = SPACE

    def __init__(self, steps: int = 27, *, equal_costs: bool = False) -> None:
        self.fidelity = Fidelity("epoch", steps)
        self._equal_costs = equal_costs

    def reference(self) -> Reference:
        return Reference(0.0, 1.0, "made up", known=False)

    def curve(self, config: Config, seed: int) -> Curve:
        lr, decay, width = (float(config[name]) for name in ("lr", "decay", "width"))
        limit = 0.15 * (math.log10(lr) + 2) ** 2 + 0.03 * (math.log10(decay) + 4) ** 2
        keep = 1 - min(0.6, 0.05 + 8 * lr)
        steps = range(1, self.fidelity.steps + 1)
        losses = [limit + keep**k + 0.01 * uniform(seed, lr, k) for k in steps]
        costs = [0.5 + width / 64 + 0.1 * uniform(lr, k) for k in steps]
        if self._equal_costs:
            costs = [1.0] * len(losses)
        return Curve(losses, costs, [loss - 0.01 for loss in losses])


class ListedSearcher(Searcher):
    """Proposes the configurations that it is given, and records every call."""

    name = "listed"

    def __init__(self, configs: Sequence[Config]) -> None:
        self.configs = list(configs)
        self.calls: list[tuple[object, ...]] = []

    def ask(self, trial: int) -> Config:
        if trial >= len(self.configs):
            raise Exhausted
        self.calls.append(("ask", trial))
        return dict(self.configs[trial])

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self.calls.append(("tell", trial, step, loss, final))

    def failed(self, trial: int) -> None:
        self.calls.append(("failed", trial))

    def dropped(self, trial: int) -> None:
        self.calls.append(("dropped", trial))

    def paused(self, trial: int) -> None:
        self.calls.append(("paused", trial))

    def resumed(self, trial: int) -> None:
        self.calls.append(("resumed", trial))


def random_configs(n: int, seed: int = 0) -> list[Config]:
    rng = Random(seed)
    return [SPACE.sample(rng) for _ in range(n)]


def make_run(
    scheduler: Scheduler,
    *,
    problem: TabulatedProblem | None = None,
    searcher: Searcher | None = None,
    trials: int = 40,
    budget: Budget | None = None,
    workers: int = 4,
    tell: Tell = "last",
    exact: Exact | None = None,
) -> Run:
    problem = problem or CurveProblem()
    budget = budget or Budget(trials=trials)
    return Run(
        problem,
        searcher or ListedSearcher(random_configs(trials)),
        scheduler,
        VirtualStage(problem, seed=1, workers=workers, budget=budget),
        trials=budget.trials,
        scheduler_seed=2,
        tell=tell,
        exact=exact,
    )
