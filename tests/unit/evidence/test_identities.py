"""Stored cells get the ids of today: what differs between two revisions is taken over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks.identities import (
    Spec,
    UnmappedError,
    archive_of_today,
    digest,
    moved,
    results_of_today,
)
from hpobench.contract.package import SMOKE
from hpobench.evidence.archive import KEYS, Archive
from hpobench.store.read.reader import load_results
from tests.support.evidence_factory import make_archive


def spec(version: int, source: str, **packages: str) -> Spec:
    return {"version": version, "searcher": {"source": source, "packages": packages}}


BEFORE, NOW = (spec(1, "old", optuna="5.1"), spec(2, "new", optuna="5.1"))


def test_what_differs_is_taken_over_and_the_rest_stays() -> None:
    stored = spec(1, "old", optuna="5.0")
    assert moved(stored, BEFORE, NOW) == spec(2, "new", optuna="5.0")
    assert moved(moved(stored, BEFORE, NOW), BEFORE, NOW) == spec(2, "new", optuna="5.0")
    fewer = {"version": 2, "searcher": {"source": "new"}, "tell": "last"}
    assert moved(stored, BEFORE, fewer) == fewer


def test_what_the_revision_does_not_have_is_refused() -> None:
    with pytest.raises(UnmappedError, match="'other' was stored, and the revision gives 'old'"):
        moved(spec(1, "other", optuna="5.0"), BEFORE, NOW)


def archived(stored: list[Spec]) -> tuple[Archive, dict[tuple[Any, ...], list[tuple[Spec, Spec]]]]:
    """An archive whose runs have the ids of ``stored``, one after the other, and plans of it."""
    archive = make_archive(["optuna-tpe"])
    facts = {"optuna-tpe": replace(archive.searchers["optuna-tpe"], library="optuna 5.0")}
    keys = list(zip(*(archive.runs[name].to_pylist() for name in KEYS), strict=True))
    cells = [digest({**stored[n % len(stored)], "run": n}) for n in range(len(keys))]
    place = archive.runs.schema.get_field_index("cell")
    runs = archive.runs.set_column(place, "cell", pa.array(cells, pa.binary(6)))
    plans = {key: [({**BEFORE, "run": n}, {**NOW, "run": n})] for n, key in enumerate(keys)}
    return replace(archive, runs=runs, searchers=facts), plans


def test_the_runs_of_an_archive_get_the_ids_of_today() -> None:
    archive, plans = archived([spec(1, "old", optuna=version) for version in ("5.0", "5.1")])
    ours = archive_of_today(archive, plans)
    today, _ = archived([spec(2, "new", optuna=version) for version in ("5.0", "5.1")])
    assert ours == replace(archive, runs=today.runs)
    assert archive_of_today(ours, plans) == ours


def test_an_archive_with_a_run_that_nothing_plans_is_refused() -> None:
    archive, plans = archived([spec(1, "old", optuna="4.0")])
    with pytest.raises(UnmappedError, match=r"optuna-tpe/.*: no plan has the id of this run"):
        archive_of_today(archive, plans)


def test_the_stored_reference_keeps_its_events(tmp_path: Path) -> None:
    before = load_results(SMOKE)
    plans = {}
    for row in before.cells.to_dict("records"):
        found = json.loads(row["spec"])
        plans[tuple(row[name] for name in KEYS)] = [(found, {**found, "version": "next"})]
    results_of_today(SMOKE, plans, tmp_path)
    after = load_results(tmp_path)
    assert not {*before.cells["cell"]} & {*after.cells["cell"]}
    columns = ["searcher", "scheduler", "problem", "seed", "trial", "step", "loss", "clock"]
    frames = [
        one.events.astype({"cell": str})
        .merge(one.cells.astype({"cell": str}), on="cell", suffixes=("", "_cell"))
        .sort_values(["cell"], kind="stable")[columns]
        .sort_values(columns[:4], kind="stable")
        .reset_index(drop=True)
        for one in (before, after)
    ]
    assert frames[0].equals(frames[1])
