"""XGBoost with the number and the size of its trees as parameters."""

from __future__ import annotations

from hpobench.api import Config, Float, Int, Space, Training
from hpobench.problems.data._index import entries
from hpobench.problems.xgboost._problem import Dataset, XGBoostProblem

MOST = 1024


class XGBoostTrees(XGBoostProblem):
    """XGBoost on a table, in one step: the number of trees and their leaves are parameters.

    The cost of a trial depends on its configuration by three orders of magnitude and more, which is
    the case that cost-aware searchers such as CFO and BlendSearch are made for. The space is that
    of FLAML's ``xgboost`` learner, whose trees grow leaf by leaf (Wang et al., "FLAML: A Fast and
    Lightweight AutoML Library", 2021, arXiv:1911.04706), with one exception. The upper bound of
    ``n_estimators`` and ``max_leaves`` is the number of training rows, but at most 1,024 here and
    at most 32,768 in FLAML, where a trial may take hours. The ``cheap`` values are those at which
    FLAML starts. The problem needs ``xgboost-cpu`` or ``xgboost``.
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
