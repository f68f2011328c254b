"""The compatibility matrix says what class attributes imply."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from hpobench.plugins.compatibility import Compatibility, compatibility, matrix, numbered
from hpobench.plugins.registry import Registry
from tests.support.tiny_plugins import PLUGIN


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (file := tmp_path / "tiny.py").write_text(PLUGIN)
    return Registry([file])


def judge(registry: Registry, searcher: str, scheduler: str) -> Compatibility:
    return compatibility(
        registry.find("searcher", searcher).load(), registry.find("scheduler", scheduler).load()
    )


def test_a_plain_pair_is_fine(registry: Registry) -> None:
    assert judge(registry, "tiny", "whole") == Compatibility("ok")


def test_early_stopping_mixes_fidelities(registry: Registry) -> None:
    told = judge(registry, "tiny", "halves")
    assert told.level == "note"
    assert "'tell: last'" in told.text
    assert "as if the trial were complete" in told.text


def test_a_multi_fidelity_searcher_wants_every_loss(registry: Registry) -> None:
    told = judge(registry, "model", "halves")
    assert "is told each of them" in told.text
    assert "as if the trial were complete" not in told.text


def test_brackets_ask_ahead(registry: Registry) -> None:
    assert "1 more than the workers can run" in judge(registry, "tiny", "brackets").text
    assert "more than the workers can run" not in judge(registry, "tiny", "halves").text


def test_a_searcher_that_does_not_repeat_and_notes_of_its_own(registry: Registry) -> None:
    told = judge(registry, "model", "whole")
    assert told.level == "note"
    assert "same proposals for the same seed" in told.notes[0]
    assert told.notes[1] == "It is only a model."


def test_rays_own_searchers_promise_nothing(registry: Registry) -> None:
    class Bare:
        pass

    told = compatibility(Bare, registry.find("scheduler", "halves").load())
    assert any("hides the result" in note for note in told.notes)
    assert any("same proposals" in note for note in told.notes)


def test_the_matrix_has_every_pair_and_its_notes_have_numbers(registry: Registry) -> None:
    pairs = matrix(registry)
    searchers = {e.name for e in registry.entries("searcher")}
    schedulers = {e.name for e in registry.entries("scheduler")}
    expected = set(itertools.product(searchers, schedulers))
    assert {(p.searcher, p.scheduler) for p in pairs} == expected
    numbers = numbered(pairs)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert {note for pair in pairs for note in pair.compatibility.notes} == numbers.keys()
