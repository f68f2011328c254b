"""Ray's PB2, whose Gaussian processes are evaluated without scikit-learn's checks of arguments.

Nearly all the time of PB2 goes into checks: a proposal evaluates its two processes some hundred
times at a single point, and each time scikit-learn looks for data frames, sparse matrices and NaN.
Here the same operations run on the same arrays in the same order, so that no bit changes, and what
stays the same from call to call is computed once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from ray.tune.schedulers import pb2 as _ray
from ray.tune.schedulers import pb2_utils as _utils
from scipy.linalg import get_lapack_funcs
from scipy.spatial.distance import cdist

from hpobench.running.ray.servers import exchanged

Matrix = NDArray[np.float64]


class Kernel(_utils.TV_SquaredExp):
    """Ray's kernel, which remembers what it knows of the points that it saw last."""

    _seen: tuple[Matrix, Matrix, Matrix] | None = None
    """Points, and their distances in time and in space from each other."""

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        points = np.atleast_2d(X)
        if Y is not None:
            return self.between(*distances(points, Y))
        if self._seen is None or self._seen[0] is not points:
            self._seen = (points, *distances(points, points))
        _, in_time, in_space = self._seen
        values = self.between(in_time, in_space)
        if not eval_gradient:
            return values
        epsilon = self.clipped()
        by_length = values * in_space / self.lengthscale
        by_epsilon = -values * (in_time / 2) * epsilon / (1 - epsilon)
        return values, np.dstack([values, by_length, by_epsilon])

    def clipped(self) -> Any:
        return np.clip(self.epsilon, 1e-5, 0.5)

    def between(self, in_time: Matrix, in_space: Matrix) -> Matrix:
        """The kernel at these distances."""
        return _kernel(self.variance, self.lengthscale, 1 - self.clipped(), in_time, in_space)


def _kernel(
    variance: Any, lengthscale: Any, kept: Any, in_time: Matrix, in_space: Matrix
) -> Matrix:
    found: Matrix = variance * np.exp(-in_space / lengthscale) * kept ** (0.5 * in_time)
    return found


def distances(points: Matrix, others: Matrix) -> tuple[Matrix, Matrix]:
    """The distances in time, the first column, and the squared ones in all other columns."""
    in_time = cdist(points[:, :1], others[:, :1], "cityblock")
    return in_time, _squared(points[:, 1:], others[:, 1:], _norms(others[:, 1:]))


def _squared(points: Matrix, others: Matrix, norms: Matrix) -> Matrix:
    """The squares of scikit-learn's Euclidean distances, which Ray takes of their roots."""
    found: Matrix = -2 * (points @ others.T)
    found += _norms(points)[:, None]
    found += norms[None, :]
    np.maximum(found, 0, out=found)
    np.sqrt(found, out=found)
    return np.square(found)


def _norms(points: Matrix) -> Matrix:
    return np.einsum("ij,ij->i", points, points)  # type: ignore[no-any-return]


class _Posterior:
    """A fitted Gaussian process at single points."""

    def __init__(self, model: Any) -> None:
        kernel, train = model.kernel_, model.X_train_
        self._numbers = kernel.variance, kernel.lengthscale, 1 - kernel.clipped()
        self.weights, self._root = model.alpha_, model.L_
        self._times, self._space = train[:, 0][None, :], train[:, 1:]
        self._norms = _norms(self._space)
        (self._solve,) = get_lapack_funcs(("trtrs",), (self._root,))

    def correlations(self, point: Matrix) -> Matrix:
        in_time = np.abs(point[:, :1] - self._times)
        in_space = _squared(point[:, 1:], self._space, self._norms)
        return _kernel(*self._numbers, in_time, in_space)

    def variance(self, correlations: Matrix) -> Any:
        # What SciPy's solve_triangular calls for a matrix in this order, which cholesky makes.
        solved, _ = self._solve(self._root, correlations.T, lower=1)
        left = np.full(1, self._numbers[0], dtype=np.float64)
        left -= np.einsum("ij,ji->i", solved.T, solved)
        left[left < 0] = 0.0
        return np.sqrt(left)[0] ** 2  # Ray squares scikit-learn's root


def _posterior(model: Any) -> _Posterior:
    if "_posterior" not in vars(model):
        model._posterior = _Posterior(model)
    return model._posterior  # type: ignore[no-any-return]


def ucb(m: Any, m1: Any, x: Any, fixed: Any, kappa: Any = None) -> Any:
    """Ray's ``UCB``: the mean by ``m`` and the spread by ``m1`` at ``x``."""
    point = np.concatenate((fixed.reshape(-1, 1), np.array(x).reshape(-1, 1))).T
    point = np.asarray(point, dtype=np.float64)
    if not (np.isfinite(point).all() and m1.L_.flags.f_contiguous):
        return _utils.UCB(m, m1, x, fixed, kappa)
    if kappa is None:
        beta_t = 0.2 + max(0, np.log(0.4 * m.X_train_.shape[0]))
        kappa = np.sqrt(beta_t)
    first, second = _posterior(m), _posterior(m1)
    mean = (first.correlations(point) @ first.weights)[0, 0]
    return mean + kappa * second.variance(second.correlations(point))


def hasten(scheduler: Any) -> None:
    """Let ``scheduler``, a PB2, propose faster, unless its class proposes in its own way."""

    def new_config(trial: Any, trial_to_clone: Any) -> Any:
        with (
            exchanged(_ray, TV_SquaredExp=Kernel, UCB=ucb),
            exchanged(_utils, TV_SquaredExp=Kernel),
        ):
            return _ray.PB2._get_new_config(scheduler, trial, trial_to_clone)

    if type(scheduler)._get_new_config is _ray.PB2._get_new_config:
        scheduler._get_new_config = new_config
