"""``portfolio``: configurations that do well on many data sets, to start a search from."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Output, output_options, plugin_option, print_json
from hpobench.cli.tables import fill, show


@click.command()
@click.argument("name", required=False)
@click.option(
    "--k",
    type=click.IntRange(min=1),
    default=5,
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
    from hpobench.verbs import portfolios

    if evaluate and make:
        raise click.UsageError("give either --evaluate or --make, not both")
    if make:
        if name is None:
            raise click.UsageError("--make needs the NAME of a problem class")
        file, made = portfolios.make(name, plugins, output.note)
        if output.as_json:
            counts = {"version": made.version, "configurations": len(made.configs)}
            print_json({"file": str(file), "problem": made.problem, **counts})
    elif evaluate:
        _evaluate(name, plugins, output)
    elif name is None:
        facts = portfolios.listed()
        if output.as_json:
            print_json(facts)
            return
        rows = [
            [text if isinstance(text, str) else ", ".join(text) for text in one.values()]
            for one in facts
        ]
        show(("problem", "model", "chosen on", "parameters"), rows, wrapped=True)
    else:
        _print(name, k, plugins, output)


def _print(name: str, k: int, plugins: tuple[Path, ...], output: Output) -> None:
    from hpobench.verbs import portfolios

    found = portfolios.read(name, plugins)
    configs = found.first(k)
    if output.as_json:
        print_json(configs)
        return
    rows = []
    for key in found.space.names:
        values = [config.get(key, "") for config in configs]
        # Four digits, so that several configurations fit beside each other.
        rows.append((key, *(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)))
    show(("", *map(str, range(1, len(configs) + 1))), rows)
    made = found.made
    click.echo(f"portfolio of {found.problem}, version {found.version}")
    click.echo(fill(f"chosen among {made['candidates']}, on {made['members']}"))
    if made["source"]:
        click.echo(fill(f"data: {made['source']} ({made['licence']})"))


def _evaluate(name: str | None, plugins: tuple[Path, ...], output: Output) -> None:
    from hpobench.verbs import portfolios

    found = portfolios.evaluate(name, plugins, lambda text: click.echo(text, err=True))
    if output.as_json:
        print_json([one.to_json() for one in found])
        return
    rows: list[tuple[str, ...]] = []
    for one in found:
        result = one.result
        more = [""] * (len(one.trials) - 1)
        rows += [
            (
                one.problem,
                str(result.data_sets),
                "portfolio",
                *(f"{v:.3f}" for v in result.portfolio),
            ),
            ("", "", "random search", *(f"{v:.3f}" for v in result.random)),
            ("", "", one.default, f"{result.default:.3f}", *more),
        ]
    trials = found[0].trials if found else ()
    show(("problem", "data sets", "regret after", *(f"{n} trials" for n in trials)), rows)
