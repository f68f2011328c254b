"""XGBoost whose number and size of trees are parameters."""

from __future__ import annotations

from hpobench.api import Config, Float, Int, Space, Training
from hpobench.problems.data._index import entries
from hpobench.problems.xgboost._problem import Dataset, XGBoostProblem

MOST = 1024


class XGBoostTrees(XGBoostProblem):
    """XGBoost on a table, in one step: the number of trees and their leaves are parameters.

    What a trial costs depends on its configuration, by three orders of magnitude and more: the case
    for cost-aware searchers such as CFO and BlendSearch. The space is that of FLAML's
    ``xgboost`` learner, trees grown leaf by leaf (Wang et al., "FLAML: A Fast and Lightweight
    AutoML Library", 2021, arXiv:1911.04706), but for the upper bound of ``n_estimators`` and
    ``max_leaves``: the number of rows to train on, here at most 1,024, there at most 32,768, with
    which one trial may take hours. Its ``cheap`` values are where FLAML starts. Needs
    ``xgboost-cpu`` or ``xgboost``, whichever is installed.
    """

    name = "xgboost-trees"
    source = "FLAML (arXiv:1911.04706)"

    def __init__(self, *, dataset: Dataset) -> None:
        super().__init__(dataset=dataset)
        most = min(entries()[dataset].training_rows, MOST)
        self.space = Space(
            [
                Int("n_estimators", 4, most, log=True, cheap=4),
                Int("max_leaves", 4, most, log=True, cheap=4),
                Float("min_child_weight", 0.001, 128.0, log=True),
                Float("learning_rate", 2**-10, 1.0, log=True),
                Float("subsample", 0.1, 1.0),
                Float("colsample_bylevel", 0.01, 1.0),
                Float("colsample_bytree", 0.01, 1.0),
                Float("reg_alpha", 2**-10, 2**10, log=True),
                Float("reg_lambda", 2**-10, 2**10, log=True),
            ]
        )

    def start(self, config: Config, seed: int) -> Training:
        parameters = {**config, "grow_policy": "lossguide", "max_depth": 0}
        rounds = int(parameters.pop("n_estimators"))
        return self._boosting(parameters, seed, rounds)
