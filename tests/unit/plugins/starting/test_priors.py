"""The key ``prior``: what it takes, and what it stands for on a problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hpobench.api import Config, Curve, Float, Searcher, Space, TabulatedProblem
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import NotAvailableError
from hpobench.contract.problem import Problem
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.plugins.starting import prepare
from hpobench.plugins.starting.prepare import centre_of, prior_objection, prior_of
from hpobench.plugins.starting.suite_keys import parse_prior, spell_prior
from tests.support.present import present


@pytest.mark.parametrize(
    ("value", "parsed", "spelled"),
    [
        ("good", {"quality": "good", "confidence": 0.25}, "good"),
        ({"quality": "weak"}, {"quality": "weak", "confidence": 0.25}, "weak"),
        (
            {"quality": "misleading", "confidence": "high"},
            {"quality": "misleading", "confidence": 0.125},
            "misleading-high",
        ),
        (
            {"quality": "good", "confidence": 0.5},
            {"quality": "good", "confidence": 0.5},
            "good-low",
        ),
        ({"quality": "good", "confidence": 1}, {"quality": "good", "confidence": 1.0}, "good-1"),
    ],
)
def test_parsed_and_spelled(value: object, parsed: dict[str, object], spelled: str) -> None:
    found = parse_prior(value)
    assert found == parsed
    assert spell_prior(found) == spelled
    assert parse_prior(found) == found


@pytest.mark.parametrize("value", [None, "none"])
def test_no_prior(value: object) -> None:
    assert parse_prior(value) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bad", "quality: input should be 'good', 'weak' or 'misleading'"),
        (3, "a word or a mapping is due"),
        ({}, "a word or a mapping is due, like {quality: good}, not {}"),
        ({"quality": "good", "confidence": 0}, "confidence: input should be greater than or"),
        ({"quality": "good", "confidence": -1}, "confidence: input should be greater than or"),
        ({"quality": "good", "confidence": float("inf")}, "confidence: input should be"),
        ({"quality": "good", "confidence": float("nan")}, "confidence: input should be"),
        ({"quality": "good", "confidence": True}, "confidence: input should be a valid number"),
        ({"quality": "good", "confidence": "sure"}, "confidence: 'sure' is none of low, medium"),
        ({"quality": "good", "sure": 1}, "sure: extra inputs are not permitted"),
    ],
)
def test_what_is_no_prior_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        parse_prior(value)


def named(name: str, **options: object) -> tuple[PluginRef, Problem]:
    ref = plugin_ref(Registry(), "problem", name, options)
    return ref, build_problem(ref)


def test_the_quality_is_in_the_losses() -> None:
    ref, problem = named("branin")
    reference = present(problem.reference())
    good, weak, misleading = (
        (centre_of(quality, ref, problem).loss - reference.optimum)
        / (reference.clip - reference.optimum)
        for quality in ("good", "weak", "misleading")
    )
    assert 0 <= good < 0.01
    assert 0.4 < weak < 0.6  # of a loss that a quarter of random configurations reach
    assert misleading > 5


def test_a_prior_is_the_same_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ref, problem = named("mixed", function="ackley")
    parsed = {"quality": "good", "confidence": 0.125}
    first = prior_of(parsed, ref, problem)
    assert first.deviation == 0.125
    monkeypatch.setattr(prepare, "_centres", {})
    assert prior_of(parsed, ref, problem) == first


class Failing(TabulatedProblem):
    space = Space([Float("x", 0, 1)])

    def curve(self, config: Config, seed: int) -> Curve:
        if float(config["x"]) > 0.5 or self.name == "all":
            return Curve([float("nan")], [1.0])
        return Curve([0.0], [1.0], heldout=[-float(config["x"])])


@pytest.mark.parametrize("name", ["some", "all"])
def test_failed_configurations_are_no_centres(name: str, tmp_path: Path) -> None:
    problem = Failing()
    problem.name = name  # type: ignore[misc]
    ref = PluginRef("problem", name, name, {}, str(tmp_path), "Failing")
    if name == "all":
        with pytest.raises(NotAvailableError, match="all of 1,000 random configurations fail"):
            centre_of("good", ref, problem)
        return
    assert 0.49 < float(centre_of("good", ref, problem).config["x"]) <= 0.5  # by the held-out loss
    assert float(centre_of("misleading", ref, problem).config["x"]) < 0.01


def test_a_problem_that_trains_has_none() -> None:
    ref, problem = named("cnn", dataset="digits")
    with pytest.raises(NotAvailableError, match="and the problem trains"):
        centre_of("good", ref, problem)


def test_only_searchers_that_say_so_take_one() -> None:
    class Taking(Searcher):
        takes_prior = True

    assert prior_objection(Taking) is None
    assert prior_objection(Searcher) == "prior: the searcher does not take one"
