"""What is made of problems: tables of trained ones, frozen references, and portfolios."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.starting import portfolios as chosen
from hpobench.plugins.starting.portfolios import Portfolio
from hpobench.verbs.execution import interruptible

if TYPE_CHECKING:
    from hpobench.recording.portfolio_choice import Evaluation
    from hpobench.recording.record import Recorded
    from hpobench.verbs.progress import Display


def freeze(
    problem: str,
    options: Mapping[str, Any],
    sample: int | None,
    plugins: tuple[Path, ...],
    tell: Callable[[str], None],
) -> tuple[Path, dict[str, Any]]:
    """Measure the references of the members of ``problem`` with these ``options`` anew; returns
    their file, and what it says of these members by their keys."""
    from hpobench.contract.frozen import read_members, references_of
    from hpobench.recording import measuring

    found = measuring.members(problem, options, plugins)
    file = references_of(type(found[0]))
    measuring.freeze(found, file, tell, sample)
    entries = read_members(file)
    return file, {one.key: entries[one.key] for one in found}


def record(
    problem: str,
    options: Mapping[str, Any],
    out: Path,
    display: Display,
    *,
    address: str,
    cpus: int | None,
    workers: int | None,
    **drawn: Any,
) -> tuple[Recorded, float, dict[str, str]]:
    """Train ``problem`` to the end in many configurations, into the table ``out``.

    ``drawn``: which configurations, as :func:`hpobench.recording.record.build_recipe` takes it.
    The same call goes on after an interruption. Returns what was recorded, in how many seconds, and
    the entry of the problem in a suite beside ``out``.
    """
    from hpobench.recording.record import build_recipe, record_table

    recipe = build_recipe(problem, options, **drawn)
    begin = time.monotonic()
    kept = f"{out}.recording has what is trained, run it again"
    with interruptible(kept, display.warn), display.training(recipe.trials) as report:
        made = record_table(recipe, out, report, address=address, cpus=cpus, workers=workers)
    entry = {"name": "recorded", "as": recipe.problem.label, "table": out.name}
    return made, time.monotonic() - begin, entry


def portfolios() -> list[dict[str, Any]]:
    """The portfolios that come with hpobench: the ``problem`` class of each, the ``models`` that
    stand for it, what it was ``chosen_on``, and its ``parameters``."""
    facts: list[dict[str, Any]] = []
    for problem in chosen.shipped_portfolios():
        found = portfolio(problem)
        words = [model.name for model in chosen.models().values() if model.portfolio == problem]
        members, _, _ = found.made["members"].partition(" of ")
        facts.append({"problem": problem, "models": words, "chosen_on": members})
        facts[-1]["parameters"] = list(found.space.names)
    return facts


def portfolio(name: str, plugins: Sequence[Path] = ()) -> Portfolio:
    """The portfolio ``name``, a model or a problem class."""
    return chosen.read_portfolio(chosen.find_file(name, plugins))


def make_portfolio(
    name: str, plugins: Sequence[Path], tell: Callable[[str], None]
) -> tuple[Path, Portfolio]:
    """Choose the portfolio of the problem class ``name`` anew; returns its file beside the
    plugin, and what it holds."""
    from hpobench.recording.measuring import members
    from hpobench.recording.portfolio_choice import make

    problems = members(name, {}, plugins)
    file = chosen.file_of_class(type(problems[0]))
    make(problems, file, tell)
    return file, chosen.read_portfolio(file)


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
    from hpobench.recording import portfolio_choice
    from hpobench.recording.measuring import members

    found = []
    for one in [name] if name else chosen.shipped_portfolios():
        read = portfolio(one, plugins)
        try:
            problems = members(read.problem, {}, plugins)
        except NotAvailableError as error:
            # Of all portfolios those are evaluated whose data is here.
            if name:
                raise
            warn(f"left out: {error}")
            continue
        default = "default" if chosen.model_of(read.problem) else "middle of the space"
        result = portfolio_choice.evaluate(portfolio_choice.Class.of(problems), read)
        found.append(Evaluated(read.problem, portfolio_choice.TRIALS, result, default))
    return found
