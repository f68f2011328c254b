"""Synthetic learning curves, with options for how much they cross and how uneven workers are."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Literal, get_args

from hpobench.api import Config, Curve, Fidelity, Float, Space, TabulatedProblem
from hpobench.kit import UnknownNameError, UsageError
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic._landscape import Field, Surface, random_points
from hpobench.problems.synthetic._noise import normals
from hpobench.problems.synthetic._workers import Stragglers

Dear = Literal["anywhere", "good"]
DECAY, DECAY_RANGE = 0.7, 3.0
TIMED = 301
"""The number of random configurations from which the median cost is estimated."""


class LearningCurves(TabulatedProblem):
    """Power-law learning curves, from parallel ones to ones whose beginnings mislead.

    For a configuration ``x`` in the unit cube, let ``a(x)`` be the asymptote: a classic function
    scaled to the share of configurations that are better (0 at the minimum, median 1/2). Let
    ``v(x)``, ``r(x)`` and ``s(x)`` in (0, 1) be smooth random fields (Gaussian processes with an
    RBF kernel of length scale 1/2). The fields and the place of the minimum are drawn from
    ``instance``.

    The held-out loss after epoch ``t`` of ``T = epochs`` falls from ``b`` to exactly ``a``:

        b + (a - b) (1 - t^-p) / (1 - T^-p)
        b = 1 + (1 - crossing) a + crossing (v + 1 - a) / 2
        p = 0.7 * 3^(crossing (2 r - 1))

    With ``crossing`` 0, all curves fall in parallel and no two of them cross. As ``crossing`` grows
    to 1, the speeds differ more and more, and the first loss tells less and less about the last: at
    2/3, averaged over ``v``, it tells nothing, and beyond 2/3 it points the wrong way. The visible
    loss adds Gaussian noise of standard deviation ``noise`` to every epoch, drawn from the problem
    seed and the configuration.

    An epoch takes ``cost_ratio^(q - 1/2)`` seconds. If ``dear`` is "anywhere", ``q`` is the field
    ``s``; if it is "good", good configurations cost more, because ``q`` is ``(s + 1 - a) / 2``. A
    share ``stragglers`` of the epochs, drawn from the problem seed, the configuration and the
    epoch, takes ``slowdown`` times as long. With a ``tail``, that factor is multiplied by a Pareto
    variable of this exponent.
    """

    name = "learning-curves"
    source = "functions: https://www.sfu.ca/~ssurjano/optimization.html; curves defined here"
    heldout = True

    def __init__(
        self,
        *,
        function: Scalable,
        dimension: int = 5,
        crossing: float = 0.5,
        noise: float = 0.02,
        epochs: int = 27,
        instance: int = 0,
        cost_ratio: float = 10.0,
        dear: Dear = "anywhere",
        stragglers: float = 0.0,
        slowdown: float = 10.0,
        tail: float | None = None,
    ) -> None:
        _check(crossing, noise, epochs, cost_ratio, dear)
        self.space = Space([Float(f"x{i}", 0.0, 1.0) for i in range(dimension)])
        self.fidelity = Fidelity("epoch", epochs)
        self._names = self.space.names
        self._identity = ("learning-curves", function, dimension, instance)
        self.asymptote = Surface(function, dimension, *self._identity)
        """The loss after the last epoch."""
        self._level, self._speed, self._price = (
            Field(dimension, *self._identity, what) for what in ("level", "speed", "price")
        )
        self._crossing, self._noise = crossing, noise
        self._cost_ratio, self._dear = cost_ratio, dear
        self._stragglers = Stragglers(stragglers, slowdown, tail)
        self._key = f"{function}-d{dimension}-i{instance}-noise{noise:g}"

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        for function, dimension in itertools.product(get_args(Scalable), (2, 5)):
            yield {"function": function, "dimension": dimension}

    @property
    def key(self) -> str:
        """The key names only the options that change the last losses."""
        return self._key

    def curve(self, config: Config, seed: int) -> Curve:
        u = [float(config[name]) for name in self._names]
        final, steps = self.asymptote(u), self.fidelity.steps
        clean = self._clean(u, final)
        losses = clean
        if self._noise:
            noise = normals(steps, *self._identity, "noise", seed, *u)
            losses = [loss + self._noise * z for loss, z in zip(clean, noise, strict=True)]
        delays = self._stragglers.factors(steps, *self._identity, "delays", seed, *u)
        seconds = self._seconds(u, final)
        return Curve(losses, [seconds * delay for delay in delays], clean)

    def _clean(self, u: Sequence[float], final: float) -> list[float]:
        """The losses of all epochs without noise; ``final`` is the last one."""
        misleading = (self._level(u) + 1 - final) / 2
        first = 1 + (1 - self._crossing) * final + self._crossing * misleading
        power = -DECAY * DECAY_RANGE ** (self._crossing * (2 * self._speed(u) - 1))
        left = [t**power for t in range(1, self.fidelity.steps + 1)]
        scale = (first - final) / (1 - left[-1])
        return [final + scale * (part - left[-1]) for part in left]

    def _seconds(self, u: Sequence[float], final: float) -> float:
        """The seconds of an epoch that is not late."""
        price = self._price(u)
        if self._dear == "good":
            price = (price + 1 - final) / 2
        return float(self._cost_ratio ** (price - 1 / 2))

    def optimum(self) -> tuple[float, str]:
        at = ", ".join(f"{p:.6g}" for p in self.asymptote.place)
        return 0.0, f"by construction, at ({at})"

    def estimate(self) -> float:
        return self._median_cost

    @functools.cached_property
    def _median_cost(self) -> float:
        points = random_points(len(self.space), *self._identity)[:TIMED]
        return median([sum(self.curve(self.space.from_unit(u), 0).costs) for u in points])


def _check(crossing: float, noise: float, epochs: int, cost_ratio: float, dear: Dear) -> None:
    if not 0 <= crossing <= 1:
        raise UsageError(f"learning-curves: crossing is 0 to 1, not {crossing}")
    if not (math.isfinite(noise) and noise >= 0):
        raise UsageError(f"learning-curves: noise is a standard deviation, at least 0, not {noise}")
    if epochs < 2:
        raise UsageError(f"learning-curves: a curve has at least 2 epochs, not {epochs}")
    if not (math.isfinite(cost_ratio) and cost_ratio >= 1):
        raise UsageError(f"learning-curves: cost_ratio is at least 1, not {cost_ratio}")
    if dear not in get_args(Dear):
        raise UnknownNameError("learning-curves dear", dear, get_args(Dear))
