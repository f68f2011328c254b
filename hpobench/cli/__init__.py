"""The command line: a module a verb, which parses, calls and prints."""

from __future__ import annotations

import importlib

import click

from hpobench.cli.shared import Commands
from hpobench.contract.package import VERSION

SECTIONS = {
    "Every day": {
        "run": "run what is missing of a suite, say who leads, write its report.",
        "status": "what of a suite is done, failed and missing; who leads.",
        "report": "figures, tables and a page from stored results.",
        "plan": "the grid of a suite, what is skipped and why, and about what it costs.",
        "recommend": "which searcher and scheduler for a problem.",
        "list": "searchers, schedulers, problems, suites, and what goes with what.",
    },
    "Results, and what others do with them": {
        "compare": "whether newer results are worse than older ones, for CI.",
        "bisect": "the release of a library where a searcher became worse.",
        "export": "stored results in the formats of other tools.",
        "merge": "results folders as one, or archives: shards, or different suites.",
        "verify": "whether stored results are undamaged, and repeat; repair them.",
        "site": "static pages of the evidence: leaderboards, advice, cards.",
        "evidence": "the archive of runs that advice rests on: make it, add to it.",
        "paper": "run what is missing of the study, draw its figures, and set the paper.",
    },
    "Algorithms and problems of your own": {
        "new": "write a plugin file that works, to be filled in.",
        "check": "put a plugin file through the conformance suite.",
        "agreement": "run the same cells on every stage and through a plain Tuner, and compare.",
        "problems": "record a trained problem into a table; import old trials; freeze references.",
        "portfolio": "configurations that do well on many data sets, to start from.",
        "data": "list, fetch and verify data sets that are not shipped.",
        "env": "build, show and remove the environments of isolated searchers.",
    },
}
"""The verbs by task, each with the help that needs no import of its module."""
VERBS = [verb for verbs in SECTIONS.values() for verb in verbs]


class Verbs(Commands):
    """A lazy group: a verb's module is imported when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return VERBS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        # Groups are called `group`: one that is called `list` would hide Python's own.
        command: click.Command = getattr(module, "group", None) or getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                # Not list(): that is a module of this package once it is imported.
                formatter.write_dl([*verbs.items()])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="hpobench")
def cli() -> None:
    """Compare hyper-parameter-optimisation algorithms on Ray Tune."""
