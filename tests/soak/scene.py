"""What the rounds of a soak have in common: where they run, and what must hold in the end."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.files import TEMPORARY
from tests.ray.faults.commands import finish, three_nodes
from tests.soak.killing import Tally
from tests.soak.victims import Driver, Strike

Round: TypeAlias = Callable[[Path, random.Random, int, float], Tally]
"""Runs in an empty folder, with at most so many kills, none after the deadline."""


@contextlib.contextmanager
def environment(**names: object) -> Iterator[None]:
    """These variables in the environment of this process and of all that it starts."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(value) for name, value in names.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


@contextlib.contextmanager
def logged(folder: Path) -> Iterator[Path]:
    """The file that names the run in the environment of all its processes."""
    log = folder / "steps.log"
    with environment(CHAIN_LOG=log):
        yield log


@contextlib.contextmanager
def cluster() -> Iterator[Any]:
    os.environ["RAY_AUTH_MODE"] = "disabled"  # this process decides on it as it imports Ray
    with three_nodes() as nodes:
        yield nodes


def node_of(nodes: Any) -> Strike:
    def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
        others = [node for node in nodes.list_all_nodes() if node is not nodes.head_node]
        nodes.remove_node(rng.choice(others), allow_graceful=False)
        nodes.add_node(num_cpus=1)
        return True

    return strike


def folder_faults(folder: object, copy: Path) -> Iterator[str]:
    """What is wrong with the files of the results at ``folder``, which lie in ``copy``."""
    try:
        finish("verify", folder)
    except AssertionError as error:
        yield f"verify: {str(error)[-500:]}"
    if left := [path.name for path in copy.rglob(TEMPORARY)]:
        yield f"temporary files are left: {left}"
