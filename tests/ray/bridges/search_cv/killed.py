"""A search to be killed: python killed.py FOLDER JOBS."""

from __future__ import annotations

import sys
import time
from typing import Any

from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.svm import SVC

import hpobench


class Slow(SVC):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Slow:
        time.sleep(0.02)
        return super().fit(X, y, sample_weight)  # type: ignore[no-any-return]


def search(folder: str | None, jobs: int = 1) -> Any:
    x, y = load_breast_cancer(return_X_y=True)
    return hpobench.SearchCV(
        Slow(),
        {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-6, 1e-2)},
        n_trials=12,
        random_state=0,
        resume=folder,
        cv=3,
        n_jobs=jobs,
    ).fit(x, y)


if __name__ == "__main__":
    found = search(sys.argv[1], int(sys.argv[2]))
    print(found.best_params_, flush=True)
