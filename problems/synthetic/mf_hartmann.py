"""The Hartmann functions with a fidelity that flattens and blurs them."""

from __future__ import annotations

import itertools
import math
from typing import Literal

from hpobench.api import Config, Curve, Fidelity, TabulatedProblem
from hpobench.kit import UnknownNameError, UsageError
from hpobench.problems.synthetic import _hartmann
from hpobench.problems.synthetic._hartmann import Dimension
from hpobench.problems.synthetic._noise import normals

Quality = Literal["good", "moderate", "bad", "terrible"]
BIAS_NOISE = {
    "good": (2.5, 2.0),
    "moderate": (3.0, 3.0),
    "bad": (3.5, 4.0),
    "terrible": (4.0, 5.0),
}
Z_MAX = 100


class MFHartmann(TabulatedProblem):
    """MF-Hartmann: low fidelities range from faithful ("good") to misleading ("terrible").

    For a fidelity ``z`` in 1..100, let ``lack = 1 - log(z) / log(100)``. Every well's height is
    lowered by ``bias * lack^2``, and Gaussian noise of standard deviation ``noise * lack`` is
    added. At ``z = 100`` the loss is therefore the Hartmann function itself, which is also the
    held-out loss of every step. An evaluation at ``z`` costs ``0.05 + 0.95 (z / 100)^2`` seconds.

    Step ``k`` of ``steps`` is at ``z = 100 k / steps`` (3.7 to 100 with 27 steps; the source uses 3
    to 100), so the resource used is ``z`` itself. A step costs the difference between an evaluation
    at its ``z`` and one at the ``z`` of the step before. The noise is drawn from the problem seed,
    the configuration and ``k``.

    The cost is that of Kandasamy et al., "Multi-fidelity Bayesian Optimisation with Continuous
    Approximations", 2017 (arXiv:1703.06240).
    """

    name = "mf-hartmann"
    family = "hartmann"
    source = "mfpbench.synthetic.hartmann of https://github.com/automl/mf-prior-bench"
    heldout = True

    def __init__(self, *, dimension: Dimension, quality: Quality, steps: int = 27) -> None:
        if quality not in BIAS_NOISE:
            raise UnknownNameError("mf-hartmann quality", quality, BIAS_NOISE)
        if not 1 <= steps <= Z_MAX:
            raise UsageError(f"mf-hartmann: steps is 1 to {Z_MAX}, not {steps}")
        self.dimension = dimension
        self._key = f"d{dimension}-{quality}"
        self.space = _hartmann.space(dimension)
        self.fidelity = Fidelity("z", steps, Z_MAX / steps)
        bias, noise = BIAS_NOISE[quality]
        lacks = [1 - math.log(Z_MAX * k / steps) / math.log(Z_MAX) for k in range(1, steps)] + [0.0]
        self._flattening = [bias * lack**2 for lack in lacks]
        self._blur = [noise * lack for lack in lacks]
        totals = [0.0] + [0.05 + 0.95 * (k / steps) ** 2 for k in range(1, steps + 1)]
        self._costs = [after - before for before, after in itertools.pairwise(totals)]

    def curve(self, config: Config, seed: int) -> Curve:
        x = _hartmann.coordinates(config)
        nearness = _hartmann.wells(x)
        full, lowered = _hartmann.depth(nearness), sum(nearness)
        noise = normals(self.fidelity.steps, "mf-hartmann", seed, *x)
        losses = [
            full + flattening * lowered + blur * z
            for flattening, blur, z in zip(self._flattening, self._blur, noise, strict=True)
        ]
        return Curve(losses, list(self._costs), [full] * len(losses))

    @property
    def key(self) -> str:
        return self._key

    def optimum(self) -> tuple[float, str]:
        return _hartmann.optimum(self.dimension)

    def estimate(self) -> float:
        return sum(self._costs)
