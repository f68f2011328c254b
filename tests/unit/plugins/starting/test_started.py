"""A searcher that is given configurations and old trials: what it is asked and told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hpobench.api import Config, Fidelity, Float, NothingYet, Searcher, Space
from hpobench.contract.errors import CellError
from hpobench.plugins.starting.wrapped import (
    Prepared,
    StartedSearcher,
    Trials,
    matched,
    start_objection,
)

SPACE = Space([Float("x", 0.0, 1.0)])
POINTS: tuple[Config, ...] = ({"x": 0.1}, {"x": 0.2})
OLD: tuple[Trials, ...] = ((({"x": 0.5}, 5.0), ({"x": 0.6}, 6.0)), (({"x": 0.7}, 70.0),))


class Noting(Searcher):
    """Notes what it is asked and told."""

    name = "noting"

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.waits = False

    def ask(self, trial: int) -> Config:
        if self.waits:
            raise NothingYet
        self.log.append(("ask", trial))
        return {"x": 1.0}

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self.log.append(("tell", trial, step, loss, final))

    def failed(self, trial: int) -> None:
        self.log.append(("failed", trial))


class Adopting(Noting):
    refuses = False

    def adopt(self, trial: int, config: Config) -> bool:
        if not self.refuses:
            self.log.append(("adopt", trial, config["x"]))
        return not self.refuses


class Recalling(Noting):
    def recall(self, history: Sequence[Sequence[tuple[Config, float]]]) -> None:
        self.log.append(("recall", [len(trials) for trials in history]))


def started(cls: type[Noting], prepared: Prepared) -> tuple[StartedSearcher, list[tuple[Any, ...]]]:
    inner = cls(SPACE, seed=0, fidelity=Fidelity("epoch", 9))
    return StartedSearcher(inner, prepared, steps=9), inner.log


def test_given_points_come_first_and_are_learnt_from() -> None:
    searcher, log = started(Adopting, Prepared(POINTS))
    assert [searcher.ask(trial)["x"] for trial in range(3)] == [0.1, 0.2, 1.0]
    searcher.tell(1, 9, 0.5, final=True)
    searcher.failed(0)
    assert log[:3] == [("adopt", 0, 0.1), ("adopt", 1, 0.2), ("ask", 2)]
    assert log[3:] == [("tell", 1, 9, 0.5, True), ("failed", 0)]


def test_a_searcher_that_does_not_learn_begins_its_own_numbers_after_the_points() -> None:
    searcher, log = started(Noting, Prepared(POINTS))
    assert [searcher.ask(trial)["x"] for trial in range(4)] == [0.1, 0.2, 1.0, 1.0]
    searcher.tell(0, 9, 0.5, final=True)
    searcher.tell(3, 9, 0.7, final=True)
    searcher.failed(1)
    assert log == [("ask", 0), ("ask", 1), ("tell", 1, 9, 0.7, True)]


def test_old_trials_are_told_before_the_first_proposal() -> None:
    searcher, log = started(Adopting, Prepared(POINTS[:1], OLD))
    searcher.ask(0)
    searcher.ask(1)
    searcher.tell(1, 4, 0.5, final=False)
    assert log == [
        ("adopt", 0, 0.5),
        ("tell", 0, 9, 5.0, True),
        ("adopt", 1, 0.6),
        ("tell", 1, 9, 6.0, True),
        ("adopt", 2, 0.7),
        ("tell", 2, 9, 70.0, True),
        ("adopt", 3, 0.1),
        ("ask", 4),
        ("tell", 4, 4, 0.5, False),
    ]


def test_matched_trials_wait_for_four_losses() -> None:
    searcher, log = started(Adopting, Prepared((), OLD, matched=True))
    for trial in range(5):
        searcher.ask(trial)
    for trial, loss in enumerate((1.0, 2.0, 3.0)):
        searcher.tell(trial, 9, loss, final=True)
    searcher.tell(3, 4, 9.0, final=False)
    assert not [entry for entry in log if entry[0] == "adopt"]
    searcher.tell(3, 9, 4.0, final=True)
    # Median 2.5 and spread 1 of ours; median 5.5 and spread 0.5 of the first data set.
    assert log[-6::2] == [("adopt", 5, 0.5), ("adopt", 6, 0.6), ("adopt", 7, 0.7)]
    assert log[-5::2] == [("tell", i, 9, x, True) for i, x in [(5, 1.5), (6, 3.5), (7, 2.5)]]
    searcher.ask(5)
    assert log[-1] == ("ask", 8)


def test_matching_keeps_order_and_takes_median_and_spread() -> None:
    rows = matched([({"x": i / 10}, 10.0 * i) for i in range(5)], [1.0, 2.0, 3.0])
    assert [loss for _, loss in rows] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [loss for _, loss in matched([({"x": 0.0}, 7.0)] * 2, [1.0, 3.0])] == [2.0, 2.0]


def test_trials_of_others_go_to_a_searcher_that_recalls_them_by_data_set() -> None:
    _, log = started(Recalling, Prepared((), OLD, matched=True))
    assert log == [("recall", [2, 1])]


def test_a_number_is_asked_for_again_after_nothing_yet() -> None:
    inner = Adopting(SPACE, seed=0, fidelity=Fidelity())
    searcher = StartedSearcher(inner, Prepared(POINTS[:1]), steps=1)
    searcher.ask(0)
    inner.waits = True
    with pytest.raises(NothingYet):
        searcher.ask(1)
    inner.waits = False
    searcher.ask(1)
    assert inner.log[-1] == ("ask", 1)


def test_old_trials_that_are_not_adopted_fail_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Adopting, "refuses", True)
    with pytest.raises(CellError, match="noting does not adopt the old trial"):
        started(Adopting, Prepared((), OLD))


class Fixed(Noting):
    learns = False


class Refusing(Adopting):
    adopts = False


class Scheduling(Adopting):
    schedules_itself = True


class RaysOwn:
    """Derives from none of the contract's classes."""


POINT = {"default": True}
HISTORY = {"history": {"trials": 20}}


@pytest.mark.parametrize(
    ("cls", "start", "reason"),
    [
        (Adopting, POINT | HISTORY, None),
        (Fixed, POINT, None),
        (Fixed, HISTORY, "cannot be told old trials"),
        (Recalling, HISTORY, None),
        (Recalling, POINT, "cannot learn from configurations of others"),
        (Noting, POINT, "cannot learn from configurations of others"),
        (Refusing, POINT, "cannot learn from configurations of others"),
        (Refusing, HISTORY, "cannot be told old trials"),
        (Scheduling, POINT, "decides how far its own configurations train"),
        (RaysOwn, POINT, "of Ray's own interface"),
    ],
)
def test_who_can_begin_with_what(cls: type, start: dict[str, Any], reason: str | None) -> None:
    found = start_objection(cls, start)
    assert found is None if reason is None else reason in str(found)
