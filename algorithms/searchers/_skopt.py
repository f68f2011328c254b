"""The base class of the searchers that use scikit-optimize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._values import term_of, value_of
from hpobench.api import Categorical, Config, Float, Int, Ordinal, Parameter, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from skopt.space import Dimension


class SkoptSearcher(Searcher):
    """A searcher that asks and tells a ``skopt.Optimizer``; a subclass chooses the model.

    While trials are running, it proposes as ``Optimizer.ask(n_points=...)`` does after the first
    point: it tells a copy of the optimiser the lowest loss so far for every running trial, and
    asks the copy (CL-min in Ginsbourger et al., "Kriging is well-suited to parallelize
    optimization", 2010). scikit-optimize accepts only numbers as losses, so a trial that failed,
    or whose loss is withheld, is told the worst loss seen.
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
            model_queue_size=1,  # only the last model proposes; keeping all would fill the memory
        )
        self._running: dict[int, list[Any]] = {}
        self._failed: list[list[Any]] = []
        """The points that failed before there was a loss to tell for them."""

    def ask(self, trial: int) -> Config:
        pending = [*self._running.values(), *self._failed]
        point = self._beside(pending) if pending else self._optimizer.ask()
        self._running[trial] = point
        return {p.name: value_of(p, x) for p, x in zip(self._space, point, strict=True)}

    def adopt(self, trial: int, config: Config) -> bool:
        self._running[trial] = [term_of(p, config[p.name]) for p in self._space]
        return True

    def _beside(self, pending: list[list[Any]]) -> list[Any]:
        # As in Optimizer.ask, the optimiser's generator seeds the copy. A copy of the generator
        # itself would not advance the original, and every copy would draw the same numbers.
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
    """``p`` as a dimension of scikit-optimize.

    An ordinal parameter is represented by its index as an integer. A category is represented by
    its index too, because to scikit-optimize ``True`` and ``1`` are the same.
    """
    from skopt import space

    match p:
        case Float(low=low, high=high, log=log):
            return space.Real(low, high, "log-uniform" if log else "uniform")
        case Int(low=low, high=high, log=True):
            # Unless it normalises, scikit-optimize 0.10.2 compares logarithms of integers with the
            # bounds of the integers themselves, and trees propose little but the highest value.
            return space.Integer(low, high, "log-uniform", transform="normalize")
        case Int(low=low, high=high):
            return space.Integer(low, high)
        case Ordinal(choices=choices) if len(choices) > 1:
            return space.Integer(0, len(choices) - 1)
        case Categorical(choices=choices):
            return space.Categorical(range(len(choices)))
