"""Small convolutional networks that are really trained, on small images or on MNIST-1D."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import (
    Categorical,
    Config,
    Fidelity,
    Float,
    Int,
    Objective,
    Resources,
    Space,
    TrainedProblem,
    Training,
    When,
    first_loss,
)
from hpobench.kit import UnknownNameError, UsageError
from hpobench.problems.data._index import short_hash

Dataset = Literal["digits", "fashion14", "mnist1d", "optdigits"]


class CNN(TrainedProblem):
    """A small convolutional network, really trained for 27 epochs, on a set of 10 classes.

    The values of ``dataset`` are:

    - ``digits``: 1,797 scanned digits of 8x8 pixels (scikit-learn).
    - ``optdigits``: 5,620 scanned digits of 8x8 pixels, which include those of ``digits``.
    - ``fashion14``: 6,000 images of clothes of 14x14 pixels (Fashion-MNIST, Xiao et al.,
      arXiv:1708.07747).
    - ``mnist1d``: 5,000 generated digits as signals of 40 points (Greydanus and Kobak,
      arXiv:2011.14439). The networks have one-dimensional convolutions.

    A fixed 60 % of the rows are for training, 20 % for validation and 20 % for testing. The loss is
    the share of validation rows that are classified wrongly, and the held-out loss the share of
    test rows. Unlike the cross-entropy, both lie in 0-1 whatever the learning rate, and they are
    what a user wants to be low. If a network's outputs are no longer finite, both are NaN, which
    fails the trial.

    The problem seed determines the initial weights, the order of the rows and the dropout. A trial
    trains on one thread of the processor, which suits networks of this size. ``gpu`` is the share
    of a GPU that each trial uses instead. On another device, processor or version of torch, the
    results of the same trial are close but not equal.

    The space is that of BOHB's example (Falkner, Klein and Hutter, arXiv:1807.01774), except that
    there are filters only for the layers that exist.
    """

    name = "cnn"
    source = "BOHB (arXiv:1807.01774)"
    licence = "Apache-2.0 AND CC-BY-4.0 AND MIT"
    requires = ("torch>=2.4", "scikit-learn>=1.6", "mnist1d==0.0.2.post1")
    heldout = True
    fidelity = Fidelity("epoch", 27)
    objective = Objective("val_error")
    space = Space(
        [
            Float("lr", 1e-6, 0.1, log=True),
            Categorical("optimizer", ("adam", "sgd")),
            Float("momentum", 0.0, 0.99, when=When("optimizer", ("sgd",))),
            Int("layers", 1, 3),
            Int("filters_1", 4, 64, log=True),
            Int("filters_2", 4, 64, log=True, when=When("layers", (2, 3))),
            Int("filters_3", 4, 64, log=True, when=When("layers", (3,))),
            Float("dropout", 0.0, 0.9),
            Int("dense_units", 8, 256, log=True),
        ]
    )
    # The momentum is not mutable, because a parameter that only some trials have cannot be passed
    # from one trial to another.
    mutable = ("lr", "dropout")

    def __init__(self, *, dataset: Dataset, gpu: float = 0.0) -> None:
        if dataset not in get_args(Dataset):
            raise UnknownNameError("cnn dataset", dataset, get_args(Dataset))
        if not (0 <= gpu <= 1):
            raise UsageError(f"cnn: gpu is the share of one GPU, 0 to 1, not {gpu}")
        self.dataset = dataset
        self.resources = Resources(cpu=1.0, gpu=gpu)

    @property
    def key(self) -> str:
        return self.dataset

    def prepare(self) -> None:
        # This runs a whole step, because torch loads some of its modules only when they are used.
        self.start(self.space.from_unit([0.0] * len(self.space)), 0).step()

    def start(self, config: Config, seed: int) -> Training:
        # The imports are here because they load torch, which would slow down listing the problems.
        from hpobench.problems.cnn._data import splits
        from hpobench.problems.cnn._training import CNNTraining

        self.space.check(config)
        return CNNTraining(config, seed, splits(self.dataset), self.resources, self.mutable)

    def fingerprint(self) -> str:
        return short_hash(self.dataset)

    def probe(self, config: Config) -> float:
        # The probe runs on the processor, because the machine that starts a run may have no GPU,
        # and a GPU gives other losses.
        return first_loss(CNN(dataset=self.dataset), config)
