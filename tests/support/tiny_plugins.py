"""A plugin file and suites made of it, so that tests do not lean on the shipped plugins."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

PLUGIN = '''
"""Tiny plugins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hpobench.api import (
    Categorical, Config, Curve, Fidelity, Float, Problem, Reference, Scheduler, Searcher, Space,
    TabulatedProblem, TrainedProblem, When,
)

Shape = Literal["round", "flat"]


class _Base(Searcher):
    def __init__(self, space, *, seed, fidelity):
        self.space, self.seed, self.fidelity = space, seed, fidelity

    def ask(self, trial: int) -> Config:
        return self.space.from_unit([0.5] * len(self.space))

    def tell(self, trial, step, loss, *, final):
        pass


class Tiny(_Base):
    """Proposes the middle of the space.

    More about it.
    """

    name = "tiny"

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        greed: float = 1,
        mode: Literal["a", "b"] = "a",
        layers: tuple[int, ...] = (1, 2),
        count: Annotated[int, Field(ge=1)] = 3,
        on: bool = False,
        label: str | None = None,
    ) -> None:
        super().__init__(space, seed=seed, fidelity=fidelity)
        self.options = (greed, mode, layers, count, on, label)


class Flat(_Base):
    name = "flat"
    conditional = False


class Model(_Base):
    name = "model"
    multi_fidelity = True
    deterministic = False
    notes = ("It is only a model.",)


class Fusion(_Base):
    name = "fusion"
    schedules_itself = True

    def steps(self, trial):
        return 3


class Needy(_Base):
    name = "needy"
    requires = ("no-such-package>=1",)


class Whole(Scheduler):
    """Lets trials be."""

    name = "whole"
    needs_fidelity = False

    def build(self, problem):
        raise NotImplementedError


class Halves(Scheduler):
    """Stops half."""

    name = "halves"

    def __init__(self, *, eta: int = 2) -> None:
        if eta < 2:
            raise ValueError("eta is at least 2")

    def build(self, problem):
        raise NotImplementedError


class Brackets(Halves):
    name = "brackets"
    lookahead = 1


class _Constant(TabulatedProblem):
    space = Space([Float("x", 0, 1)])

    def curve(self, config, seed):
        steps = self.fidelity.steps
        return Curve([1.0] * steps, [1.0] * steps)

    def reference(self):
        return Reference(0.0, 1.0, "made up")


class Bowl(_Constant):
    """A bowl."""

    name = "bowl"

    def __init__(self, *, dimension: int, shape: Shape = "round", noise: float = 0.0) -> None:
        if noise < 0:
            raise ValueError("noise is at least 0")
        self.dimension = dimension


class Stairs(_Constant):
    name = "stairs"
    fidelity = Fidelity("epoch", 9, 2.0)


class Branchy(_Constant):
    name = "branchy"
    space = Space([Categorical("c", ("u", "v")), Float("x", 0, 1, when=When("c", ("u",)))])


class Absent(_Constant):
    name = "absent"

    @classmethod
    def missing(cls) -> str | None:
        return "its data is not here; fetch it"


class Network(TrainedProblem):
    name = "network"
    space = Space([Float("x", 0, 1)])

    def reference(self):
        return Reference(0.0, 1.0, "made up")

    def start(self, config, seed):
        raise NotImplementedError
'''

HILL = '''
from random import Random
from hpobench.api import Searcher

class Hill(Searcher):
    """Draws."""
    name = "hill"
    def __init__(self, space, *, seed, fidelity, reach: float = 1.0):
        self.space, self.random, self.reach = space, Random(seed), reach
    def ask(self, trial):
        return self.space.from_unit([self.reach * self.random.random() for _ in self.space])
    def tell(self, trial, step, loss, *, final):
        pass
'''


def line(cls: str, body: str = "", imports: str = "os") -> str:
    """A plugin file of the problem ``cls``: ``body``, then a loss that is its parameter."""
    return f"""
import {imports}
from hpobench.api import *

class {cls}(TabulatedProblem):
    name = "{cls.lower()}"
    space = Space([Float("x", 0.0, 1.0)])
    def __init__(self, *, how: str = "", where: str = ""):
        self.how, self.where = how, where
    def reference(self):
        return Reference(0.0, 1.0, "known")
    def curve(self, config, seed):
{textwrap.indent(body, " " * 8)}
        return Curve([config["x"]], [1.0])
"""


LINES = {
    1: "name: base",
    2: "searchers: [tiny]",
    3: "schedulers: [whole]",
    4: "problems: [{bowl: {dimension: 2}}]",
    5: "seeds: 2",
    6: "workers: 4",
    7: "budget: {trials: 5}",
    8: "plugins: [tiny.py]",
}
"""A suite that is right, line by line."""


def write_suite(folder: Path, changes: Mapping[int, str] | None = None) -> Path:
    """``suite.yaml`` beside ``tiny.py`` in ``folder``, with some lines changed."""
    (folder / "tiny.py").write_text(PLUGIN)
    file = folder / "suite.yaml"
    file.write_text("\n".join({**LINES, **(changes or {})}.values()) + "\n")
    return file
