"""What the scenarios of RandomBot v2 have in common."""

from __future__ import annotations

from hpobench.api import Categorical, Fidelity, Objective
from hpobench.problems.surrogate._problem import SurrogateProblem

IMPUTATION = Categorical("num.impute.selected.cpo", ("impute.mean", "impute.median", "impute.hist"))
"""What replaces numbers that the data lacks."""


class RandomBotProblem(SurrogateProblem):
    """A learner on OpenML sets; the fidelity is the part of the training data, in 27 steps, which
    is three to the third: fractions of 1/27, 1/9, 1/3 and all of it.

    Metric: accuracy, 0-1, the mean of ten resamplings; there is no test value. A learner that is
    given more data trains anew, so the seconds of a fraction are those of training on it, and a
    step costs what they are more than before: a trial has cost, wherever it is stopped, one
    training on its largest fraction, and those before it were free.
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
