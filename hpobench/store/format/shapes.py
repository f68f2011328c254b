"""The shapes of JSON in a results folder: what reads it later may trust them.

A results folder may come from a stranger, or have been changed by hand. Checks raise
:class:`Unfit`, which says what is wrong; their callers add the file.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import from_json

from hpobench.contract.errors import HpobenchError
from hpobench.contract.space import Space

LONGEST_LABEL = 1000
"""Characters: figures of much longer ones exhaust memory."""
LONGEST_TEXT = 20_000
"""Characters of errors, reasons and sources: no run stores more, and longer ones make pages that
no browser opens."""


class Unfit(Exception):
    """What a check found."""


def _each_once(labels: list[str]) -> list[str]:
    if len(set(labels)) < len(labels):
        raise ValueError("it lists one of them twice")
    return labels


Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
# A million faults would fill the memory, so the first one ends it.
Labels = Annotated[list[Label], Field(fail_fast=True), AfterValidator(_each_once)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Evaluations = Annotated[str, Field(pattern="^[0-9]{1,9}$")]
Quartiles = Annotated[list[float], Field(min_length=3, max_length=3)]


class _Stored(BaseModel):
    """A mapping with these members, and maybe others; messages have the title."""

    model_config = ConfigDict(strict=True)


class _Skipped(_Stored):
    searcher: Label
    scheduler: Label
    problem: Label
    reason: Text


class _Share(_Stored, extra="forbid"):
    number: Count
    count: Count
    combinations: Count


class StoredPlan(_Stored, title="a plan"):
    name: Label
    suite: dict[Any, Any]
    cells: Labels
    searchers: Labels
    schedulers: Labels
    problems: Labels
    skipped: Annotated[list[_Skipped], Field(fail_fast=True)]
    shard: _Share | None = None
    whole_budgets: dict[str, dict[str, Number]] = {}


class _Looks(_Stored):
    looks: list[Number]
    margin: Number
    alpha: Number


class StoredDecision(_Stored, title="a decision"):
    rule: _Looks
    question: Text
    results: Text
    sentence: Text


class _Entry(_Stored):
    label: Label = Field(alias="as")


class StoredSuite(_Stored, title="a resolved suite"):
    name: Label
    seeds: list[int]
    searchers: list[_Entry]
    schedulers: list[_Entry]
    problems: list[_Entry]


class _Options(_Stored):
    options: dict[Any, Any] = {}


class StoredSpec(_Stored, title="the specification of a cell"):
    budget: dict[str, Number] = {}
    problem: _Options = _Options()


class StoredSignature(_Stored, title="a signature"):
    losses: list[Number | None]
    tolerance: Number


class StoredQuartiles(RootModel[dict[Evaluations, Quartiles]], title="a table of quartiles"):
    """Quartiles of the losses of random search by a number of full evaluations."""

    model_config = ConfigDict(strict=True)


class StoredMapping(RootModel[dict[Any, Any]], title="a JSON object"):
    model_config = ConfigDict(strict=True)


def fit(shape: type[BaseModel], value: Any, what: str = "it") -> dict[str, Any]:
    """``value`` as it is, which has the ``shape``."""
    try:
        shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = repr(".".join(map(str, first["loc"]))[:80]) + ": " if first["loc"] else ""
        title = shape.model_config.get("title")
        raise Unfit(f"{what} is not {title}: {where}{first['msg']}") from None
    found: dict[str, Any] = value
    return found


# -- JSON in columns ---------------------------------------------------------------------------


def of_json(shape: type[BaseModel], text: str) -> None:
    """Check that ``text`` holds JSON of the ``shape``."""
    fit(shape, _stored(text), repr(text[:80]))


def mappings(texts: Iterable[str]) -> None:
    """Check that each of ``texts`` holds a JSON object."""
    for text in texts:
        # A store has a million of them, and this takes a quarter of json.loads' time. It refuses
        # some that json.loads reads, such as half a surrogate pair.
        with contextlib.suppress(ValueError):
            if isinstance(from_json(text), dict):
                continue
        of_json(StoredMapping, text)


def space(text: str) -> None:
    """Check that ``text`` holds a search space."""
    value = _stored(text)
    try:
        Space.from_json(value)
    except (HpobenchError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise Unfit(f"{text[:80]!r} is not a search space ({error})") from error


def _stored(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"{text[:80]!r} is not JSON ({error})") from error
