"""``portfolio``: configurations that do well on many data sets, to start a search from."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli import shared


@click.command()
@click.argument("name", required=False)
@click.option(
    "--k", type=shared.COUNT, default=5, show_default=True, help="The number of configurations."
)
@click.option(
    "--evaluate",
    is_flag=True,
    help="How good portfolios are on data sets that they were chosen without; needs the data.",
)
@click.option("--make", is_flag=True, help="Choose it anew and keep it beside its plugin.")
@shared.plugin_option
@shared.output_options()
def portfolio(
    name: str | None,
    k: int,
    evaluate: bool,
    make: bool,
    plugins: tuple[Path, ...],
    output: shared.Output,
) -> None:
    """Print the portfolio NAME, best configuration first; without NAME, list all of them.

    NAME is a problem class, or a model such as xgboost. A search on one of its data sets starts
    from a portfolio that was chosen without that data set: `start: portfolio` in a suite.

    \b
        hpobench portfolio xgboost --k 5
        hpobench portfolio lcbench-pool --evaluate
    """
    from hpobench.verbs import recordings

    if evaluate and make:
        raise click.UsageError("give either --evaluate or --make, not both")
    if make:
        if name is None:
            raise click.UsageError("--make needs the NAME of a problem class")
        file, made = recordings.make_portfolio(name, plugins, output.note)
        if output.as_json:
            counts = {"version": made.version, "configurations": len(made.configs)}
            shared.print_json({"file": str(file), "problem": made.problem, **counts})
    elif evaluate:
        _evaluate(name, plugins, output)
    elif name is None:
        facts = recordings.portfolios()
        if output.as_json:
            shared.print_json(facts)
            return
        rows = [
            [text if isinstance(text, str) else ", ".join(text) for text in one.values()]
            for one in facts
        ]
        shared.show(("problem", "model", "chosen on", "parameters"), rows, wrapped=True)
    else:
        _print(name, k, plugins, output)


def _print(name: str, k: int, plugins: tuple[Path, ...], output: shared.Output) -> None:
    from hpobench.verbs import recordings

    found = recordings.portfolio(name, plugins)
    configs = found.first(k)
    if output.as_json:
        shared.print_json(configs)
        return
    rows = []
    for key in found.space.names:
        values = [config.get(key, "") for config in configs]
        # Four digits, so that several configurations fit beside each other.
        rows.append((key, *(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)))
    shared.show(("", *map(str, range(1, len(configs) + 1))), rows)
    made = found.made
    click.echo(f"portfolio of {found.problem}, version {found.version}")
    shared.say(f"chosen among {made['candidates']}, on {made['members']}")
    if made["source"]:
        shared.say(f"data: {made['source']} ({made['licence']})")


def _evaluate(name: str | None, plugins: tuple[Path, ...], output: shared.Output) -> None:
    from hpobench.verbs import recordings

    # To standard error: what is left out must not stand in the JSON.
    found = recordings.evaluate(name, plugins, lambda text: click.echo(text, err=True))
    if output.as_json:
        shared.print_json([one.to_json() for one in found])
        return
    rows: list[tuple[str, ...]] = []
    for one in found:
        result, more = one.result, [""] * (len(one.trials) - 1)
        chosen, drawn = (
            [f"{value:.3f}" for value in regrets] for regrets in (result.portfolio, result.random)
        )
        rows += [
            (one.problem, str(result.data_sets), "portfolio", *chosen),
            ("", "", "random search", *drawn),
            ("", "", one.default, f"{result.default:.3f}", *more),
        ]
    trials = found[0].trials if found else ()
    shared.show(("problem", "data sets", "regret after", *(f"{n} trials" for n in trials)), rows)
