"""``portfolio``: configurations that do well on many data sets, to start a search from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from hpobench.cli.shared import Output, output_options, plugin_option, print_json
from hpobench.cli.tables import fill, show

STARTS = 5
"""The configurations that are printed by default."""


@click.command()
@click.argument("name", required=False)
@click.option(
    "--k",
    type=click.IntRange(min=1),
    default=STARTS,
    show_default=True,
    help="The number of configurations.",
)
@click.option(
    "--evaluate",
    is_flag=True,
    help="How good portfolios are on data sets that they were chosen without; needs the data.",
)
@click.option("--make", is_flag=True, help="Choose it anew and keep it beside its plugin.")
@plugin_option
@output_options()
def portfolio(
    name: str | None,
    k: int,
    evaluate: bool,
    make: bool,
    plugins: tuple[Path, ...],
    output: Output,
) -> None:
    """Print the portfolio NAME, best configuration first; without NAME, list all of them.

    NAME is a problem class, or a model such as xgboost. A search on one of its data sets starts
    from a portfolio that was chosen without that data set: `start: portfolio` in a suite.

    \b
        hpobench portfolio xgboost --k 5
        hpobench portfolio lcbench-pool --evaluate
    """
    if evaluate and make:
        raise click.UsageError("--evaluate and --make do not go together")
    if make:
        _make(name, plugins, output)
    elif evaluate:
        _evaluate(name, plugins, output)
    elif name is None:
        _list(output)
    else:
        _print(name, k, plugins, output)


def _list(output: Output) -> None:
    from hpobench.plugins.starting.portfolios import (
        find_file,
        models,
        read_portfolio,
        shipped_portfolios,
    )

    facts: list[dict[str, Any]] = []
    for problem in shipped_portfolios():
        found = read_portfolio(find_file(problem))
        words = [m.name for m in models().values() if m.portfolio == problem]
        members, _, _ = found.made["members"].partition(" of ")
        names = list(found.space.names)
        facts.append(
            {"problem": problem, "models": words, "chosen_on": members, "parameters": names}
        )
    if output.as_json:
        print_json(facts)
        return
    rows = [[_joined(value) for value in one.values()] for one in facts]
    show(("problem", "model", "chosen on", "parameters"), rows, wrapped=True)


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _print(name: str, k: int, plugins: Sequence[Path], output: Output) -> None:
    from hpobench.plugins.starting.portfolios import find_file, read_portfolio

    found = read_portfolio(find_file(name, plugins))
    configs = found.first(k)
    if output.as_json:
        print_json(configs)
        return
    names = found.space.names
    rows = [(key, *(_short(config.get(key, "")) for config in configs)) for key in names]
    show(("", *map(str, range(1, len(configs) + 1))), rows)
    made = found.made
    click.echo(f"portfolio of {found.problem}, version {found.version}")
    click.echo(fill(f"chosen among {made['candidates']}, on {made['members']}"))
    if made["source"]:
        click.echo(fill(f"data: {made['source']} ({made['licence']})"))


def _short(value: object) -> str:
    """Four digits of a number, so that several configurations fit beside each other."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _make(name: str | None, plugins: Sequence[Path], output: Output) -> None:
    from hpobench.plugins.starting.portfolios import file_of_class, read_portfolio
    from hpobench.recording.freezing import members
    from hpobench.recording.portfolio_choice import make

    if name is None:
        raise click.UsageError("--make needs the NAME of a problem class")
    problems = members(name, {}, plugins)
    file = file_of_class(type(problems[0]))
    make(problems, file, output.note)
    if output.as_json:
        made = read_portfolio(file)
        counts = {"version": made.version, "configurations": len(made.configs)}
        print_json({"file": str(file), "problem": made.problem, **counts})


def _evaluate(name: str | None, plugins: Sequence[Path], output: Output) -> None:
    from hpobench.contract.errors import NotAvailableError
    from hpobench.plugins.starting.portfolios import (
        find_file,
        model_of,
        read_portfolio,
        shipped_portfolios,
    )
    from hpobench.recording.freezing import members
    from hpobench.recording.portfolio_choice import TRIALS, Class, evaluate

    facts: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for one in [name] if name else shipped_portfolios():
        found = read_portfolio(find_file(one, plugins))
        try:
            problems = members(found.problem, {}, plugins)
        except NotAvailableError as error:
            if name:
                raise
            click.echo(f"left out: {error}", err=True)
            continue
        result = evaluate(Class.of(problems), found)
        facts.append({"problem": found.problem, "trials": TRIALS, **dataclasses.asdict(result)})
        head = (found.problem, str(result.data_sets))
        rows.append((*head, "portfolio", *(f"{value:.3f}" for value in result.portfolio)))
        rows.append(("", "", "random search", *(f"{value:.3f}" for value in result.random)))
        first = "default" if model_of(found.problem) else "middle of the space"
        rows.append(("", "", first, f"{result.default:.3f}", *[""] * (len(TRIALS) - 1)))
    if output.as_json:
        print_json(facts)
        return
    show(("problem", "data sets", "regret after", *(f"{n} trials" for n in TRIALS)), rows)
