"""Which cells go to a process together, and what becomes of them when it dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.cell import Cell
from hpobench.running.cells.batches import ATTEMPTS, Done, Waiting
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import line


@pytest.fixture
def cells(tmp_path: Path) -> list[Cell]:
    """A cell of a shipped problem and one of a user's, with each of a hundred seeds."""
    (tmp_path / "own.py").write_text(line("Own"))
    (tmp_path / "suite.yaml").write_text(
        "name: batches\nsearchers: [random]\nproblems: [own, branin]\nseeds: 100\n"
        "budget: {trials: 1}\nplugins: [own.py]\n"
    )
    return list(build_plan(load_suite(tmp_path / "suite.yaml")).cells)


def done(count: int, seconds: float) -> Done:
    nothing: Any = None
    return Done(nothing, count, seconds)


def drain(waiting: Waiting, seconds: float) -> list[list[Cell]]:
    """The batches if every cell takes so many ``seconds``."""
    found = []
    while waiting:
        batch = list(waiting.take())
        waiting.done(batch, done(len(batch), seconds * len(batch)))
        found.append(batch)
    return found


def test_cells_of_shipped_plugins_come_first_and_kinds_are_not_mixed(cells: list[Cell]) -> None:
    batches = drain(Waiting(cells, 1), 1e-4)
    problems = [{cell.problem.label for cell in batch} for batch in batches]
    assert all(len(some) == 1 for some in problems)
    order = [label for some in problems for label in some]
    assert order == sorted(order)  # branin, then own
    assert [c.seed for batch in batches for c in batch] == [*range(100), *range(100)]


def test_batches_grow_while_cells_are_cheap(cells: list[Cell]) -> None:
    sizes = [len(batch) for batch in drain(Waiting(cells, 1), 1e-4)]
    assert sizes[:5] == [1, 2, 4, 8, 16]
    assert sum(sizes) == len(cells)


def test_dear_cells_go_one_by_one(cells: list[Cell]) -> None:
    assert {len(batch) for batch in drain(Waiting(cells, 1), 0.4)} == {1}


def test_the_last_cells_are_shared_out(cells: list[Cell]) -> None:
    assert max(len(batch) for batch in drain(Waiting(cells, 4), 1e-4)) <= len(cells) / 4


def test_what_a_batch_had_no_time_for_comes_next(cells: list[Cell]) -> None:
    waiting = Waiting(cells, 1)
    waiting.done(waiting.take(), done(1, 1e-4))
    first, second = waiting.take()
    waiting.done([first, second], done(1, 0.5))
    assert list(waiting.take()) == [second]


def test_a_dead_process_lets_the_cells_of_its_batch_run_alone(cells: list[Cell]) -> None:
    waiting = Waiting(cells, 1)
    waiting.done(waiting.take(), done(1, 1e-4))
    batch = list(waiting.take())
    assert len(batch) == 2
    assert waiting.failed(batch) == []
    assert [list(waiting.take()), list(waiting.take())] == [[cell] for cell in batch]


def test_a_cell_that_always_kills_its_process_has_four_attempts(cells: list[Cell]) -> None:
    waiting = Waiting(cells[:1], 1)
    for attempt in range(1, ATTEMPTS + 1):
        batch = waiting.take()
        assert waiting.failed(batch) == ([] if attempt < ATTEMPTS else list(batch))
    assert not waiting


def test_a_last_attempt_is_not_repeated(cells: list[Cell]) -> None:
    waiting = Waiting(cells[:1], 1)
    batch = waiting.take()
    assert waiting.failed(batch, last=True) == list(batch)
    assert not waiting
