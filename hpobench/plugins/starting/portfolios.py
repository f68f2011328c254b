"""Portfolios (being written)."""

from __future__ import annotations

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.problem import Problem
from hpobench.contract.space import Config


def portfolio_of(cls: type[Problem], key: str, k: int) -> list[Config]:
    raise NotAvailableError(f"{cls.name}: {key}: no portfolio of {k}")


def default_of(problem: Problem) -> Config:
    return problem.space.from_unit([0.5] * len(problem.space))


def related(cls: type[Problem], key: str, other: str) -> bool:  # noqa: ARG001
    return key == other
