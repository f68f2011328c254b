"""The key ``stop`` of a searcher's entry: when it proposes nothing more.

    none                            never, as without the key
    {patience: 20}                  20 ended trials in a row brought no better loss
    {patience: {trials: 20, tolerance: 0.01}}
    {regret: 0.01}                  at most that much loss is left to gain, as a model sees it
    {regret: {below: 0.01, trials: 30}}

Of both in one mapping the first one that holds counts.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hpobench.plugins.starting.strict import Strict, chosen_parts

_MOST = 1_000_000
_ENOUGH = 20
"""Losses at full fidelity before a model is asked, as in Optuna."""


class Patience(Strict):
    """Stop once so many ended trials in a row had no better loss at full fidelity."""

    trials: Annotated[int, Field(ge=1, le=_MOST)]
    """They count from the first loss at full fidelity on."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The part of the best loss by which a better one must be below it."""


class Regret(Strict):
    """Stop once the upper bound of the regret is below a number."""

    below: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """In units of the loss."""
    trials: Annotated[int, Field(ge=2, le=_MOST)] = _ENOUGH
    """Losses at full fidelity before the bound is first computed."""


def _number(key: str) -> BeforeValidator:
    """A number stands for a mapping with ``key`` alone."""

    def whole(value: object) -> object:
        if value is not None and not isinstance(value, int | float | dict):
            raise ValueError(f"a number or a mapping is due, not {value!r}")
        return {key: value} if isinstance(value, int | float) else value

    return BeforeValidator(whole)


class Stop(Strict):
    """A parsed stop."""

    patience: Annotated[Patience | None, _number("trials")] = None
    regret: Annotated[Regret | None, _number("below")] = None


def parse_stop(value: object) -> dict[str, Any] | None:
    """``value`` in plain JSON types with defaults written out; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong.
    """
    if isinstance(value, str) and value != "none":
        raise ValueError(f"{value!r} is not none, nor a mapping like {{patience: 20}}")
    if value is None or value == "none":
        return None
    return chosen_parts(Stop, value, "{patience: 20}")


def spell_stop(stop: dict[str, Any]) -> str:
    """A parsed stop as labels show it: ``patience-20``, ``patience-20-0.01+regret-0.5``."""
    whole, words = Stop.model_validate(stop), []
    if (patience := whole.patience) is not None:
        words.append(f"patience-{patience.trials}" + _unless(patience.tolerance, 0.0))
    if (regret := whole.regret) is not None:
        words.append(f"regret-{regret.below:g}" + _unless(regret.trials, _ENOUGH))
    return "+".join(words)


def _unless(number: float, default: float) -> str:
    return "" if number == default else f"-{number:g}"
