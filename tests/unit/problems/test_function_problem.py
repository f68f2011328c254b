"""A user's own function as a problem."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hpobench.api import Config, Fidelity, Float, FunctionProblem, Problem, Space, Training
from hpobench.contract.errors import TrialError
from hpobench.plugins.building import build_problem
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import suite_file

PLUGIN = '''\
"""Logistic regression on the digits, an epoch a step."""
from hpobench.api import Fidelity, Float, FunctionProblem, Space

class Digits(FunctionProblem):
    name = "sgd-digits"
    space = Space([Float("alpha", 1e-6, 1.0, log=True), Float("l1_ratio", 0.0, 1.0)])
    fidelity = Fidelity("epoch", steps=5)
    def train(self, config, seed):
        from sklearn import datasets, linear_model
        digits = datasets.load_digits()
        x, y = digits.data / 16, digits.target
        model = linear_model.SGDClassifier(penalty="elasticnet", random_state=seed, **config)
        for _ in range(5):
            yield 1 - model.partial_fit(x[:1200], y[:1200], range(10)).score(x[1200:], y[1200:])
'''


class Own(FunctionProblem):
    """Calls ``body``; what the tests vary."""

    name = "own"
    space = Space([Float("x", 0.0, 1.0)])
    fidelity = Fidelity("epoch", steps=3)

    def __init__(self, body: Any) -> None:
        self.body = body

    def train(self, config: Config, seed: int) -> Any:
        return self.body(config, seed)


def begin(body: Any, x: float = 0.5, seed: int = 7) -> Training:
    return Own(body).start({"x": x}, seed)


# -- a whole plugin ------------------------------------------------------------------------


@pytest.fixture
def digits(tmp_path: Path) -> Problem:
    (tmp_path / "digits.py").write_text(PLUGIN)
    keys = {"problems": ["sgd-digits"], "budget": {"trials": 3}, "plugins": ["digits.py"]}
    (ref,) = load_suite(suite_file(tmp_path, "mine", **keys)).problems
    return build_problem(ref)


def test_a_plugin_that_trains_takes_less_than_15_lines() -> None:
    assert len(PLUGIN.splitlines()) < 15


def test_the_plugin_trains(digits: Any) -> None:
    def losses(alpha: float, seed: int) -> list[Any]:
        trial = digits.start({"alpha": alpha, "l1_ratio": 0.15}, seed)
        found = [trial.step()["loss"] for _ in range(digits.fidelity.steps)]
        trial.close()
        return found

    good, bad = losses(1e-4, 0), losses(1.0, 0)
    assert good[-1] < 0.15 < 0.8 < bad[-1]
    assert losses(1e-4, 0) == good != losses(1e-4, 1)


# -- what train() may give -----------------------------------------------------------------


def test_a_generator_is_a_step_a_yield_and_knows_its_task() -> None:
    def body(config: Config, seed: int) -> Iterator[Any]:
        for k in range(3):
            yield config["x"] * 10**k + seed

    trial = begin(body)
    assert [trial.step() for _ in range(3)] == [{"loss": 7.5}, {"loss": 12.0}, {"loss": 57.0}]


def test_nothing_runs_before_it_is_asked_for() -> None:
    ran = []

    def body(config: Config, seed: int) -> Iterator[float]:
        for k in range(3):
            ran.append(k)
            yield float(k)

    trial = begin(body)
    assert ran == []
    trial.step()
    assert ran == [0]


def test_a_plain_return_is_one_step() -> None:
    trial = begin(lambda config, seed: config["x"] ** 2)
    assert trial.step() == {"loss": 0.25}
    with pytest.raises(TrialError, match=r"train\(\) ended before the problem's last step"):
        trial.step()


def test_reports_with_heldout_losses() -> None:
    def body(config: Config, seed: int) -> Iterator[Any]:
        yield {"loss": 1.0, "heldout": 2.0}
        yield 0.5

    trial = begin(body)
    assert trial.step() == {"loss": 1.0, "heldout": 2.0}
    assert trial.step() == {"loss": 0.5}
    assert begin(lambda config, seed: {"loss": 3.0, "heldout": 4.0}).step()["heldout"] == 4.0


def test_a_generator_that_ends_early() -> None:
    def body(config: Config, seed: int) -> Iterator[float]:
        yield 1.0

    (trial := begin(body)).step()
    with pytest.raises(TrialError, match="ended before the problem's last step"):
        trial.step()


@pytest.mark.parametrize("before", [0, 1])
def test_an_exception_comes_out_as_it_is(before: int) -> None:
    def body(config: Config, seed: int) -> Iterator[Any]:
        yield from [1.0] * before
        raise ZeroDivisionError("the user's own")

    trial = begin(body)
    for _ in range(before):
        trial.step()
    with pytest.raises(ZeroDivisionError, match="the user's own"):
        trial.step()
    trial.close()


def test_what_cannot_be_saved_says_so() -> None:
    trial = begin(lambda config, seed: 1.0)
    assert trial.save() is None
    with pytest.raises(NotImplementedError):
        trial.load(b"")


# -- closing -------------------------------------------------------------------------------


def test_closing_an_abandoned_generator_lets_it_clean_up() -> None:
    done = []

    def body(config: Config, seed: int) -> Iterator[float]:
        try:
            while True:
                yield 1.0
        finally:
            done.append("cleaned")

    (trial := begin(body)).step()
    assert done == []
    trial.close()
    assert done == ["cleaned"]


def test_any_trial_can_be_closed_at_any_time() -> None:
    for body in (lambda c, s: 1.0, lambda c, s: iter([1.0])):
        for steps in (0, 1):
            trial = begin(body)
            for _ in range(steps):
                trial.step()
            trial.close()
            trial.close()
