"""What the searchers built on scikit-optimize share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import value_of
from hpobench.api import Categorical, Config, Float, Int, Ordinal, Parameter, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from skopt.space import Dimension


class SkoptSearcher(Searcher):
    """Asks and tells a ``skopt.Optimizer``; a subclass brings what models the losses.

    With trials under way it proposes as ``Optimizer.ask(n_points=...)`` finds each further point:
    a copy of the optimiser is told the lowest loss so far for all of them (CL-min in Ginsbourger
    et al., "Kriging is well-suited to parallelize optimization", 2010), and asked. scikit-optimize
    takes numbers only: a trial that failed or whose loss is withheld counts as the worst seen.
    """

    library = "scikit-optimize"
    preload = ("skopt",)
    conditional = False

    def __init__(
        self, space: Space, *, seed: int, model: str, acq_func: str, n_initial_points: int
    ) -> None:
        import skopt

        if n_initial_points < 1:
            raise UsageError(
                f"{self.name}: n_initial_points must be at least 1, not {n_initial_points}"
            )
        self._space = space
        self._optimizer = skopt.Optimizer(
            [dimension(p) for p in space],
            model,
            n_initial_points=n_initial_points,
            acq_func=acq_func,
            random_state=seed,
            model_queue_size=1,  # only the last proposes, and all of them would fill the memory
        )
        self._running: dict[int, list[Any]] = {}
        self._failed: list[list[Any]] = []
        """What failed before there was a loss."""

    def ask(self, trial: int) -> Config:
        pending = [*self._running.values(), *self._failed]
        point = self._beside(pending) if pending else self._optimizer.ask()
        self._running[trial] = point
        return {p.name: value_of(p, x) for p, x in zip(self._space, point, strict=True)}

    def _beside(self, pending: list[list[Any]]) -> list[Any]:
        seed = self._optimizer.rng.randint(2**31 - 1)
        liar = self._optimizer.copy(random_state=seed)
        lie = min(liar.yi, default=0.0)
        liar.tell(pending, [lie] * len(pending))
        return liar.ask()  # type: ignore[no-any-return]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._optimizer.tell(self._running.pop(trial), loss)
            self._impute()

    def failed(self, trial: int) -> None:
        self._failed.append(self._running.pop(trial))
        self._impute()

    def dropped(self, trial: int) -> None:
        self.failed(trial)

    def _impute(self) -> None:
        losses = self._optimizer.yi
        if losses and self._failed:
            self._optimizer.tell(self._failed, [max(losses)] * len(self._failed))
            self._failed = []


def dimension(p: Parameter) -> Dimension:
    """``p`` to scikit-optimize, to which an ordinal parameter is the integer of its index.

    Categories go by their index too, for True and 1 are the same to it.
    """
    from skopt import space

    match p:
        case Float(low=low, high=high, log=log):
            return space.Real(low, high, "log-uniform" if log else "uniform")
        case Int(low=low, high=high, log=True):
            # Of integers it holds the logarithms against the bounds themselves (0.10.2), and so
            # trees would propose hardly anything but the highest value; not if it normalises.
            return space.Integer(low, high, "log-uniform", transform="normalize")
        case Int(low=low, high=high):
            return space.Integer(low, high)
        case Ordinal(choices=choices) if len(choices) > 1:
            return space.Integer(0, len(choices) - 1)
        case Categorical(choices=choices):
            return space.Categorical(range(len(choices)))
