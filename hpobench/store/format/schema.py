"""The columns of a results folder. ``results/README.md`` shows how to read them."""

from __future__ import annotations

import pyarrow as pa

VERSION = 3
"""Raised whenever a column changes its meaning; stored in every file and checked on reading."""

_label = pa.dictionary(pa.int32(), pa.string())

EVENTS = pa.schema(
    {
        "cell": _label,
        "trial": pa.int32(),  # 0, 1, 2, ... in the order of asking
        "step": pa.int32(),  # 1, 2, ...
        "resource": pa.float64(),  # paid for by this step, in the fidelity's units
        "clock": pa.float64(),  # seconds since the cell's start when the result came in
        "loss": pa.float64(),  # visible to the searcher; minimised
        "heldout": pa.float64(),  # test or noise-free loss; null where the problem has none
        "cost": pa.float64(),  # seconds this step took
        "decision": _label,  # CONTINUE, PAUSE, STOP
        "worker": pa.int16(),
        # Population-based training; null wherever a trial simply goes on.
        "parent": pa.int32(),  # the trial whose state this step went on from
        "parent_step": pa.int32(),  # the step that state was saved after
        "config": pa.string(),  # JSON: the trial's configuration from this step on
    }
)

TRIALS = pa.schema(
    {
        "cell": _label,
        "trial": pa.int32(),
        "config": pa.string(),  # JSON; as it was asked for
        "status": _label,  # completed, stopped, paused, cut (budget), failed
        "steps": pa.int32(),
        "start": pa.float64(),  # clock when it was asked for
        "end": pa.float64(),  # clock of its end or of the cell's end
        "suggest_s": pa.float64(),  # the searcher's thinking, wall seconds
        "observe_s": pa.float64(),
        "error": pa.string(),
    }
)

CELLS = pa.schema(
    {
        "cell": pa.string(),
        "searcher": pa.string(),  # labels
        "scheduler": pa.string(),
        "problem": pa.string(),
        "seed": pa.int64(),
        "workers": pa.int32(),
        "stage": pa.string(),
        "status": pa.string(),  # done, failed, timeout
        "error": pa.string(),
        "trials": pa.int64(),
        "results": pa.int64(),
        "resource": pa.float64(),  # paid for in all
        "clock": pa.float64(),  # the cell's length, seconds of its clock
        "evaluation_s": pa.float64(),  # sum of step costs: busy worker seconds of the clock
        "suggest_s": pa.float64(),  # wall seconds of the searcher
        "observe_s": pa.float64(),
        "harness_s": pa.float64(),  # wall seconds of all else: Ray's controller and us
        "peak_memory": pa.int64(),  # bytes, of the process that ran the cell
        "events_shard": pa.string(),  # file names in this folder; null when there are no rows
        "trials_shard": pa.string(),
        "in_suite": pa.bool_(),  # false: left from an earlier version of the suite
        "spec": pa.string(),  # JSON: what the cell's id is a hash of
        "provenance": pa.string(),  # JSON: versions, seeds, host, commit, start time
    }
)

PROBLEMS = pa.schema(
    {
        "problem": pa.string(),
        "metric": pa.string(),
        "direction": pa.string(),  # of the metric; losses are always minimised
        "optimum": pa.float64(),  # reference losses; null where nobody knows any
        "clip": pa.float64(),
        "known": pa.bool_(),  # whether the optimum is exact
        "source": pa.string(),
        "version": pa.int32(),  # of the reference losses
        "random": pa.string(),  # JSON: full evaluations -> quartiles that random search reaches
        "signature": pa.string(),  # JSON: losses of a few fixed configurations
        "heldout": pa.bool_(),
        "fidelity": pa.string(),
        "steps": pa.int32(),
        "unit": pa.float64(),
        "dimensions": pa.int32(),
        "space": pa.string(),  # JSON
    }
)

TABLES = {"events": EVENTS, "trials": TRIALS, "cells": CELLS, "problems": PROBLEMS}


def plain(schema: pa.Schema) -> pa.Schema:
    """``schema`` with labels as plain strings, in which tables of different cells join."""
    kinds = {field.name: field.type for field in schema}
    return pa.schema(
        {n: t.value_type if pa.types.is_dictionary(t) else t for n, t in kinds.items()}
    )
