"""SearchCV in the place of RandomizedSearchCV: TPE under ASHA, which stops poor candidates early.

python examples/search_cv.py
"""

from __future__ import annotations

import pandas as pd
from scipy.stats import loguniform, randint
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

import hpobench


def main() -> None:
    """Search boosted trees, print the candidates, and the score on rows that no search has seen."""
    x, y = load_digits(n_class=4, return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, random_state=0)
    search = hpobench.SearchCV(
        GradientBoostingClassifier(n_estimators=18, random_state=0),
        {"learning_rate": loguniform(0.01, 1), "max_depth": randint(1, 6)},
        searcher="optuna-tpe",  # any of `hpobench list searchers`
        scheduler="asha",
        n_trials=10,
        cv=3,
        random_state=0,
        verbose=1,
    ).fit(x, y)
    results = pd.DataFrame(search.cv_results_)
    columns = ["param_learning_rate", "param_max_depth", "resource", "status", "mean_test_score"]
    print(results[columns].to_string(float_format="{:.3f}".format))
    print(f"best: {search.best_params_}, test score {search.score(x_test, y_test):.3f}")


if __name__ == "__main__":
    main()
