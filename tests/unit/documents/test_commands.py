"""The commands that documents show exist, with the options that they show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from hpobench.cli import cli
from tests import ROOT
from tests.support.documents import blocks, commands, documents


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def wrong(line: str) -> Iterator[str]:
    """What no command of hpobench knows in a line of a shell."""
    for part in re.split(r"\|\|?|&&?|;|\$\(|\)|>", line):
        words = words_of(part)
        starts = [i for i, word in enumerate(words) if re.fullmatch(r"(.*/)?hpobench", word)]
        if starts and not (starts[0] and words[0] in ("cd", "git", "pip", "docker", "uv")):
            yield from unknown(words[starts[0] + 1 :])


def words_of(part: str) -> list[str]:
    try:
        return shlex.split(part, comments=True)
    except ValueError:  # a quote that an operator of the shell cut through
        return part.split()


def unknown(words: list[str]) -> Iterator[str]:
    """The verb or the options among ``words`` that do not exist."""
    command: click.Command = cli
    known = options(cli)
    for word in words:
        if re.match(r"--?[a-z]", word):
            if word.partition("=")[0] not in known:
                yield word
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            if found is None:
                if word.islower():  # NAME stands for one, `...` for the rest
                    yield word
                return
            command, known = found, known | options(found)


def options(command: click.Command) -> set[str]:
    params = command.get_params(click.Context(command))
    return {name for param in params for name in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize("page", documents(), ids=name)
def test_commands_and_their_options_exist(page: Path) -> None:
    assert [(line, word) for line in commands(page) for word in wrong(line)] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hpobench run quick --seeds 3 && hpobench reprot results/quick", ["reprot"]),
        (".venv/bin/hpobench run quick --sedes=3 | tail -1", ["--sedes=3"]),
        ("python -m hpobench data fetch NAME --quiet -q", []),
        ("hpobench data fecth NAME", ["fecth"]),
        ("hpobench VERB --help", []),
        ("pip install hpobench --nothing-of-ours", []),
    ],
)
def test_what_does_not_exist_is_found(line: str, words: list[str]) -> None:
    assert list(wrong(line)) == words


@pytest.mark.parametrize("page", documents(), ids=name)
def test_blocks_of_yaml_are_yaml(page: Path) -> None:
    for block in blocks(page):
        if block.language == "yaml":
            list(YAML(typ="safe").load_all(block.text))
