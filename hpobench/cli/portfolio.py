"""``portfolio``: configurations that do well on many data sets, to start a search from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from hpobench.cli.shared import plugin_option
from hpobench.cli.tables import show

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
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.option(
    "--evaluate",
    is_flag=True,
    help="How good portfolios are on data sets that they were chosen without; needs the data.",
)
@click.option("--make", is_flag=True, help="Choose it anew and keep it beside its plugin.")
@plugin_option
def portfolio(
    name: str | None,
    k: int,
    as_json: bool,
    evaluate: bool,
    make: bool,
    plugins: tuple[Path, ...],
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
    if as_json and (evaluate or make or name is None):
        raise click.UsageError("--json prints a portfolio: give its NAME alone")
    if make:
        _make(name, plugins)
    elif evaluate:
        _evaluate(name, plugins)
    elif name is None:
        _list()
    else:
        _print(name, k, plugins, as_json=as_json)


def _list() -> None:
    from hpobench.plugins.starting.portfolios import (
        find_file,
        models,
        read_portfolio,
        shipped_portfolios,
    )

    rows = []
    for problem in shipped_portfolios():
        found = read_portfolio(find_file(problem))
        words = [m.name for m in models().values() if m.portfolio == problem]
        names = ", ".join(found.space.names)
        rows.append((problem, ", ".join(words), found.made["members"], names))
    show(("problem", "model", "chosen on", "parameters"), rows)


def _print(name: str, k: int, plugins: Sequence[Path], *, as_json: bool) -> None:
    from hpobench.plugins.starting.portfolios import find_file, read_portfolio

    found = read_portfolio(find_file(name, plugins))
    configs = found.first(k)
    if as_json:
        click.echo(json.dumps(configs, indent=1))
        return
    names = found.space.names
    rows = [
        (str(number), *(str(config.get(key, "")) for key in names))
        for number, config in enumerate(configs, 1)
    ]
    show(("", *names), rows)
    made = found.made
    click.echo(f"portfolio of {found.problem}, version {found.version}")
    click.echo(f"chosen among {made['candidates']}, on {made['members']}")
    click.echo(f"data: {made['source']} ({made['licence']})")


def _make(name: str | None, plugins: Sequence[Path]) -> None:
    from hpobench.plugins.starting.portfolios import file_for
    from hpobench.recording.freezing import members
    from hpobench.recording.portfolios import make

    if name is None:
        raise click.UsageError("--make needs the NAME of a problem class")
    make(members(name, {}, plugins), file_for(name, plugins), click.echo)


def _evaluate(name: str | None, plugins: Sequence[Path]) -> None:
    from hpobench.contract.errors import NotAvailableError
    from hpobench.plugins.starting.portfolios import (
        find_file,
        model_of,
        read_portfolio,
        shipped_portfolios,
    )
    from hpobench.recording.freezing import members
    from hpobench.recording.portfolio_regret import TRIALS, evaluate
    from hpobench.recording.portfolios import Class

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
        head = (found.problem, str(result.data_sets))
        rows.append((*head, "portfolio", *(f"{value:.3f}" for value in result.portfolio)))
        rows.append(("", "", "random search", *(f"{value:.3f}" for value in result.random)))
        first = "default" if model_of(found.problem) else "middle of the space"
        rows.append(("", "", first, f"{result.default:.3f}", *[""] * (len(TRIALS) - 1)))
    show(("problem", "data sets", "regret after", *(f"{n} trials" for n in TRIALS)), rows)
