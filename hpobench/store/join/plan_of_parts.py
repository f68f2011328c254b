"""Results folders that are merged: the parts of one plan, which ran apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_there
from hpobench.store.format import index, seal
from hpobench.store.read.reader import load_plan
from hpobench.suites.shard import Shard


@dataclass(frozen=True)
class Part:
    """A results folder that is merged with others."""

    folder: Path
    plan: dict[str, Any]
    suite: str
    """The text of the suite, without its seal."""

    @classmethod
    def of(cls, folder: Path) -> Part:
        file = folder / index.SUITE
        text = index.read_sealed(file) if is_there(file) else ""
        return cls(folder, load_plan(folder), _unsealed(text))

    @property
    def shard(self) -> Shard:
        """Which part of a plan it is; raises :class:`UsageError` if it is none."""
        if "shard" not in self.plan:
            raise UsageError(
                f"{self.folder}: not a part of a run, as others are; merge all parts of a run "
                "first, and what comes of it with this folder"
            )
        return Shard(**self.plan["shard"])


def plan_of_parts(parts: Sequence[Part]) -> tuple[list[Part], dict[str, Any], str]:
    """``parts`` in their order, the plan that they are all the parts of, and its suite.

    Raises :class:`UsageError` if they are not all the parts of one plan.
    """
    ordered = _checked(parts)
    plan = {key: value for key, value in ordered[0].plan.items() if key != "shard"}
    return ordered, plan | {"cells": _whole(ordered)}, ordered[0].suite


def _checked(parts: Sequence[Part]) -> list[Part]:
    """``parts`` in their order, which must be all of one plan."""
    found = {part.shard.number: part for part in parts}
    first = parts[0]
    for part in parts[1:]:
        for what, one, other in (
            ("suite", first.suite, part.suite),
            ("plan", _common(first.plan), _common(part.plan)),
            ("number of parts", first.shard.count, part.shard.count),
        ):
            if one != other:
                raise UsageError(f"{part.folder} and {first.folder}: not of the same {what}")
    if len(found) < len(parts):
        raise UsageError("two of the folders are the same part")
    if missing := sorted(set(range(1, first.shard.count + 1)) - set(found)):
        name = f"{first.plan['name']}{Shard(missing[0], first.shard.count).suffix}"
        raise UsageError(
            f"{len(missing)} of {first.shard.count} parts are not there, such as {name}; run "
            f"`hpobench run SUITE --shard {missing[0]}/{first.shard.count}`, or name it"
        )
    return [found[number] for number in sorted(found)]


def _whole(parts: Sequence[Part]) -> list[str]:
    """The ids of all cells, in the plan's order."""
    try:
        return parts[0].shard.whole([part.plan["cells"] for part in parts])
    except StopIteration:
        names = ", ".join(part.folder.name for part in parts)
        raise UsageError(f"{names}: their cells are not those of one plan") from None


def _common(plan: dict[str, Any]) -> dict[str, Any]:
    """What the plans of all parts have in common."""
    own = {"cells", "shard"}
    return {key: value for key, value in plan.items() if key not in own} | {
        "combinations": plan["shard"]["combinations"]
    }


def _unsealed(suite: str) -> str:
    """The text of a suite without the line of its seal."""
    text, _, last = suite.rstrip().rpartition("\n")
    return text if seal.KEY in last else suite
