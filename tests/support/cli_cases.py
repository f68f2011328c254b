"""What verbs print as text and as JSON: a case for each, and where it runs."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import click

from hpobench.__main__ import _code
from hpobench.cli import cli
from tests import ROOT
from tests.support.present import present

NEVER = {"paper": "it ends with files for people, and runs for hours"}
"""Verbs that have no ``--json``, and why."""
SMOKE = ROOT / "results" / "reference" / "smoke"
PROBLEM = """\
from hpobench.api import Curve, Float, FunctionProblem, Space, TabulatedProblem

SPACE = Space([Float("x", 0.0, 1.0)])


class Slope(TabulatedProblem):
    \"\"\"A line.\"\"\"

    name = "slope"
    space = SPACE

    def curve(self, config, seed):
        return Curve([config["x"]], [1.0])

    def optimum(self):
        return 0.0, "known"


class Trained(FunctionProblem):
    \"\"\"A line that trains.\"\"\"

    name = "trained"
    space = SPACE

    def train(self, config, seed):
        yield config["x"]
"""
SUITE = """\
name: tiny
searchers: [random, sobol]
schedulers: [fifo]
problems: [branin]
workers: 1
seeds: 2
budget: {trials: 4}
"""


@dataclass(frozen=True)
class Case:
    """A verb that is run twice in equal folders, as text and with ``--json``."""

    args: str
    agree: Callable[[Any], Sequence[object]]
    """What of the facts must stand in the text, in the order that it has there."""
    code: int = 0
    quiet: Callable[[Any], str] | None = None
    """What ``-q`` prints, by the facts."""

    @property
    def verb(self) -> str:
        """The command without its arguments."""
        return " ".join(path_of(self.args.split()))


def path_of(words: Sequence[str]) -> list[str]:
    """The words that lead to a command."""
    found: list[str] = []
    command: click.Command | None = cli
    while isinstance(command, click.Group):
        found.append(words[len(found)])
        command = command.get_command(click.Context(command), found[-1])
    return found


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, by the words that lead to it."""

    def below(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = present(group.get_command(context, name))
            if isinstance(command, click.Group):
                yield from below(command, (*words, name))
            else:
                yield " ".join((*words, name)), command

    return below(cli, ())


def lay(folder: Path) -> Path:
    """Fill the new ``folder`` with what the cases name."""
    shutil.copytree(SMOKE, folder / "stored")  # makes the folder, too
    (folder / "problem.py").write_text(PROBLEM)
    (folder / "tiny.yaml").write_text(SUITE)
    rows = [f"{n / 9:.3f},{n % 5}" for n in range(12)]
    (folder / "trials.csv").write_text("\n".join(["x,loss", *rows]))
    return folder


def end(args: Sequence[str]) -> tuple[Any, str, str]:
    """Exit code, standard output and standard error of ``hpobench ARGS``."""
    out, err = StringIO(), StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: Any = _code(args)
        except SystemExit as end:
            code = end.code or 0
    return code, out.getvalue(), err.getvalue()


def check(case: Case, laid: Callable[[], Path], within: Callable[[Path], None]) -> None:
    """Run ``case`` as text, with ``--json`` and with ``-q``, each ``within`` a folder of its own,
    and compare."""

    def ended(*more: str) -> str:
        within(laid())
        code, out, err = end([*case.args.split(), *more])
        assert code == case.code, err
        assert "Traceback" not in err
        return out

    text, told = ended(), ended("--json")
    facts = json.loads(told, parse_constant=_refused)
    flat = " ".join(text.split())
    place = 0
    for value in case.agree(facts):
        found = flat.find(str(value), place)
        assert found >= 0, f"{value!r} is not in {flat[place:]!r}"
        place = found
    if case.quiet is not None:
        assert ended("-q").rstrip("\n") == case.quiet(facts)


def _refused(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")
