"""A searcher that ends its run early: when, and what it passes on."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Exhausted, Float, Int, Searcher, Space
from hpobench.plugins.starting.suite_keys import parse_stop, spell_stop
from hpobench.plugins.starting.wrapped import StartedSearcher, StoppedSearcher, Wrapped

SPACE = Space([Float("x", 0, 1), Int("n", 1, 100, log=True), Categorical("c", ("a", "b", True))])
STEPS = 3


def configs(n: int) -> list[Config]:
    rng = Random(1)
    return [SPACE.sample(rng) for _ in range(n)]


class Noting(Searcher):
    """Proposes ``configs`` and notes what it is told."""

    name = "noting"

    def __init__(self, configs: list[Config]) -> None:
        self.configs = configs
        self.calls: list[tuple[object, ...]] = []

    def ask(self, trial: int) -> Config:
        return self.configs[trial]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self.calls.append(("tell", trial, step, loss, final))

    def failed(self, trial: int) -> None:
        self.calls.append(("failed", trial))


def ended_after(losses: Sequence[float | None], stop: dict[str, Any]) -> int | None:
    """The number of ended trials after which nothing is proposed; ``None`` if that never is so."""
    searcher = StoppedSearcher(Noting(configs(20)), stop, STEPS)
    for number, loss in enumerate(losses, start=1):
        searcher.ask(number)
        if loss is None:
            searcher.failed(number)
        else:
            searcher.tell(number, STEPS, loss, final=True)
        try:
            searcher.ask(number)
        except Exhausted:
            return number
    return None


@pytest.mark.parametrize(
    ("losses", "tolerance", "due"),
    [
        ([3, 2, 1, 0, -1, -2], 0.0, None),
        ([3, 3, 3, 3, 3, 3], 0.0, 4),
        ([3, 4, 4, 2, 4, None, 4], 0.0, 7),
        ([None, None, None, None, 5], 0.0, None),
        ([None, None, 5, None, None, None], 0.0, 6),
        ([100, 99.5, 99.2, 99.1], 0.01, 4),
        ([100, 99.5, 98.9, 98.8, 98.7], 0.01, None),
        ([-100, -100.5, -100.9, -101], 0.01, 4),
        ([0.0, -1e-9, 0.0, 0.0], 0.5, None),
    ],
)
def test_patience(losses: list[float | None], tolerance: float, due: int | None) -> None:
    assert ended_after(losses, {"patience": {"trials": 3, "tolerance": tolerance}}) == due


def stopped(trials: int = 2) -> tuple[StoppedSearcher, Noting]:
    inner = Noting(configs(20))
    stop = {"patience": {"trials": trials, "tolerance": 0.0}}
    return StoppedSearcher(inner, stop, STEPS), inner


def test_it_proposes_nothing_more_and_still_learns_of_running_trials() -> None:
    searcher, inner = stopped()
    for trial in range(4):
        assert searcher.ask(trial) == inner.configs[trial]
    searcher.tell(0, STEPS, 1.0, final=True)
    searcher.tell(1, STEPS, 2.0, final=True)
    searcher.failed(2)
    for _ in range(2):
        with pytest.raises(Exhausted):
            searcher.ask(4)
    searcher.tell(3, 1, 0.5, final=False)
    searcher.tell(3, STEPS, 0.1, final=True)
    with pytest.raises(Exhausted):
        searcher.ask(4)
    first = [("tell", 0, STEPS, 1.0, True), ("tell", 1, STEPS, 2.0, True), ("failed", 2)]
    assert inner.calls == [*first, ("tell", 3, 1, 0.5, False), ("tell", 3, STEPS, 0.1, True)]


def test_losses_of_stopped_trials_are_no_better_losses() -> None:
    searcher, _ = stopped()
    for trial in range(4):
        searcher.ask(trial)
    searcher.tell(0, STEPS, 1.0, final=True)
    searcher.tell(1, STEPS - 1, 0.1, final=True)
    searcher.ask(4)
    searcher.dropped(2)
    with pytest.raises(Exhausted):
        searcher.ask(5)


def test_it_passes_everything_on() -> None:
    """Every method of a searcher but ``recall``, which only the inner wrapper calls."""
    own = vars(Wrapped).keys()
    methods = {n for n, value in vars(Searcher).items() if callable(value) and n[0] != "_"}
    assert methods - own == {"recall"}
    assert issubclass(StoppedSearcher, Wrapped)
    assert issubclass(StartedSearcher, Wrapped)


@pytest.mark.parametrize(
    ("value", "parsed", "label"),
    [
        ({"patience": 20}, {"patience": {"trials": 20, "tolerance": 0.0}}, "patience-20"),
        (
            {"patience": {"trials": 5, "tolerance": 0.01}},
            {"patience": {"trials": 5, "tolerance": 0.01}},
            "patience-5-0.01",
        ),
    ],
)
def test_values(value: Any, parsed: dict[str, Any], label: str) -> None:
    found = parse_stop(value)
    assert found == parsed
    assert spell_stop(parsed) == label
    assert parse_stop(found) == parsed, "what a store keeps is read again"


@pytest.mark.parametrize("value", ["none", None])
def test_never(value: Any) -> None:
    assert parse_stop(value) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("patience", "'patience' is not none, nor a mapping like {patience: 20}"),
        (7, "a word or a mapping is due, like {patience: 20}, not 7"),
        ({}, "a word or a mapping is due"),
        ({"patience": None}, "the mapping chooses nothing"),
        ({"patience": 0}, "patience.trials: input should be greater than or equal to 1"),
        ({"patience": 2.5}, "patience.trials: input should be a valid integer"),
        ({"patience": True}, "patience.trials: input should be a valid integer"),
        ({"patience": "20"}, "patience: a number or a mapping is due, not '20'"),
        ({"patience": {"tolerance": 0.1}}, "patience.trials: field required"),
        ({"patience": {"trials": 3, "tolerance": 1}}, "patience.tolerance: "),
        ({"patience": 5, "budget": 1}, "budget: extra inputs are not permitted"),
        ({"regret": 0.1}, "regret: extra inputs are not permitted"),
    ],
)
def test_what_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        parse_stop(value)
