"""The base class of the problems that train XGBoost."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Literal, get_args

from packaging.specifiers import SpecifierSet

from hpobench.api import Config, Objective, Resources, TrainedProblem
from hpobench.kit import UnknownNameError
from hpobench.problems.data._index import entries, short_hash

if TYPE_CHECKING:
    from hpobench.problems.xgboost._boosting import Boosting

Dataset = Literal[
    "abalone",
    "ames",
    "bikeshare",
    "breast_cancer",
    "churn",
    "diabetes",
    "diamonds",
    "digits",
    "letter",
    "magic",
    "optdigits",
    "penbased",
    "satimage",
    "segment",
    "spambase",
    "splice",
    "wine",
]
"""The data sets for these problems, which ``problems/data/datasets.json`` describes."""

DISTRIBUTIONS = ("xgboost-cpu", "xgboost")
"""The distributions that provide the import ``xgboost``."""
VERSIONS = SpecifierSet(">=3")


def installed() -> tuple[str, str] | None:
    """The installed distribution that provides XGBoost, and its version; ``None`` without one."""
    for name in DISTRIBUTIONS:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


class XGBoostProblem(TrainedProblem):
    """XGBoost trained on a table, with 60, 20 and 20 % of its rows for training, validation, test.

    The split is fixed, and stratified for classification. The problem seed is XGBoost's seed, and
    decides which rows and columns a tree sees. The loss is the log loss for classification and the
    root mean squared error for regression, on the validation rows; the held-out loss is that on the
    test rows. The error rate is not used, because on a small set it takes only a few dozen values,
    and algorithms would differ by their ties.

    XGBoost is not in ``requires``, because a name there means a single distribution, while either
    ``xgboost`` or ``xgboost-cpu`` is sufficient. :meth:`missing` looks for both, and the version is
    part of the fingerprint.
    """

    family = "xgboost"
    licence = "Apache-2.0 AND BSD-3-Clause AND CC-BY-4.0 AND MIT"
    requires = ("scikit-learn>=1.6",)
    heldout = True
    resources = Resources(cpu=1)

    def __init__(self, *, dataset: Dataset) -> None:
        if dataset not in get_args(Dataset):
            raise UnknownNameError(f"{self.name} dataset", dataset, get_args(Dataset))
        self.dataset = dataset
        self.objective = Objective("val_logloss" if entries()[dataset].classes else "val_rmse")

    @property
    def key(self) -> str:
        return self.dataset

    @classmethod
    def missing(cls) -> str | None:
        found = installed()
        if found is not None and VERSIONS.contains(found[1], prereleases=True):
            return None
        if found is None:
            there, install = "it is not installed", "hpobench[xgboost]"
        else:
            there, install = f"{' '.join(found)} is installed", f"{found[0]}{VERSIONS}"
        return f"needs xgboost{VERSIONS}, {there}; pip install '{install}'"

    def prepare(self) -> None:
        self.start(self.space.from_unit([0.0] * len(self.space)), 0).step()

    def fingerprint(self) -> str:
        _, version = installed() or (None, None)
        return "-".join(filter(None, [f"xgboost-{version}", short_hash(self.dataset)]))

    def _boosting(self, config: Config, seed: int, rounds: int) -> Boosting:
        # The imports are here because they load XGBoost and NumPy, which would slow down listing
        # the problems.
        from hpobench.problems.xgboost._boosting import Boosting
        from hpobench.problems.xgboost._data import load

        threads = max(1, int(self.resources.cpu))
        return Boosting(config, seed, rounds, load(self.dataset, threads), threads)
