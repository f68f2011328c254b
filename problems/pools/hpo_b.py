"""HPO-B: accuracies of five learners on OpenML sets, as 92 pools of configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from hpobench.api import Objective
from hpobench.problems.pools._hpo_b import COLUMNS, space_of
from hpobench.problems.pools._pool import PoolProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task = Literal[
    "4796_23", "4796_3549", "4796_3918", "4796_9903", "4796_9906", "4796_9946", "5527_31",
    "5527_9914", "5527_10101", "5527_145804", "5527_146064", "5527_146065", "5636_31", "5636_9914",
    "5636_10101", "5636_145804", "5636_146064", "5636_146065", "5859_31", "5859_37", "5859_3902",
    "5859_9977", "5859_9983", "5859_125923", "5889_31", "5889_49", "5889_3493", "5889_3918",
    "5889_3950", "5889_9971", "5891_3492", "5891_3891", "5891_3899", "5891_6566", "5891_9889",
    "5891_9980", "5906_3889", "5906_3896", "5906_3918", "5906_9970", "5906_9971", "5906_9977",
    "5965_49", "5965_3903", "5965_9889", "5965_9914", "5965_9946", "5965_10101", "5965_145836",
    "5970_37", "5970_49", "5970_3492", "5970_9952", "5970_14951", "5970_34536", "5971_43",
    "5971_3954", "5971_6566", "5971_9970", "5971_10093", "5971_34536", "6766_31", "6766_3903",
    "6766_10101", "6766_145804", "6766_145953", "6766_146064", "6767_31", "6767_9914", "6767_9967",
    "6767_145804", "6767_146064", "6767_146065", "6794_3", "6794_31", "6794_9914", "6794_10101",
    "6794_145804", "6794_146065", "7607_3896", "7607_3903", "7607_3913", "7607_9946", "7607_9967",
    "7607_145976", "7609_3903", "7609_9967", "7609_34537", "7609_125923", "7609_145853",
    "7609_145854", "7609_145878",
]  # fmt: skip
"""The OpenML ids of the learner, which has HPO-B's search space, and of the data set."""


class HPOB(PoolProblem):
    """HPO-B: 2-10 parameters of a learner, 100-102,306 configurations in each of 92 pools.

    A task is HPO-B's search space and the OpenML set: 4796 (rpart with preprocessing), 5527 and
    5891 (SVM), 5636 and 5859 (rpart), 5889, 5965, 6794, 7607 and 7609 (ranger), 5970 and 6766
    (glmnet), 5906, 5971 and 6767 (XGBoost).

    The metric is the accuracy, 0-1; there is no held-out loss. The data has no times, so an
    evaluation costs one second. Numbers are on HPO-B's scale, from 0 to 1, which is logarithmic for
    some of them; of seven spaces, BOCoDe took the logarithms that HPO-B had left out. A number that
    a run left to the learner's default counts as the lowest. A configuration gets the results of
    the nearest one in the pool.
    """

    name = "hpo-b"
    source = "Pineda Arango et al. 2021, arXiv:2106.06257; arrays from BOCoDe 1.0.1"
    licence = "CC-BY"
    data = "hpo-b"
    file = "bocode/opt_problems/hpo/data/hpob_data.npz"
    tasks = get_args(Task)
    objective = Objective("accuracy", "maximize")

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)
        self.search_space = task.partition("_")[0]
        self.space = space_of(self.search_space)

    def read(self) -> Mapping[str, NDArray[Any]]:
        from hpobench.problems.pools._bocode import arrays, read
        from hpobench.problems.pools._hpo_b_rows import configs

        columns = read(self.path, self.task, COLUMNS[self.search_space])
        return arrays(self.space, configs(self.space, columns), columns["accuracy"])
