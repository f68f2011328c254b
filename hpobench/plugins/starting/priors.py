"""The key ``prior`` of a searcher's entry, and the priors that it stands for on a problem.

    none                                    no prior, as without the key
    good, weak, misleading                  a prior of this quality, of medium confidence
    {quality: good, confidence: high}       low, medium, high, or a standard deviation

A prior is made of the problem's own losses, so that its quality is known: its centre is the best of
a thousand random configurations, the one at their quartile, or the worst. The losses are those at
full fidelity, held out if the problem has such. A loss at the quartile is what three random trials
reach on average: a guess that is better than chance, with most of the gain still to be found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import NotAvailableError
from hpobench.contract.prior import SUREST, Prior
from hpobench.contract.problem import Problem, TabulatedProblem
from hpobench.contract.seeding import derive_seed
from hpobench.contract.space import Config
from hpobench.plugins.starting.strict import Strict, chosen_parts

DRAWS = 1_000
_QUANTILES = {"good": 0.0, "weak": 0.25, "misleading": 1.0}
"""Where the centre's loss lies among those of the random configurations that do not fail."""
CONFIDENCES = {"low": 0.5, "medium": 0.25, "high": 0.125}
"""Standard deviations in the unit cube's coordinates."""


def _deviation(value: object) -> object:
    if isinstance(value, str) and value not in CONFIDENCES:
        raise ValueError(f"{value!r} is none of {', '.join(CONFIDENCES)}, nor a number")
    return CONFIDENCES[value] if isinstance(value, str) else value


class _Text(Strict):
    """A parsed prior."""

    quality: Literal["good", "weak", "misleading"]
    confidence: Annotated[float, BeforeValidator(_deviation), Field(ge=SUREST, le=1)] = CONFIDENCES[
        "medium"
    ]


def parse_prior(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong.
    """
    if value is None or value == "none":
        return None
    given = {"quality": value} if isinstance(value, str) else value
    return chosen_parts(_Text, given, "{quality: good}")


def spell_prior(prior: Mapping[str, Any]) -> str:
    """A parsed prior as labels show it: ``good``, ``weak-high``, ``good-0.3``."""
    words = {deviation: word for word, deviation in CONFIDENCES.items()}
    word = words.get(prior["confidence"], f"{prior['confidence']:g}")
    return str(prior["quality"]) if word == "medium" else f"{prior['quality']}-{word}"


class Centre(NamedTuple):
    """The centre of a prior and its loss, by which its quality is measured."""

    config: Config
    loss: float


_centres: dict[str, dict[str, Centre]] = {}
"""The centres on every problem that this process has asked for, by their quality."""


def centre_of(quality: str, ref: PluginRef, problem: Problem) -> Centre:
    """The centre of priors of this ``quality`` on ``problem``, which ``ref`` names.

    Raises :class:`NotAvailableError` if its losses cannot be looked up, or if all fail.
    """
    key = ref.to_text()
    if key not in _centres:
        _centres[key] = _drawn(ref, problem)
    return _centres[key][quality]


def prior_of(parsed: Mapping[str, Any], ref: PluginRef, problem: Problem) -> Prior:
    """What a parsed prior stands for on ``problem``; raises what :func:`centre_of` raises."""
    centre = centre_of(parsed["quality"], ref, problem)
    return Prior(problem.space, centre.config, parsed["confidence"])


def prior_objection(cls: type) -> str | None:
    """The reason why the searcher class ``cls`` cannot be given a prior."""
    return None if getattr(cls, "takes_prior", False) else "prior: the searcher does not take one"


def _drawn(ref: PluginRef, problem: Problem) -> dict[str, Centre]:
    if not isinstance(problem, TabulatedProblem):
        raise NotAvailableError(
            f"{ref.label}: prior: it is made of losses that are looked up, and the problem trains"
        )
    rng = Random(derive_seed("prior", ref.label))
    configs = [problem.space.sample(rng) for _ in range(DRAWS)]
    losses = [heldout for _, heldout in problem.finals(configs, seed=0)]
    rows = zip(configs, losses, strict=True)
    ended = sorted((Centre(*row) for row in rows if math.isfinite(row[1])), key=lambda c: c.loss)
    if not ended:
        raise NotAvailableError(f"{ref.label}: prior: all of {DRAWS:,} random configurations fail")
    last = len(ended) - 1
    return {quality: ended[round(at * last)] for quality, at in _QUANTILES.items()}
