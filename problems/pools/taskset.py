"""TaskSet: learning curves of recurrent text classifiers under Adam with eight parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from hpobench.api import Fidelity, Float, Space
from hpobench.problems.pools._pool import PoolProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task = Literal[
    "FixedTextRNNClassification_imdb_patch128_LSTM128_avg_bs64",
    "FixedTextRNNClassification_imdb_patch128_LSTM128_bs64",
    "FixedTextRNNClassification_imdb_patch128_LSTM128_embed128_bs64",
    "FixedTextRNNClassification_imdb_patch32_GRU128_bs128",
    "FixedTextRNNClassification_imdb_patch32_GRU64_avg_bs128",
    "FixedTextRNNClassification_imdb_patch32_IRNN64_relu_avg_bs128",
    "FixedTextRNNClassification_imdb_patch32_IRNN64_relu_last_bs128",
    "FixedTextRNNClassification_imdb_patch32_LSTM128_E128_bs128",
    "FixedTextRNNClassification_imdb_patch32_LSTM128_bs128",
    "FixedTextRNNClassification_imdb_patch32_VRNN128_tanh_bs128",
    "FixedTextRNNClassification_imdb_patch32_VRNN64_relu_avg_bs128",
    "FixedTextRNNClassification_imdb_patch32_VRNN64_tanh_avg_bs128",
]


class TaskSet(PoolProblem):
    """TaskSet: Adam with 8 parameters on 12 text classifiers, 1,000 random configurations each.

    There is a loss after every 200 of 10,000 training steps. The loss is the cross-entropy on the
    validation part, and the held-out loss is that on the test part. A trial fails at the step where
    its training diverged to NaN; very large losses are left as they are. The data has no times, so
    200 steps cost one second. A configuration gets the results of the nearest one in the pool.
    """

    name = "taskset"
    source = "Metz et al. 2020, arXiv:2002.11887; curves from Kadra et al. 2023, arXiv:2302.00441"
    data = "taskset"
    file = "taskset12.npz"
    tasks = get_args(Task)
    heldout = True
    fidelity = Fidelity("training step", 50, 200)
    space = Space(
        [
            Float("learning_rate", 1e-8, 10.0, log=True),
            # The pool was drawn on this scale; beta1 and beta2 are 1 minus these values.
            Float("one_minus_beta1", 1e-4, 1.0, log=True),
            Float("one_minus_beta2", 1e-6, 1.0, log=True),
            Float("epsilon", 1e-10, 1e3, log=True),
            Float("l1", 1e-8, 10.0, log=True),
            Float("l2", 1e-8, 10.0, log=True),
            Float("linear_decay", 1e-7, 1e-4, log=True),
            Float("exponential_decay", 1e-6, 1e-3, log=True),
        ]
    )

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)

    def read(self) -> Mapping[str, NDArray[Any]]:
        from hpobench.problems.pools._taskset import read

        return read(self.path, self.task, self.space, self.fidelity.steps)
