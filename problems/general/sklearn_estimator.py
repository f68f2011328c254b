"""A problem that trains a scikit-learn estimator."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import json
from collections.abc import Callable, Mapping
from statistics import fmean
from typing import Any, Literal, NamedTuple, get_args

from hpobench.api import Config, Fidelity, Objective, TrainedProblem, Training
from hpobench.kit import UnknownNameError, UsageError, data, is_openml
from hpobench.problems.general import _openml
from hpobench.problems.general._space import parse_space, space_hash

Dataset = Literal["breast_cancer", "diabetes", "digits", "iris", "wine"]
"""The data sets that come with scikit-learn; diabetes is for regressors, the others are for
classifiers."""

MAX_FOLDS = 30
"""The largest number of folds. The smallest class, which is wine's third, has 36 rows in the folds,
so it can be stratified into this many."""
_SPLIT_SEED = 0


class SklearnEstimator(TrainedProblem):
    """Any scikit-learn estimator, cross-validated on a data set; a step is a fold.

    ``estimator``: the dotted path of a classifier or regressor of an installed package, like
    ``sklearn.svm.SVC``.
    ``dataset``: a data set that comes with scikit-learn, or one of OpenML's, like ``openml:61``,
    after ``hpobench data fetch openml:61``. Each category of the latter becomes a column, and
    missing numbers become the median unless the estimator accepts them. Both are fitted to the
    rows that a fold trains on.
    ``space``: a space of the estimator's parameters in the notation of :mod:`_space`.
    ``fixed``: values of other parameters.
    ``folds``: the number of folds, 2 to 30.
    ``scoring``: one of scikit-learn's names, by default ``accuracy`` or ``r2``.
    ``scale``: whether a ``StandardScaler`` comes before the estimator.

    A quarter of the rows, the same for all seeds, is kept aside. The problem seed shuffles the
    other rows into ``folds`` (stratified for classifiers), as ``cross_val_score`` does. An
    estimator's ``random_state``, unless it is set, is the problem seed too. The metric after step k
    is the mean score of the first k folds. The held-out loss scores the same fitted models on the
    rows kept aside.
    """

    name = "sklearn"
    source = "scikit-learn's data sets (https://scikit-learn.org/stable/datasets/toy_dataset.html)"
    licence = "BSD-3-Clause"
    requires = ("scikit-learn>=1.6",)
    heldout = True
    mutable = ()

    def __init__(
        self,
        *,
        estimator: str,
        dataset: Dataset | str,
        space: dict[str, Any],
        fixed: dict[str, Any] | None = None,
        folds: int = 5,
        scoring: str | None = None,
        scale: bool = False,
    ) -> None:
        if dataset not in get_args(Dataset) and not is_openml(dataset):
            raise UnknownNameError("dataset", dataset, [*get_args(Dataset), "openml:ID"])
        if not 2 <= folds <= MAX_FOLDS:
            raise UsageError(f"sklearn: folds must be from 2 to {MAX_FOLDS}, not {folds}")
        self.dataset, self.scale = dataset, scale
        self.space, self.fidelity = parse_space(space), Fidelity("fold", folds)
        self._package = estimator.partition(".")[0]
        self._versions = _versions(estimator, self._package)
        self.estimator = _build(estimator, fixed or {})
        self._check_parameters(estimator, fixed or {})
        self._check_task(estimator)
        self.scoring = scoring or ("accuracy" if self.classifies else "r2")
        _check_scoring(self.scoring)
        # Scores whose names begin with neg_ are negated errors.
        self.objective = Objective(
            self.scoring.removeprefix("neg_"),
            "minimize" if self.scoring.startswith("neg_") else "maximize",
        )

    @property
    def classifies(self) -> bool:
        from sklearn.base import is_classifier

        return bool(is_classifier(self.estimator))

    def fingerprint(self) -> str:
        """A hash of the space, of the version of the estimator's package, and of data of OpenML."""
        parts: list[Any] = [space_hash(self.space), self._versions]
        if is_openml(self.dataset):
            parts.append(data.fingerprint(self.dataset))
        text = json.dumps(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def prepare(self) -> None:
        self.start(self.space.from_unit([0.5] * len(self.space)), 0)

    def start(self, config: Config, seed: int) -> Training:
        from sklearn.metrics import get_scorer
        from sklearn.model_selection import KFold, StratifiedKFold

        parts = load_data(self.dataset)
        splitter = StratifiedKFold if self.classifies else KFold
        folds = splitter(self.fidelity.steps, shuffle=True, random_state=seed)
        splits = list(folds.split(parts.x, parts.y))
        return _CrossValidation(self.model(config, seed), get_scorer(self.scoring), parts, splits)

    def model(self, config: Config, seed: int) -> Any:
        """An unfitted estimator with the parameters of ``config``."""
        import numpy as np
        from sklearn.base import clone
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.utils import get_tags

        made = clone(self.estimator).set_params(**config)
        if made.get_params().get("random_state", seed) is None:
            made.set_params(random_state=seed)
        parts = load_data(self.dataset)
        gaps = get_tags(made).input_tags.allow_nan
        rows = np.concatenate([parts.x, parts.x_test])
        first = _openml.preparation(rows, parts.nominal, gaps=gaps)
        before = [*([first] if first else []), *([StandardScaler()] if self.scale else [])]
        return make_pipeline(*before, made) if before else made

    def _check_parameters(self, estimator: str, fixed: Mapping[str, Any]) -> None:
        known = self.estimator.get_params()
        for name in self.space.names:
            if name not in known:
                raise UnknownNameError(f"parameter of {estimator}", name, known)
            if name in fixed:
                raise UsageError(f"sklearn: {name!r} is in the space and in fixed; leave one out")

    def _check_task(self, estimator: str) -> None:
        from sklearn.base import is_regressor

        if not (self.classifies or is_regressor(self.estimator)):
            raise UsageError(f"sklearn: {estimator} is neither a classifier nor a regressor")
        if self.classifies != has_classes(self.dataset):
            task = "classifier" if self.classifies else "regressor"
            raise UsageError(f"sklearn: {estimator} is a {task}, which {self.dataset} is not for")


class Data(NamedTuple):
    """A split data set.

    ``x`` is rows by features, ``y`` the targets; ``x_test`` and ``y_test`` are the rows kept aside.
    ``nominal`` holds the indices of the features that are codes of categories.
    """

    x: Any
    y: Any
    x_test: Any
    y_test: Any
    nominal: tuple[int, ...] = ()


class _CrossValidation(Training):
    def __init__(
        self, model: Any, scorer: Callable[..., float], data: Data, splits: list[tuple[Any, Any]]
    ) -> None:
        self._model, self._scorer, self._data, self._splits = model, scorer, data, splits
        self._losses: list[float] = []
        self._heldout: list[float] = []

    def step(self) -> Mapping[str, float]:
        from sklearn.base import clone

        x, y, x_test, y_test, _ = self._data
        train, valid = self._splits[len(self._losses)]
        model = clone(self._model).fit(x[train], y[train])
        # Losses are negated scores, because all scorers of scikit-learn give more for the better.
        self._losses.append(-float(self._scorer(model, x[valid], y[valid])))
        self._heldout.append(-float(self._scorer(model, x_test, y_test)))
        return {"loss": fmean(self._losses), "heldout": fmean(self._heldout)}

    def save(self) -> bytes:
        return json.dumps({"losses": self._losses, "heldout": self._heldout}).encode()

    def load(self, state: bytes) -> None:
        saved = json.loads(state)
        self._losses, self._heldout = saved["losses"], saved["heldout"]


@functools.cache
def load_data(dataset: str) -> Data:
    """The split data set ``dataset``, loaded once in a process.

    Raises :class:`NotAvailableError` if it is OpenML's and has not been fetched.
    """
    import sklearn.datasets
    from sklearn.model_selection import train_test_split

    nominal: tuple[int, ...] = ()
    if is_openml(dataset):
        x, y, nominal = _openml.table(dataset)
    else:
        x, y = getattr(sklearn.datasets, f"load_{dataset}")(return_X_y=True)
    classes = y if has_classes(dataset) else None
    x, x_test, y, y_test = train_test_split(x, y, stratify=classes, random_state=_SPLIT_SEED)
    return Data(x, y, x_test, y_test, nominal)


def has_classes(dataset: str) -> bool:
    """Whether the targets are classes; raises :class:`NotAvailableError` if data is missing."""
    return _openml.classifies(dataset) if is_openml(dataset) else dataset != "diabetes"


_distributions = functools.cache(importlib.metadata.packages_distributions)


def _versions(estimator: str, package: str) -> list[str]:
    """The installed versions of the distributions that contain ``package``."""
    names = _distributions().get(package)
    if names is None:
        raise UsageError(
            f"sklearn: estimator {estimator!r} is of no installed package; install the one that "
            "has it (its version is part of what a result depends on)"
        )
    return [f"{name}=={importlib.metadata.version(name)}" for name in sorted(set(names))]


def _build(path: str, fixed: Mapping[str, Any]) -> Any:
    """An instance of the estimator class at ``path``."""
    from sklearn.base import BaseEstimator

    module, _, name = path.rpartition(".")
    try:
        namespace = vars(importlib.import_module(module))
    except Exception as error:
        raise UsageError(f"sklearn: estimator {path!r} cannot be imported: {error}") from error
    if name not in namespace:
        classes = [key for key, value in namespace.items() if isinstance(value, type)]
        raise UnknownNameError(f"class of {module}", name, classes)
    cls = namespace[name]
    if not (isinstance(cls, type) and issubclass(cls, BaseEstimator)):
        raise UsageError(f"sklearn: {path} is not a class that derives from BaseEstimator")
    try:
        return cls(**fixed)
    except TypeError as error:
        raise UsageError(f"sklearn: {path} takes other arguments than fixed: {error}") from None


def _check_scoring(scoring: str) -> None:
    from sklearn.metrics import get_scorer_names

    if scoring not in get_scorer_names():
        raise UnknownNameError("scoring", scoring, get_scorer_names())
