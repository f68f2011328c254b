"""Portfolios: listed, read, made anew, and how good they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.starting.portfolios import (
    Portfolio,
    file_of_class,
    find_file,
    model_of,
    models,
    read_portfolio,
    shipped_portfolios,
)

if TYPE_CHECKING:
    from hpobench.recording.portfolio_choice import Evaluation


def listed() -> list[dict[str, Any]]:
    """The portfolios that come with hpobench: the ``problem`` class of each, the ``models`` that
    stand for it, what it was ``chosen_on``, and its ``parameters``."""
    facts = []
    for problem in shipped_portfolios():
        found = read(problem)
        words = [m.name for m in models().values() if m.portfolio == problem]
        members, _, _ = found.made["members"].partition(" of ")
        facts.append({"problem": problem, "models": words, "chosen_on": members})
        facts[-1]["parameters"] = list(found.space.names)
    return facts


def read(name: str, plugins: Sequence[Path] = ()) -> Portfolio:
    """The portfolio ``name``, a model or a problem class."""
    return read_portfolio(find_file(name, plugins))


def make(name: str, plugins: Sequence[Path], tell: Callable[[str], None]) -> tuple[Path, Portfolio]:
    """Choose the portfolio of the problem class ``name`` anew; returns its file beside the
    plugin, and what it holds."""
    from hpobench.recording.measuring import members
    from hpobench.recording.portfolio_choice import make as make_file

    problems = members(name, {}, plugins)
    file = file_of_class(type(problems[0]))
    make_file(problems, file, tell)
    return file, read_portfolio(file)


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """How good the portfolios of a problem class are on data sets left out."""

    problem: str
    trials: Sequence[int]
    """After which regrets are given."""
    result: Evaluation
    default: str
    """What the configuration of ``result.default`` is."""

    def to_json(self) -> dict[str, Any]:
        """The facts for programs."""
        facts = dataclasses.asdict(self.result)
        return {"problem": self.problem, "trials": self.trials, **facts}


def evaluate(
    name: str | None, plugins: Sequence[Path], warn: Callable[[str], None]
) -> list[Evaluated]:
    """How good the portfolio ``name`` is on data sets that it was chosen without, or each that is
    shipped; ``warn`` is told which are left out because their data is not here."""
    from hpobench.recording.measuring import members
    from hpobench.recording.portfolio_choice import TRIALS, Class
    from hpobench.recording.portfolio_choice import evaluate as regret_of

    found = []
    for one in [name] if name else shipped_portfolios():
        portfolio = read(one, plugins)
        try:
            problems = members(portfolio.problem, {}, plugins)
        except NotAvailableError as error:
            if name:
                raise
            warn(f"left out: {error}")
            continue
        default = "default" if model_of(portfolio.problem) else "middle of the space"
        result = regret_of(Class.of(problems), portfolio)
        found.append(Evaluated(portfolio.problem, TRIALS, result, default))
    return found
