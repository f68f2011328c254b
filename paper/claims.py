"""What others published, as read from ``paper/published/NAME.yaml``.

A file is one publication; each of its claims is one number or one ordering that a suite of ours
can be compared with. Only claims that were read in the publication's own text are listed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpobench.analysis.settings import Axis, Fidelity
from hpobench.contract.errors import SuiteError, UsageError, did_you_mean
from hpobench.suites.suitefile import faults, joined
from hpobench.suites.yamlfile import Document, KeyPath, read_yaml

Agreement: TypeAlias = Literal["yes", "no", "undecided"]
_Text = Annotated[str, Field(min_length=1)]
_Positive = Annotated[float, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Claim(_Strict):
    """What claims of all kinds say."""

    id: _Text
    says: _Text
    """The claim as a sentence."""
    where: _Text
    """The table, figure or section that says so, as read in the publication."""
    problem: _Text
    """Labels as in the suite, like those of the algorithms."""
    algorithm: _Text
    differs: str = ""
    """Why ours is another, shown where it does not agree."""


class Value(_Claim):
    """The mean best value over runs."""

    kind: Literal["value"]
    at: _Positive
    """On the publication's axis."""
    published: float
    """In the metric's own orientation."""
    sd: _Positive
    """The published standard deviation over runs, or what rounding hides."""
    runs: Annotated[int, Field(ge=2)]
    """The number of runs that ``published`` is the mean of."""

    @property
    def printed(self) -> str:
        return f"{self.published:g} ± {self.sd:g}"

    def agrees(self, low: float, high: float) -> Agreement:
        """No where our interval and theirs, two standard errors to either side, lie apart; yes
        where all of ours is within one standard deviation."""
        error = 2 * self.sd / math.sqrt(self.runs)
        apart = high < self.published - error or self.published + error < low
        near = self.published - self.sd <= low and high <= self.published + self.sd
        return _judged(near and not apart, apart)


class Order(_Claim):
    """Which of two algorithms has the lower mean regret; ours is the ratio."""

    kind: Literal["order"]
    than: _Text
    """The algorithm that is worse."""
    at: _Positive

    printed: ClassVar[str] = "below 1"

    def agrees(self, low: float, high: float) -> Agreement:
        return _judged(high < 1, low > 1)


class Speedup(_Claim):
    """How much sooner a target is hit; ours is a ratio of expected running times."""

    kind: Literal["speedup"]
    than: _Text
    """The algorithm that is slower."""
    target: Annotated[float, Field(gt=0, lt=1)]
    """The normalised regret to reach."""
    up_to: float | None = None
    """The largest of several published factors: shown, but no claim about our problem."""

    @property
    def printed(self) -> str:
        return "above 1" if self.up_to is None else f"above 1, up to {self.up_to:,g}"

    def agrees(self, low: float, high: float) -> Agreement:
        return _judged(low > 1, high < 1)


Claim: TypeAlias = Value | Order | Speedup
_KINDS: dict[str, type[Claim]] = {"value": Value, "order": Order, "speedup": Speedup}


def _judged(yes: bool, no: bool) -> Agreement:
    """Neither holds where the interval is NaN."""
    return "yes" if yes else "no" if no else "undecided"


class _PublicationText(_Strict):
    source: _Text
    url: str | None = None
    suite: _Text
    axis: Axis
    fidelity: Fidelity = "any"
    measured: _Text
    claims: Annotated[list[Any], Field(min_length=1)]


@dataclass(frozen=True)
class Publication:
    """A publication, and the suite of ours that is compared with it."""

    source: str
    """Authors, title, where and when."""
    url: str | None
    suite: str
    """The name of a file in ``paper/suites``."""
    axis: Axis
    fidelity: Fidelity
    measured: str
    """What was done there, and what of it we do otherwise."""
    claims: tuple[Claim, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Those that claims are about."""
        return tuple(dict.fromkeys(claim.problem for claim in self.claims))


def read_publications(folder: Path) -> dict[str, Publication]:
    """All files of ``folder`` by name; raises :class:`UsageError` where there is none."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise UsageError(f"{folder}: no publication (*.yaml) there")
    return {file.stem: read_publication(file) for file in files}


def read_publication(file: Path) -> Publication:
    """Raises :class:`SuiteError` with all that is wrong, by line."""
    document = read_yaml(file)
    if not isinstance(document.value, dict):
        raise document.error((), "a publication is made of keys like 'source:' and 'claims:'")
    try:
        text = _PublicationText.model_validate(document.value)
    except ValidationError as error:
        raise joined(faults(document, (), _PublicationText, error)) from None
    wrong: list[SuiteError] = []
    claims: dict[str, Claim] = {}
    for i, value in enumerate(text.claims):
        place = ("claims", i)
        try:
            claim = _claim(document, place, value)
        except SuiteError as error:
            wrong.append(error)
            continue
        if claim.id in claims:
            wrong.append(document.error((*place, "id"), f"{claim.id!r} is given twice"))
        claims[claim.id] = claim
    if wrong:
        raise joined(wrong)
    return Publication(**{**dict(text), "claims": tuple(claims.values())})


def _claim(document: Document, place: KeyPath, value: Any) -> Claim:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in _KINDS:
        known = ", ".join(_KINDS)
        hint = did_you_mean(kind, _KINDS) if isinstance(kind, str) else ""
        raise document.error(place, f"a claim has a 'kind:' of {known}{hint}")
    try:
        return _KINDS[kind].model_validate(value)
    except ValidationError as error:
        raise joined(faults(document, place, _KINDS[kind], error)) from None
