"""The shapes of JSON in a results folder: what reads it later may trust them.

A results folder may come from a stranger, or have been changed by hand. Checks raise
:class:`Unfit`, which says what is wrong; their callers add the file.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from hpobench.contract.errors import HpobenchError
from hpobench.contract.space import Space

LONGEST_LABEL = 1000
"""Characters: figures of much longer ones exhaust memory."""

_AT_ONCE = 1000
LONGEST_TEXT = 20_000
"""Characters of errors, reasons and sources: no run stores more, and longer ones make pages that
no browser opens."""

Check = Callable[[Any], bool]


class Unfit(Exception):
    """What a check found."""


def is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def is_label(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_LABEL


def is_number(value: object) -> bool:
    """Whether ``value`` is finite; numbers too large for a double are not."""
    try:
        return isinstance(value, int | float) and not is_flag(value) and math.isfinite(value)
    except OverflowError:
        return False


def is_flag(value: object) -> bool:
    return isinstance(value, bool)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether ``value`` is a whole number."""
    return isinstance(value, int) and not is_flag(value)


def is_count(value: object) -> bool:
    """Whether ``value`` is a whole number above zero."""
    return is_whole(value) and value > 0


def is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def is_list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def has(members: Mapping[str, Check]) -> Check:
    """Whether a value is a mapping with ``members``, each passing its check, and maybe others."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and check(value[name]) for name, check in members.items())
    )


_LABELS = is_list_of(is_label)
_PLAN: dict[str, Check] = {
    "name": is_label,
    "suite": is_mapping,
    "cells": _LABELS,
    "searchers": _LABELS,
    "schedulers": _LABELS,
    "problems": _LABELS,
    "skipped": is_list_of(
        has({"searcher": is_label, "scheduler": is_label, "problem": is_label, "reason": is_text})
    ),
}
_SHARD_OF = dict.fromkeys(("number", "count", "combinations"), is_count)
_SHARD = has(_SHARD_OF)
_RULE: dict[str, Check] = {
    "looks": is_list_of(is_number),
    "margin": is_number,
    "alpha": is_number,
}
_DECISION: dict[str, Check] = {
    "rule": has(_RULE),
    "question": is_text,
    "results": is_text,
    "sentence": is_text,
}


def plan(value: Any) -> dict[str, Any]:
    """``value`` as what :func:`hpobench.store.read.reader.load_plan` returns."""
    found = _members("plan", value, _PLAN)
    for name in ("cells", "searchers", "schedulers", "problems"):
        if len(set(found[name])) < len(found[name]):
            raise Unfit(f"its {name} list one of them twice")
    if "shard" in found and not (_SHARD(found["shard"]) and len(found["shard"]) == len(_SHARD_OF)):
        raise Unfit("its 'shard' is not that of a plan")
    if "whole_budgets" in found and not _are_budgets(found["whole_budgets"]):
        raise Unfit("its 'whole_budgets' are not budgets by problem")
    return found


def _are_budgets(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(limits, dict) and all(map(is_number, limits.values()))
        for limits in value.values()
    )


def decision(value: Any) -> dict[str, Any]:
    """``value`` as what :func:`hpobench.store.read.decision.write_decision` stores."""
    return _members("decision", value, _DECISION)


def _members(what: str, value: Any, members: Mapping[str, Check]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(f"it is not a {what}")
    for name, check in members.items():
        if not (name in value and check(value[name])):
            raise Unfit(f"it is not a {what}: its {name!r} is missing or of another kind")
    return value


# -- JSON in columns ---------------------------------------------------------------------------


def stored(text: str) -> Any:
    """What ``text`` holds as JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"{text[:80]!r} is not JSON ({error})") from error


def mapping(text: str) -> dict[str, Any]:
    """The mapping that ``text`` holds as JSON."""
    if not isinstance(value := stored(text), dict):
        raise Unfit(f"{text[:80]!r} is not a JSON object")
    return value


def mappings(texts: Sequence[str]) -> None:
    """Check that each of ``texts`` is a JSON object, a thousand at once: a store has many."""
    between = secrets.token_hex(8)  # no text can know it, and so pass for two of them
    for begin in range(0, len(texts), _AT_ONCE):
        some = texts[begin : begin + _AT_ONCE]
        try:
            found = json.loads("[" + f',"{between}",'.join(some) + "]")
            if found[1::2] == [between] * (len(some) - 1) and all(map(is_mapping, found[::2])):
                continue
        except (ValueError, RecursionError):
            pass  # one of them is wrong
        for text in some:
            mapping(text)
        raise Unfit(f"{some[0][:80]!r} is not a JSON object, or one after it")


def spec(text: str) -> None:
    """What a cell's id is a hash of: a budget, and a problem with options."""
    value = mapping(text)
    budget, problem = value.get("budget", {}), value.get("problem", {})
    if not (is_mapping(budget) and all(is_number(limit) for limit in budget.values())):
        raise Unfit(f"the budget of {text[:80]!r} is not one of numbers")
    if not (is_mapping(problem) and is_mapping(problem.get("options", {}))):
        raise Unfit(f"the problem of {text[:80]!r} has no options by name")


def space(text: str) -> None:
    """A search space."""
    value = stored(text)
    try:
        Space.from_json(value)
    except (HpobenchError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise Unfit(f"{text[:80]!r} is not a search space ({error})") from error


def random_quartiles(text: str) -> None:
    """Quartiles by a number of full evaluations."""
    for count, quartiles in mapping(text).items():
        if not (count.isdecimal() and len(count) < 10 and is_list_of(_is_loss)(quartiles)):
            raise Unfit(f"{text[:80]!r} is not a table of quartiles")
        if len(quartiles) != 3:
            raise Unfit(f"{text[:80]!r} has not three quartiles")


def _is_loss(value: object) -> bool:
    return isinstance(value, int | float) and not is_flag(value)


def signature(text: str) -> None:
    """Losses of a few configurations, with their tolerance."""

    def is_probe(value: object) -> bool:
        return value is None or is_number(value)

    if not has({"losses": is_list_of(is_probe), "tolerance": is_number})(stored(text)):
        raise Unfit(f"{text[:80]!r} is not a signature")
