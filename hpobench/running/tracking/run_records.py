"""A finished cell and its trials in the form that experiment trackers want: named runs with
parameters, tags and metrics by step, between two points in time."""

from __future__ import annotations

import datetime
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpobench.store.write.batch import Outcome

_PARAMS = ("searcher", "scheduler", "problem", "seed", "workers", "stage")
_SECONDS = ("clock", "evaluation_s", "suggest_s", "observe_s", "harness_s")
_METRICS = ("trials", "results", "resource", *_SECONDS, "peak_memory")
_STATUS = {
    "done": "FINISHED",
    "failed": "FAILED",
    "timeout": "KILLED",
    "completed": "FINISHED",
    "stopped": "KILLED",  # by the scheduler
    "paused": "KILLED",  # and never resumed
    "cut": "KILLED",  # by the end of the budget
}
"""How a cell or a trial ended, in MLflow's terms; the tag ``hpobench.status`` keeps ours."""


@dataclass(frozen=True)
class Point:
    """One value of a metric; ``time`` in milliseconds since 1970."""

    metric: str
    value: float
    time: int
    step: int


@dataclass(frozen=True)
class Record:
    """One run. Times are the cell's start plus its clock, in milliseconds since 1970."""

    name: str
    start: int
    end: int
    status: str
    """FINISHED, FAILED or KILLED."""
    params: Mapping[str, Any]
    tags: Mapping[str, str]
    points: list[Point] = field(default_factory=list)


class CellRecords:
    """The records of one cell."""

    def __init__(self, outcome: Outcome) -> None:
        self._row = outcome.cell
        self._trials = outcome.trials
        self._provenance: dict[str, Any] = json.loads(outcome.cell["provenance"])
        started = datetime.datetime.fromisoformat(self._provenance["started"])
        self._start = started.timestamp()
        self._events: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._order = outcome.events.to_pylist()
        for event in self._order:
            self._events[event["trial"]].append(event)

    def cell(self) -> Record:
        """The cell as a whole, with its incumbents as ``best_loss`` and ``best_heldout``. A cell
        that is not done has no incumbent, as in the report."""
        row = self._row
        budget = json.loads(row["spec"])["budget"]
        end = self._time(row["clock"])
        points = [
            Point(name, float(row[name]), end, 0) for name in _METRICS if row[name] is not None
        ]
        best = math.inf if row["status"] == "done" else -math.inf
        for number, event in enumerate(self._order, start=1):
            if event["loss"] < best:
                best = event["loss"]
                found = self._points(event, number, ("loss", "heldout"))
                points += [replace(point, metric=f"best_{point.metric}") for point in found]
        origin = {"commit": self._provenance["commit"]}
        origin |= {f"host.{key}": value for key, value in self._provenance["host"].items()}
        origin |= {f"version.{name}": text for name, text in self._provenance["versions"].items()}
        return Record(
            name=row["cell"],
            start=self._time(0.0),
            end=end,
            status=_STATUS[row["status"]],
            params={name: row[name] for name in _PARAMS}
            | {f"budget.{limit}": value for limit, value in budget.items()},
            tags=_tags(row)
            | {f"hpobench.{key}": str(value) for key, value in origin.items() if value is not None},
            points=points,
        )

    def trials(self) -> Iterator[Record]:
        """The trials in the order of asking."""
        for row in self._trials.to_pylist():
            events = self._events[row["trial"]]
            tags = _tags(row) | {"hpobench.trial": str(row["trial"])}
            # What population-based training gave the trial, by the first step after the change.
            columns = ("parent", "parent_step", "config")
            changes = {e["step"]: {c: e[c] for c in columns if e[c] is not None} for e in events}
            for step, change in changes.items():
                if "config" in change:
                    change["config"] = json.loads(change["config"])
                if change:
                    tags[f"hpobench.exploit.{step}"] = json.dumps(change)
            yield Record(
                name=f"trial {row['trial']}",
                start=self._time(row["start"]),
                end=self._time(row["end"]),
                status=_STATUS[row["status"]],
                params=json.loads(row["config"]),
                tags=tags,
                points=[
                    point
                    for event in events
                    for point in self._points(event, event["step"], ("loss", "heldout", "cost"))
                ],
            )

    def _time(self, clock: float) -> int:
        return round(1000 * (self._start + clock))

    def _points(self, event: dict[str, Any], step: int, columns: tuple[str, ...]) -> list[Point]:
        time = self._time(event["clock"])
        return [Point(c, event[c], time, step) for c in columns if event[c] is not None]


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    error = {} if row["error"] is None else {"hpobench.error": row["error"]}
    return {"hpobench.status": row["status"]} | error
