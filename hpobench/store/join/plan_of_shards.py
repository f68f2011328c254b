"""Results folders that are merged: the shards of one plan, which ran apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.errors import UsageError
from hpobench.contract.files import is_there
from hpobench.store.format import index, seal
from hpobench.store.read.reader import load_plan
from hpobench.suites.run_options import Shard


@dataclass(frozen=True)
class Store:
    """A results folder that is merged with others."""

    folder: Path
    plan: dict[str, Any]
    suite: str
    """The text of the suite, without its seal."""

    @classmethod
    def of(cls, folder: Path) -> Store:
        file = folder / index.SUITE
        text = index.read_sealed(file) if is_there(file) else ""
        return cls(folder, load_plan(folder), _unsealed(text))

    @property
    def shard(self) -> Shard:
        """Which shard of a plan it is; raises :class:`UsageError` if it is none."""
        if "shard" not in self.plan:
            raise UsageError(
                f"{self.folder}: is no shard of a run, as others are; merge all shards of a "
                "run first, then their result with this folder"
            )
        return Shard(**self.plan["shard"])


def plan_of_shards(stores: Sequence[Store]) -> tuple[list[Store], dict[str, Any], str]:
    """``stores`` in their order, the plan that they are all the shards of, and its suite.

    Raises :class:`UsageError` if they are not all the shards of one plan.
    """
    ordered = _checked(stores)
    plan = {key: value for key, value in ordered[0].plan.items() if key != "shard"}
    return ordered, plan | {"cells": _whole(ordered)}, ordered[0].suite


def _checked(stores: Sequence[Store]) -> list[Store]:
    """``stores`` in their order, which must be all shards of one plan."""
    found = {store.shard.number: store for store in stores}
    first = stores[0]
    for store in stores[1:]:
        for what, one, other in (
            ("suite", first.suite, store.suite),
            ("plan", _common(first.plan), _common(store.plan)),
            ("number of shards", first.shard.count, store.shard.count),
        ):
            if one != other:
                raise UsageError(f"{store.folder} and {first.folder}: not of the same {what}")
    if len(found) < len(stores):
        raise UsageError("two of the folders are the same shard")
    if missing := sorted(set(range(1, first.shard.count + 1)) - set(found)):
        name = f"{first.plan['name']}{Shard(missing[0], first.shard.count).suffix}"
        raise UsageError(
            f"{len(missing)} of {first.shard.count} shards are not there, such as {name}; run "
            f"`hpobench run SUITE --shard {missing[0]}/{first.shard.count}`, or name it"
        )
    return [found[number] for number in sorted(found)]


def _whole(stores: Sequence[Store]) -> list[str]:
    """The ids of all cells, in the plan's order."""
    try:
        return stores[0].shard.whole([store.plan["cells"] for store in stores])
    except StopIteration:
        names = ", ".join(store.folder.name for store in stores)
        raise UsageError(f"{names}: their cells are not those of one plan") from None


def _common(plan: dict[str, Any]) -> dict[str, Any]:
    """What the plans of all shards have in common."""
    own = {"cells", "shard"}
    return {key: value for key, value in plan.items() if key not in own} | {
        "combinations": plan["shard"]["combinations"]
    }


def _unsealed(suite: str) -> str:
    """The text of a suite without the line of its seal."""
    text, _, last = suite.rstrip().rpartition("\n")
    return text if seal.KEY in last else suite
