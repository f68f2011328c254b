"""The cells of a plan, made when they are asked for: a plan may have a million of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from hpobench.contract.cell import Budget, Cell, Exact, PluginRef, Stage, Tell


@dataclass(frozen=True)
class Combination:
    """What cells that differ in their seeds only have in common."""

    searcher: PluginRef
    scheduler: PluginRef
    problem: PluginRef
    budget: Budget
    workers: int
    stage: Stage
    tell: Tell
    exact: Exact | None
    identity: Callable[[int], tuple[str, str]]
    """The id and the specification of the cell with a seed."""
    trial_timeout: float | None = None
    pace: float = 1.0

    def cell(self, seed: int) -> Cell:
        name, spec = self.identity(seed)
        return Cell(
            id=name,
            searcher=self.searcher,
            scheduler=self.scheduler,
            problem=self.problem,
            seed=seed,
            budget=self.budget,
            workers=self.workers,
            stage=self.stage,
            tell=self.tell,
            trial_timeout=self.trial_timeout,
            pace=self.pace,
            exact=self.exact,
            spec=spec,
        )


class CellGrid(Sequence[Cell]):
    """Every combination with every seed, sorted by seed."""

    def __init__(self, combinations: Sequence[Combination], seeds: Sequence[int]) -> None:
        self.combinations, self.seeds = tuple(combinations), tuple(seeds)

    def __len__(self) -> int:
        return len(self.combinations) * len(self.seeds)

    @overload
    def __getitem__(self, number: int) -> Cell: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Cell]: ...
    def __getitem__(self, number: int | slice) -> Cell | Sequence[Cell]:
        places = range(len(self))[number]
        if isinstance(places, range):
            return Selected(self, places)
        seed, combination = divmod(places, len(self.combinations))
        return self.combinations[combination].cell(self.seeds[seed])

    def __iter__(self) -> Iterator[Cell]:
        for seed in self.seeds:
            for combination in self.combinations:
                yield combination.cell(seed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellGrid):
            return NotImplemented
        return len(self) == len(other) and all(map(Cell.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((len(self.combinations), self.seeds))

    def ids(self) -> list[str]:
        """The ids of the cells."""
        return [c.identity(seed)[0] for seed in self.seeds for c in self.combinations]

    def with_seeds(self, seeds: Sequence[int]) -> CellGrid:
        """The cells with ``seeds`` alone."""
        return CellGrid(self.combinations, seeds)


class Selected(Sequence[Cell]):
    """The cells of ``grid`` at the places ``numbers``."""

    def __init__(self, grid: CellGrid, numbers: Sequence[int]) -> None:
        self._grid, self._numbers = grid, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, number: int) -> Cell: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Cell]: ...
    def __getitem__(self, number: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(number, slice):
            return Selected(self._grid, self._numbers[number])
        return self._grid[self._numbers[number]]
