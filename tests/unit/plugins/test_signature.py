"""Signatures: losses of fixed configurations by which a problem is recognised."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from hpobench.api import (
    Config,
    Curve,
    Fidelity,
    Float,
    FunctionProblem,
    Space,
    TabulatedProblem,
    first_loss,
)
from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.signature import moved, signature
from tests.support.present import present


class Table(TabulatedProblem):
    space = Space([Float("x", 0.0, 1.0)])
    shift = 0.0

    def curve(self, config: Config, seed: int) -> Curve:
        x = float(config["x"])
        if x < 0.2:
            raise ValueError("out of reach")
        return Curve([math.nan if x > 0.9 else x + self.shift], [1.0])


class Training(FunctionProblem):
    space = Space([Float("x", 0.0, 1.0)])
    fidelity = Fidelity("epoch", 3)

    def train(self, config: Config, seed: int) -> Iterator[Any]:
        yield config["x"]
        raise AssertionError("a probe is one step")


class Recognised(Training):
    probe = first_loss


def test_probes_that_fail_are_part_of_it() -> None:
    losses = signature(Table())["losses"]
    assert len(losses) == 8
    assert None in losses
    assert sum(loss is not None for loss in losses) > 3
    assert losses == signature(Table())["losses"]


def test_of_damaged_data_there_is_none() -> None:
    class Damaged(Table):
        def curve(self, config: Config, seed: int) -> Curve:
            raise NotAvailableError("the file is damaged")

    with pytest.raises(NotAvailableError, match="damaged"):
        signature(Damaged())


def test_another_loss_is_noticed_and_roundings_are_not() -> None:
    before, other = signature(Table()), Table()
    other.shift = 1e-7
    assert moved(before, signature(other)) is None
    other.shift = 1e-3
    assert "had loss" in present(moved(before, signature(other)))


def test_trainings_have_one_only_where_steps_are_cheap() -> None:
    assert signature(Training())["losses"] == [None, None]
    losses = signature(Recognised())["losses"]
    assert losses == signature(Recognised())["losses"]
    assert None not in losses
