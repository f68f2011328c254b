# /// script
# requires-python = ">=3.11"
# dependencies = ["botorch==0.18.1", "torch>=2.4,<2.14"]
# ///
"""Plain Bayesian optimisation with BoTorch."""

from __future__ import annotations

import functools
import math
from random import Random
from typing import TYPE_CHECKING

from hpobench.api import (
    Categorical,
    Config,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Parameter,
    Prior,
    Searcher,
    Space,
    Value,
)
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from botorch.acquisition import AcquisitionFunction
    from botorch.models import SingleTaskGP
    from torch import Tensor

_FEW = 20
"""An integer of at most this many values is searched value by value. BoTorch would search longer
lists as real numbers and round them."""

_PRIOR_WEIGHT = 10.0
"""The exponent of the prior at the first proposal of the model: piBO's for a hundred trials."""


class BoTorch(Searcher):
    """The loop of BoTorch's tutorials: a Gaussian process and qLogEI with pending points.

    The first ``n_initial`` proposals are Sobol' points. Then each proposal maximises the log
    expected improvement under BoTorch's default Gaussian process, or under the one with its mixed
    kernel if there are categories. Numbers are scaled to the unit interval, on a log scale by their
    logarithm. Categories, ordinals and integers of few values are optimised as discrete values;
    longer ranges of integers are rounded. Losses are standardised but not transformed otherwise,
    so a single diverged loss makes the differences between the others negligible. A failed or
    withheld trial stays pending for the whole run: it has no loss and is not proposed again.

    With a prior this is piBO, by BoTorch's ``PriorGuidedAcquisitionFunction``: the first proposals
    are draws from the prior, and then its density weights the expected improvement. The exponent is
    10 at first and falls as one over the number of the model's losses.
    """

    name = "botorch"
    library = "botorch"
    preload = (
        "botorch.acquisition.logei",
        "botorch.fit",
        "botorch.models",
        "botorch.optim.optimize_mixed",
    )
    conditional = False
    takes_prior = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, n_initial: int = 10) -> None:
        import torch
        from torch.quasirandom import SobolEngine

        if n_initial < 2:
            raise UsageError(f"botorch: n_initial must be at least 2, not {n_initial}")
        if len(space) > SobolEngine.MAXDIM:
            raise UsageError(
                f"botorch: Sobol' points have at most {SobolEngine.MAXDIM} dimensions, "
                f"the space has {len(space)} parameters"
            )
        self._space = space
        self._n_initial = n_initial
        self._sobol = SobolEngine(len(space), scramble=True, seed=seed)
        self._rng = Random(seed)
        values = {i: v for i, p in enumerate(space) if (v := _values(p)) is not None}
        # A category with a single choice is passed as a constant, because BoTorch cannot perturb
        # it.
        categories = {i for i, p in enumerate(space) if _is_category(p) and p.size > 1}
        self._cat_dims = {i: v for i, v in values.items() if i in categories}
        self._discrete_dims = {i: v for i, v in values.items() if i not in categories}
        ranges = [values.get(i, [0.0, 1.0]) for i in range(len(space))]
        self._bounds = torch.tensor([(v[0], v[-1]) for v in ranges], dtype=torch.double).T
        self._points: dict[int, list[float]] = {}
        """The point of every trial in the coordinates of the model."""
        self._losses: dict[int, float] = {}
        """The losses of the trials that have one, in the order in which the trials ended."""

    def ask(self, trial: int) -> Config:
        if len(self._losses) < self._n_initial:
            config = self._initial()
        else:
            optimum = zip(self._space, self._optimum(), strict=True)
            config = self._space.build({p.name: _decoded(p, x) for p, x in optimum})
        self.adopt(trial, config)
        return config

    def _initial(self) -> Config:
        if self.prior is not None:
            return self.prior.sample(self._rng)
        return self._space.from_unit(self._sobol.draw(1)[0].tolist())

    def adopt(self, trial: int, config: Config) -> bool:
        self._points[trial] = [_encoded(p, config[p.name]) for p in self._space]
        return True

    def _optimum(self) -> list[float]:
        """The point with the greatest expected improvement."""
        import torch
        from botorch.acquisition.logei import qLogExpectedImprovement
        from botorch.acquisition.prior_guided import PriorGuidedAcquisitionFunction
        from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating

        told = list(self._losses)
        x = torch.tensor([self._points[trial] for trial in told], dtype=torch.double)
        y = -torch.tensor([[self._losses[trial]] for trial in told], dtype=torch.double)
        points = [point for trial, point in self._points.items() if trial not in self._losses]
        pending = torch.tensor(points, dtype=torch.double) if points else None
        acquisition: AcquisitionFunction = qLogExpectedImprovement(
            self._model(x, y), best_f=y.max(), X_pending=None if self.prior else pending
        )
        if self.prior is not None:
            acquisition = PriorGuidedAcquisitionFunction(
                acquisition,
                functools.partial(_log_density, self.prior),
                log=True,
                prior_exponent=_PRIOR_WEIGHT / (len(told) - self._n_initial + 1),
                X_pending=pending,
            )
        candidates, _ = optimize_acqf_mixed_alternating(
            acquisition,
            self._bounds,
            discrete_dims=self._discrete_dims,
            cat_dims=self._cat_dims,
        )
        return candidates[0].tolist()  # type: ignore[no-any-return]

    def _model(self, x: Tensor, y: Tensor) -> SingleTaskGP:
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import MixedSingleTaskGP, SingleTaskGP
        from gpytorch.mlls import ExactMarginalLogLikelihood

        if self._cat_dims:
            model = MixedSingleTaskGP(x, y, cat_dims=list(self._cat_dims))
        else:
            model = SingleTaskGP(x, y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return model

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            self._losses[trial] = loss


# -- the space in BoTorch's terms --------------------------------------------------------------


def _is_category(p: Parameter) -> bool:
    return isinstance(p, Categorical) and not isinstance(p, Ordinal)


def _values(p: Parameter) -> list[float] | None:
    """The coordinates of ``p`` in ascending order, or ``None`` if ``p`` is searched as a range."""
    if isinstance(p, Categorical) or p.size <= _FEW:
        return [_encoded(p, value) for value in p.grid(_FEW)]
    return None


def _encoded(p: Parameter, value: Value) -> float:
    match p:
        case Float() | Int():
            return p.to_unit(value)
        case Ordinal():
            return p.index(value) / max(len(p.choices) - 1, 1)
        case Categorical():
            return float(p.index(value))


def _decoded(p: Parameter, x: float) -> Value:
    match p:
        case Float() | Int():
            return p.from_unit(x)
        case Ordinal():
            return p.choices[round(x * max(len(p.choices) - 1, 1))]
        case Categorical():
            return p.choices[round(x)]


def _log_density(prior: Prior, x: Tensor) -> Tensor:
    """The logarithm of the prior's density at points in the coordinates of the model, but for a
    constant."""
    import torch

    total = torch.zeros(x.shape[:-1], dtype=x.dtype)
    for i, p in enumerate(prior.space):
        if _is_category(p):
            logs = torch.tensor([math.log(w) for w in prior.weights(p)], dtype=x.dtype)  # type: ignore[arg-type]
            total = total + logs[x[..., i].round().long()]
        else:
            z = (x[..., i] - _encoded(p, prior.centre[p.name])) / (prior.deviation * _length(p))
            total = total - z**2 / 2
    return total


def _length(p: Parameter) -> float:
    """The length of the unit interval in the coordinate of ``p``."""
    return len(p.choices) / max(len(p.choices) - 1, 1) if isinstance(p, Ordinal) else 1.0
