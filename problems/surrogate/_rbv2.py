"""The base class of the scenarios of RandomBot v2."""

from __future__ import annotations

from hpobench.api import Categorical, Fidelity, Objective
from hpobench.problems.surrogate._problem import SurrogateProblem

IMPUTATION = Categorical("num.impute.selected.cpo", ("impute.mean", "impute.median", "impute.hist"))
"""The method that replaces missing numbers in the data."""


class RandomBotProblem(SurrogateProblem):
    """A learner on OpenML sets.

    The fidelity is the fraction of the training data, in 27 steps. 27 is the third power of three,
    so a reduction factor of 3 gives the fractions 1/27, 1/9, 1/3 and 1.

    The metric is the accuracy, 0-1, as the mean of ten resamplings; there is no test value. A
    learner that is given more data trains from the start, so the seconds of a fraction are those of
    a whole training on it. A step costs only the amount by which these exceed the seconds so far. A
    trial that stops has therefore cost one training on its largest fraction, and the trainings on
    smaller fractions were free.
    """

    source = (
        "Binder, Pfisterer and Bischl, Collecting Empirical Data About Hyperparameters for Data "
        "Driven AutoML, 2020; YAHPO Gym, arXiv:2109.03670"
    )
    targets = (
        "acc",
        "bac",
        "auc",
        "brier",
        "f1",
        "logloss",
        "timetrain",
        "timepredict",
        "memory",
    )
    seconds = ("timetrain", "timepredict")
    fidelity = Fidelity("trainsize", 27, 1 / 27)
    objective = Objective("acc", "maximize")
    constants = {"repl": 10}
