"""Searches of scikit-learn estimators: SearchCV beside its peers, in one process.

    pip install 'hpobench[sklearn]' 'optuna-integration[sklearn]'
    python -m benchmarks.search_cv study FILE.csv --seeds 20      # five data sets
    python -m benchmarks.search_cv figure FILE.csv FILE.png       # the figure of docs/search_cv.md
    python -m benchmarks.search_cv overhead                       # milliseconds a candidate

The study: a random forest of 45 trees on the five data sets that scikit-learn ships, a quarter of
the rows kept aside to test. Every search tries 30 candidates in 3 splits with one job, from the
same seed: SearchCV (TPE under ASHA, and under the median rule), RandomizedSearchCV,
HalvingRandomSearchCV with the trees as its resource, and OptunaSearchCV (TPE). Seconds are those of
the search without the final fit, overhead included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next name
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV, train_test_split
from sklearn.naive_bayes import GaussianNB

import hpobench

DATA = ("breast_cancer", "diabetes", "digits", "iris", "wine")
TREES, CANDIDATES, SPLITS = 45, 30, 3
SPACE = {
    "max_features": uniform(0.05, 0.95),
    "max_depth": randint(2, 20),
    "min_samples_leaf": randint(1, 30),
    "max_samples": uniform(0.2, 0.8),
}


def searches(model: Any, seed: int) -> dict[str, Any]:
    """A search of each kind for ``model``."""
    import optuna
    from optuna.distributions import FloatDistribution, IntDistribution
    from optuna_integration import OptunaSearchCV  # type: ignore[import-not-found]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    given: dict[str, Any] = {"cv": SPLITS, "random_state": seed}
    same = {
        "max_features": FloatDistribution(0.05, 1.0),
        "max_depth": IntDistribution(2, 19),
        "min_samples_leaf": IntDistribution(1, 29),
        "max_samples": FloatDistribution(0.2, 1.0),
    }
    return {
        "SearchCV": hpobench.SearchCV(model, SPACE, n_trials=CANDIDATES, **given),
        "SearchCV, median": hpobench.SearchCV(
            model, SPACE, n_trials=CANDIDATES, scheduler="median", **given
        ),
        "RandomizedSearchCV": RandomizedSearchCV(model, SPACE, n_iter=CANDIDATES, **given),
        "HalvingRandomSearchCV": HalvingRandomSearchCV(
            model,
            SPACE,
            n_candidates=CANDIDATES,
            resource="n_estimators",
            max_resources=TREES,
            min_resources=TREES // 9,
            **given,
        ),
        "OptunaSearchCV": OptunaSearchCV(model, same, n_trials=CANDIDATES, **given),
    }


def study(seeds: range) -> Iterator[dict[str, Any]]:
    """A row of seconds and test score for each data set, seed and search."""
    for seed in seeds:
        for name in DATA:
            x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
            regression = name == "diabetes"
            x, x_test, y, y_test = train_test_split(
                x, y, random_state=seed, stratify=None if regression else y
            )
            forest = RandomForestRegressor if regression else RandomForestClassifier
            for kind, search in searches(forest(TREES, random_state=seed), seed).items():
                begin = time.perf_counter()
                search.fit(x, y)
                seconds = time.perf_counter() - begin - search.refit_time_
                score = search.score(x_test, y_test)
                yield {
                    "data": name,
                    "seed": seed,
                    "search": kind,
                    "seconds": seconds,
                    "score": score,
                }


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Beside RandomizedSearchCV, paired by data set and seed: the median ratio of seconds with its
    quartiles, and the mean difference of test scores with its standard error."""
    wide = rows.pivot_table(index=["data", "seed"], columns="search", values=["seconds", "score"])
    found = []
    for kind in wide["seconds"].columns.drop("RandomizedSearchCV"):
        ratio = wide["seconds"][kind] / wide["seconds"]["RandomizedSearchCV"]
        gain = wide["score"][kind] - wide["score"]["RandomizedSearchCV"]
        for name in (*DATA, "all"):
            r, g = (part if name == "all" else part.loc[name] for part in (ratio, gain))
            low, high = r.quantile([0.25, 0.75])
            error = g.std() / np.sqrt(len(g))
            found.append((kind, name, r.median(), low, high, g.mean(), error, len(g)))
    columns = ["search", "data", "seconds", "q25", "q75", "score", "error", "pairs"]
    return pd.DataFrame(found, columns=columns)


def figure(rows: pd.DataFrame, file: Path) -> None:
    """Seconds and test score of each search beside those of RandomizedSearchCV."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    table = summary(rows)
    kinds = ["SearchCV", "SearchCV, median", "HalvingRandomSearchCV", "OptunaSearchCV"]
    colours = dict(zip(kinds, ("#0072b2", "#56b4e9", "#e69f00", "#7f7f7f"), strict=True))
    fig, axes = plt.subplots(
        1, len(DATA), figsize=(11, 2.8), sharex=True, sharey=True, layout="constrained"
    )
    for ax, name in zip(axes, DATA, strict=True):
        for kind in kinds:
            row = table[(table["data"] == name) & (table["search"] == kind)].iloc[0]
            spread = [[row["seconds"] - row["q25"]], [row["q75"] - row["seconds"]]]
            ax.errorbar(
                row["seconds"],
                row["score"],
                xerr=spread,
                yerr=1.96 * row["error"],
                fmt="o",
                color=colours[kind],
                label=kind,
            )
        ax.axvline(1, color="#bbbbbb", lw=0.8)
        ax.axhline(0, color="#bbbbbb", lw=0.8)
        ax.set_title(name.replace("_", " "), fontsize=10)
        ax.set_xlim(0, 1.7)
        ax.tick_params(labelsize=8)
    axes[0].set_ylabel("test score, difference", fontsize=9)
    fig.supxlabel("seconds of the search, as a share of RandomizedSearchCV's", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=9, frameon=False)
    fig.savefig(file, dpi=160)


class Waiting(ClassifierMixin, BaseEstimator):
    """A classifier whose fit takes a second."""

    def __init__(self, c: float = 1.0) -> None:
        self.c = c

    def fit(self, x: Any, y: Any) -> Waiting:
        time.sleep(1.0)
        self.classes_ = np.unique(y)
        return self

    def predict(self, x: Any) -> Any:
        return np.zeros(len(x))


def overhead(pairs: int) -> dict[str, Any]:
    """Milliseconds a candidate beyond RandomizedSearchCV for fits that cost nothing, and the share
    beyond it for fits of a second: medians and extremes over ``pairs`` in turn."""
    x, y = sklearn.datasets.make_classification(60, 4, random_state=0)
    smoothing = {"var_smoothing": loguniform(1e-12, 1e-3)}

    def seconds(make: Callable[[], Any]) -> float:
        begin = time.perf_counter()
        make().fit(x, y)
        return time.perf_counter() - begin

    def one(n: int, **chosen: Any) -> float:
        given: dict[str, Any] = {"random_state": 0, "cv": 2}
        ours = seconds(
            lambda: hpobench.SearchCV(GaussianNB(), smoothing, n_trials=n, **given, **chosen)
        )
        theirs = seconds(lambda: RandomizedSearchCV(GaussianNB(), smoothing, n_iter=n, **given))
        return (ours - theirs) / n * 1e3

    def slow() -> float:
        given: dict[str, Any] = {"random_state": 0, "cv": 2}
        space = {"c": loguniform(1, 2)}
        plain: dict[str, Any] = {"searcher": "random", "scheduler": "fifo"}
        ours = seconds(lambda: hpobench.SearchCV(Waiting(), space, n_trials=3, **given, **plain))
        theirs = seconds(lambda: RandomizedSearchCV(Waiting(), space, n_iter=3, **given))
        return ours / theirs - 1

    def spread(measure: Callable[[], float]) -> list[float]:
        found = [measure() for _ in range(pairs)]
        return [round(v, 4) for v in (statistics.median(found), min(found), max(found))]

    one(2)
    return {
        "random, fifo: ms a candidate": spread(
            lambda: one(100, searcher="random", scheduler="fifo")
        ),
        "optuna-tpe, asha: ms a candidate": spread(lambda: one(100)),
        "fits of a second, share": spread(slow),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["study", "figure", "overhead"])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.what == "overhead":
        print(json.dumps(overhead(pairs=5), indent=1))
    elif given.what == "figure":
        rows = pd.read_csv(given.files[0])
        print(summary(rows).round(4).to_string(index=False))
        figure(rows, given.files[1])
    else:
        for row in study(range(given.first, given.first + given.seeds)):
            file = given.files[0]
            pd.DataFrame([row]).to_csv(file, mode="a", index=False, header=not file.exists())


if __name__ == "__main__":
    main()
