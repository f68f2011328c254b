"""A forest that says which recorded trials a configuration is like.

Extremely randomised trees (Geurts, Ernst and Wehenkel, "Extremely randomized trees", 2006), grown
by scikit-learn. A configuration falls into one leaf of every tree. Its curve is the mean, over the
trees, of the curves of the trials in that leaf, so it never leaves the range of the recorded ones,
and falls where all of them fall. The grown trees are plain arrays: nothing is pickled, and a curve
takes a tenth of a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Categorical, Config, Ordinal, Parameter, Space

TREES = 100
SEED = 0
GROWN_ON = 8
"""At most so many steps of the curves decide where trees split."""
_INACTIVE = -1.0
_LEAF = -1

Array = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]


def grow(
    space: Space, configs: Sequence[Config], curves: Array, kind: str = ""
) -> dict[str, NDArray[Any]]:
    """The arrays of a forest that is fitted to ``curves``, for a :class:`Forest` of that ``kind``.

    ``curves`` is ``[trials, steps]`` and finite. Trees split by the ranks of the trials at some
    steps, the last among them, so that trials that diverged do not drown the others.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    points = np.array([_point(space, config) for config in configs], np.float32)
    steps = np.unique(np.linspace(0, curves.shape[1] - 1, GROWN_ON).round().astype(int))
    ranks = _ranks(curves[:, steps])
    model = ExtraTreesRegressor(TREES, random_state=SEED)
    model.fit(points, ranks[:, 0] if len(steps) == 1 else ranks)
    means = _Means(curves)
    trees = [_tree(grown.tree_, means.rows(grown.apply(points))) for grown in model.estimators_]
    sizes = [len(tree["feature"]) for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]], dtype=np.int32)
    for tree, root in zip(trees, roots, strict=True):
        tree["left"] += root
        tree["right"] += root
    joined = {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}
    made: Arrays = {"roots": roots, "curves": means.curves(), **joined}
    return {f"{kind}-{name}": array for name, array in made.items()}


class Forest:
    """Foretells curves: the mean, over the trees, of the curves in a configuration's leaves."""

    def __init__(self, space: Space, arrays: Arrays, kind: str = "") -> None:
        """``arrays``: what :func:`grow` returned for ``kind``, perhaps among others."""
        self._space, self._roots = space, arrays[f"{kind}-roots"]
        self._feature, self._threshold = arrays[f"{kind}-feature"], arrays[f"{kind}-threshold"]
        self._left, self._right = arrays[f"{kind}-left"], arrays[f"{kind}-right"]
        self._row, self._curves = arrays[f"{kind}-row"], arrays[f"{kind}-curves"]

    def curve(self, config: Config) -> Array:
        leaves = self._leaves(np.array(_point(self._space, config), np.float32))
        # Added up tree by tree: a matrix product rounds differently from processor to processor.
        found: Array = self._curves[self._row[leaves]].sum(axis=0) / len(leaves)
        return found

    def _leaves(self, point: NDArray[np.float32]) -> NDArray[Any]:
        """The leaf of each tree that ``point`` falls into."""
        nodes = self._roots
        while True:
            feature = self._feature[nodes]
            inner = feature != _LEAF
            if not inner.any():
                return nodes
            below = point[feature] <= self._threshold[nodes]
            further = np.where(below, self._left[nodes], self._right[nodes])
            nodes = np.where(inner, further, nodes)


class _Means:
    """The curves of trials, followed by the mean curves of leaves with several of them."""

    def __init__(self, curves: Array) -> None:
        self._trials = curves
        self._means: list[Array] = []
        self._known: dict[bytes, int] = {}

    def rows(self, leaves: NDArray[Any]) -> dict[int, int]:
        """The row of each leaf's curve; ``leaves`` has the leaf of each trial."""
        order = np.argsort(leaves, kind="stable")
        numbers, first = np.unique(leaves[order], return_index=True)
        together = np.split(order, first[1:])
        return {
            int(leaf): self._row(trials) for leaf, trials in zip(numbers, together, strict=True)
        }

    def _row(self, trials: NDArray[Any]) -> int:
        if len(trials) == 1:
            return int(trials[0])
        key = trials.tobytes()
        if key not in self._known:
            self._known[key] = len(self._trials) + len(self._means)
            self._means.append(self._trials[trials].mean(axis=0))
        return self._known[key]

    def curves(self) -> Array:
        return np.concatenate([self._trials, np.reshape(self._means, (-1, self._trials.shape[1]))])


def _tree(tree: Any, rows: Mapping[int, int]) -> dict[str, NDArray[Any]]:
    """One of scikit-learn's trees, with the row of the curve of each of its leaves."""
    inner = tree.children_left != tree.children_right
    row = np.full(tree.node_count, -1, np.int32)
    row[list(rows)] = list(rows.values())
    return {
        "feature": np.where(inner, tree.feature, _LEAF).astype(np.int32),
        "threshold": tree.threshold.astype(float),
        "left": tree.children_left.astype(np.int32),
        "right": tree.children_right.astype(np.int32),
        "row": row,
    }


def _ranks(values: Array) -> Array:
    from scipy.stats import rankdata

    ranks: Array = rankdata(values, axis=0)
    return ranks


def _point(space: Space, config: Config) -> list[float]:
    return [x for p in space for x in _coordinates(p, config)]


def _coordinates(p: Parameter, config: Config) -> Iterable[float]:
    """A coordinate for each category, and one for any other parameter."""
    if isinstance(p, Categorical) and not isinstance(p, Ordinal):
        chosen = p.index(config[p.name]) if p.name in config else None
        return [float(i == chosen) for i in range(len(p.choices))]
    return [p.to_unit(config[p.name]) if p.name in config else _INACTIVE]
