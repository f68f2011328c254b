"""Conditional functions: a choice among models, each of which has parameters of its own."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from hpobench.api import (
    Categorical,
    Config,
    Curve,
    Float,
    Parameter,
    Space,
    TabulatedProblem,
    When,
)
from hpobench.kit import UsageError, uniform
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic._landscape import Surface

OFF = 0.25
"""The distance of a coordinate from its best place while it is switched off."""


class Conditional(TabulatedProblem):
    """Classic functions under two levels of conditions: a choice of model, and a switch within it.

    The parameter ``model`` chooses one of ``models`` classic functions of ``dimension``
    coordinates. Each function is scaled to an error, which is the share of points that are better,
    and has its minimum at a random place. The first coordinate, ``shared``, belongs to all models;
    the others are the model's own. The last coordinate counts only if the model's ``extra`` is
    "on". If it is "off", this coordinate lies a quarter of its range off its best place.

    Each of the ``n`` models has a rank ``r`` in ``0..n-1``, and a floor of ``r / (2n)``: an error
    ``e`` becomes a loss of ``floor + (1 - floor) e``. Ranks and places are random and drawn from
    ``instance``. An evaluation takes 1 s.
    """

    name = "conditional"
    source = "functions: https://www.sfu.ca/~ssurjano/optimization.html; combined here"

    def __init__(self, *, models: int = 4, dimension: int = 4, instance: int = 0) -> None:
        if not 2 <= models <= len(string.ascii_lowercase):
            raise UsageError(f"conditional: models is 2 to 26, not {models}")
        if dimension < 3:
            raise UsageError(f"conditional: dimension is at least 3, not {dimension}")
        self._key = f"{models}-d{dimension}-i{instance}"
        parts = ("conditional", models, dimension, instance)
        names = string.ascii_lowercase[:models]
        ranked = sorted(names, key=lambda name: uniform(*parts, "rank", name))
        self.floors = {name: rank / (2 * models) for rank, name in enumerate(ranked)}
        """The minimal loss of each model."""
        self.surfaces = {
            name: Surface(function, dimension, *parts, name)
            for name, function in zip(names, itertools.cycle(get_args(Scalable)), strict=False)
        }
        own = [p for name in names for p in _own(name, dimension)]
        self.space = Space([Categorical("model", tuple(names)), Float("shared", 0.0, 1.0), *own])
        self._own = {name: [p.name for p in _own(name, dimension)] for name in names}

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        for models, dimension in itertools.product((2, 4, 8), (3, 5)):
            yield {"models": models, "dimension": dimension}

    @property
    def key(self) -> str:
        return self._key

    def curve(self, config: Config, seed: int) -> Curve:
        model = str(config["model"])
        surface, floor = self.surfaces[model], self.floors[model]
        *inner, switch, last = self._own[model]
        u = [float(config[name]) for name in ("shared", *inner)]
        u.append(float(config[last]) if config[switch] == "on" else _off(surface.place[-1]))
        return Curve([floor + (1 - floor) * surface(u)], [1.0])

    def optimum(self) -> tuple[float, str]:
        model = min(self.floors, key=self.floors.__getitem__)
        at = ", ".join(f"{p:.6g}" for p in self.surfaces[model].place)
        return 0.0, f'by construction, with model "{model}", its extra "on", at ({at})'


def _own(model: str, dimension: int) -> list[Parameter]:
    """The parameters of one model, without the shared one."""
    active = When("model", (model,))
    switch = f"{model}_extra"
    return [
        *(Float(f"{model}{i}", 0.0, 1.0, when=active) for i in range(1, dimension - 1)),
        Categorical(switch, ("off", "on"), when=active),
        Float(f"{model}{dimension - 1}", 0.0, 1.0, when=When(switch, ("on",))),
    ]


def _off(place: float) -> float:
    return place + OFF if place < 1 / 2 else place - OFF
