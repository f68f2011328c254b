"""The content of a suite file: its keys are checked, its plugins not looked up yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from hpobench.contract.cell import Budget, Exact, Stage, Tell
from hpobench.contract.errors import SuiteError, did_you_mean
from hpobench.contract.problem import several_objectives
from hpobench.contract.wording import parse_seconds
from hpobench.plugins.starting.suite_keys import KEYS, Strict
from hpobench.suites.yamlfile import Document, KeyPath

MAX_CELLS = 1_000_000
"""The most cells of a suite: more take minutes to plan and months to run."""
MAX_WORKERS = 32_767
"""The store keeps a worker's number in 16 bits."""
MAX_AMOUNT = 1e12
"""The most of a budget in seconds, resource or evaluations: enough for 30,000 years."""
_MAX_TRIALS = 10**9


def parse_seeds(value: object) -> Sequence[int]:
    """The distinct seeds from 0 that ``5`` (0 to 4), ``"0-9"``, ``"0,4,7-9"`` or a list of these
    stand for; raises :class:`ValueError`."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):  # True is an int, but no number
        if not 1 <= value <= MAX_CELLS:
            raise ValueError(
                f"{value} seeds; a number of seeds is from 1 to {MAX_CELLS:,}: 5 means the seeds 0 "
                "to 4, and 0-0 seed 0 alone"
            )
        return range(value)
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise ValueError(f"seeds are a number (5), a range (0-4) or a list, not {value!r}")
    seeds: dict[int, None] = {}
    for item in items:
        text = str(item).strip()
        span = parse_range(text) if isinstance(item, str | int) else None
        if span is None:
            raise ValueError(f"{text!r} is no seed; seeds are whole numbers from 0, or ranges 0-9")
        for seed in span:
            if seed in seeds:
                raise ValueError(f"seed {seed} is given twice")
            seeds[seed] = None
        if len(seeds) > MAX_CELLS:
            raise ValueError(f"more than {MAX_CELLS:,} seeds")
    return tuple(seeds)


def parse_range(text: str) -> range | None:
    """The numbers of ``"3"`` or ``"1-24"``, both ends included; ``None`` for any other text.

    Raises :class:`ValueError` for a range that is backwards or endless.
    """
    match = re.fullmatch(r"(\d{1,18})(?:\s*-\s*(\d{1,18}))?", text)  # what 64 bits hold
    if match is None:
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    if high < low:
        raise ValueError(f"the range {text} runs backwards")
    if high - low >= MAX_CELLS:
        raise ValueError(f"the range {text} holds more than {MAX_CELLS:,} numbers")
    return range(low, high + 1)


def parse_workers(value: object) -> tuple[int, ...]:
    """The distinct numbers of workers that a number or a list stands for."""
    counts = value if isinstance(value, list) else [value]
    if not counts:
        raise ValueError("the list is empty; name at least one")
    seen = set()
    for count in counts:
        if not isinstance(count, int) or isinstance(count, bool):
            raise ValueError(f"a whole number is due, or a list of such, not {_short(count)}")
        if not 1 <= count <= MAX_WORKERS:
            bound = "at least 1" if count < 1 else f"at most {MAX_WORKERS}"
            raise ValueError(f"must be {bound}, not {_short(count)}")
        if count in seen:
            raise ValueError(f"{count} is given twice")
        seen.add(count)
    return tuple(counts)


def parse_globs(value: object) -> tuple[str, ...]:
    """The globs that a text or a list of texts stands for."""
    if value is None:
        return ()
    globs = value if isinstance(value, list) else [value]
    if not globs or not all(isinstance(glob, str) for glob in globs):
        raise ValueError(f"a word is due, or a list of words, not {_short(value)}")
    return tuple(globs)


def _seconds(value: object) -> object:
    return parse_seconds(value) if isinstance(value, str) else value


_Amount = Field(gt=0, le=MAX_AMOUNT)


class BudgetText(Strict):
    """``budget: {time: 1 h, trials: 100}``."""

    time: Annotated[Annotated[float, _Amount] | None, BeforeValidator(_seconds)] = None
    trials: Annotated[int, Field(gt=0, le=_MAX_TRIALS)] | None = None
    resource: Annotated[float, _Amount] | None = None
    evaluations: Annotated[float, _Amount] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> BudgetText:
        if not any(value is not None for _, value in self):
            raise ValueError(f"a budget needs one of {', '.join(type(self).model_fields)}")
        return self

    def build(self) -> Budget:
        return Budget(**dict(self))


class SuiteText(Strict):
    """A suite as written; the entries of its three lists are still plain values."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    description: str = ""
    searchers: Annotated[list[Any], Field(min_length=1)]
    schedulers: Annotated[list[Any], Field(min_length=1)] = ["fifo"]
    problems: Annotated[list[Any], Field(min_length=1)]
    seeds: Annotated[Any, PlainValidator(parse_seeds)]
    workers: Annotated[tuple[int, ...], PlainValidator(parse_workers)] = (4,)
    stage: Stage = "virtual"
    trial_timeout: Annotated[Annotated[float, _Amount] | None, BeforeValidator(_seconds)] = None
    pace: Annotated[float, Field(ge=0, le=MAX_AMOUNT)] = 1.0
    budget: BudgetText | None = None
    plugins: list[str] = []
    tell: Tell | None = None
    exact: Exact | None = None
    only: Annotated[tuple[str, ...], PlainValidator(parse_globs)] = ()
    start: Any = None
    prior: Any = None
    stop: Any = None

    def given(self) -> dict[str, Any]:
        """The keys at the top of the suite that all its searchers are given."""
        values = {key: getattr(self, key, None) for key in KEYS}
        return {key: value for key, value in values.items() if value is not None}

    @field_validator("trial_timeout", "pace")
    @classmethod
    def _real_time(cls, value: float | None, info: ValidationInfo) -> float | None:
        if info.data.get("stage") == "virtual":
            raise ValueError("for 'stage: live' only")
        return value


def parse_suite(document: Document) -> SuiteText:
    """The suite in ``document``; raises :class:`SuiteError` with all faults of its own keys."""
    if not isinstance(document.value, dict):
        raise document.error((), "a suite is made of keys like 'name:' and 'searchers:'")
    try:
        return SuiteText.model_validate(document.value)
    except ValidationError as error:
        raise joined(faults(document, (), SuiteText, error)) from None


def parse_budget(document: Document, path: KeyPath, value: object) -> Budget:
    """The budget at ``path``; raises :class:`SuiteError`."""
    try:
        return BudgetText.model_validate(value).build()
    except ValidationError as error:
        raise joined(faults(document, path, BudgetText, error)) from None


def joined(errors: Iterable[SuiteError]) -> SuiteError:
    """One error with the messages of all, sorted by line; its place is that of the first."""
    # Several searchers may be refused for one thing that all are given.
    once = {str(error): error for error in errors}.values()
    first, *rest = sorted(once, key=lambda error: error.line or 0)
    if not rest:
        return first
    message = "\n".join([first.message, *map(str, rest)])
    return SuiteError(message, file=first.file, line=first.line, key=first.key)


def faults(
    document: Document, path: KeyPath, model: type[BaseModel], error: ValidationError
) -> Iterator[SuiteError]:
    """The faults that pydantic found, in our words and at their places."""
    for detail in error.errors():
        inner = model  # the innermost on the way
        for key in detail["loc"]:
            field = inner.model_fields.get(str(key))
            inner = (field and _model_within(field.annotation)) or inner
        yield document.error((*path, *detail["loc"]), _wording(detail, list(inner.model_fields)))


def _model_within(annotation: object) -> type[BaseModel] | None:
    """The model in ``Model | None``, ``list[Model]`` and the like."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_model_within, get_args(annotation))), None)


def _wording(detail: ErrorDetails, fields: list[str]) -> str:
    """Says what is wrong and what is due instead."""
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        hint = did_you_mean(key, fields) or f"; keys: {', '.join(fields)}"
        return several_objectives(key, given) or f"no such key{hint}"
    if kind == "missing":
        chosen = "; only `hpobench run --within 1h` chooses searchers for a suite without any"
        return f"this key is required{chosen if detail['loc'] == ('searchers',) else ''}"
    if kind == "literal_error":
        return f"{_short(given)} is none of {context['expected']}"
    if kind == "too_short":
        return "the list is empty; name at least one"
    if kind == "string_pattern_mismatch":
        return f"{_short(given)} must be letters, digits, '-' and '_' (it names a folder)"
    due = {
        "list_type": "a list is due, like [a, b]",
        "string_type": "a word is due",
        "int_type": "a whole number is due",
        "float_type": "a number is due",
        "model_type": "keys and values are due, like {time: 1 h}",
        "greater_than": "must be positive",
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le', 0):g}",
    }
    if kind in due:
        return f"{due[kind]}, not {_short(given)}"
    # Our own validators say it all; pydantic puts this before their words.
    return detail["msg"].removeprefix("Value error, ")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
