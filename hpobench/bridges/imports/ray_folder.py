"""The folder of a Ray Tune experiment: the JSON files of its trials, none of its pickles."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.bridges.imports import trials as common
from hpobench.bridges.keys import flat
from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import is_regular, read_text

PARAMS, RESULTS, ERROR = "params.json", "result.json", "error.txt"
_MAX_PARAMS, _MAX_RESULTS, _MAX_ERROR = 2**20, 2**28, 2**20  # bytes of a trial's files
_STEP = "training_iteration"
_OWN = {_STEP, "timestamp", "checkpoint_dir_name", "should_checkpoint", "done", "pid"}
_OWN |= {"time_this_iter_s", "time_total_s", "time_since_restore", "iterations_since_restore"}
_OWN |= {"timesteps_total", "episodes_total", "warmup_time"}
"""Numbers that Ray puts into every result."""

Row = Mapping[str, Any]


def trial_folders(path: Path) -> list[Path]:
    """The folders of trials in ``path``, which are no links, by name."""
    found = [p for p in sorted(path.iterdir()) if p.is_dir() and not p.is_symlink()]
    return [p for p in found if is_regular(p / PARAMS) or is_regular(p / RESULTS)]


def read_folder(path: Path, asked: common.Asked) -> common.StoredTrials:
    """The experiment whose trials have their folders in ``path``."""
    folders = trial_folders(path)
    if len(folders) > common.MOST_TRIALS:
        raise UsageError(f"{path}: more than {common.MOST_TRIALS:,} trials")
    results = {folder: list(_results(folder / RESULTS)) for folder in folders}
    common.choose("experiment", [path.name], asked.study, "--study", path)
    numbers = {
        name
        for rows in results.values()
        for row in rows[:1]
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    metric = common.choose("metric", sorted(numbers - _OWN), asked.metric, "--metric", path)
    found = [_trial(folder, rows, metric) for folder, rows in results.items()]
    trials = common.with_last_step([trial for trial in found if trial is not None])
    notes = []
    if silent := len(found) - len(trials):
        notes.append(f"{silent} trials without a result and without an error are left out")
    objective = asked.objective(metric, path)
    return common.StoredTrials(
        str(path), "Ray Tune experiment", path.name, objective, trials, "iteration", notes=notes
    )


def _trial(folder: Path, rows: Sequence[Row], metric: str) -> common.PastTrial | None:
    """``None`` if nothing ever came of the trial."""
    error = None
    if is_regular(folder / ERROR):  # its last line says what the trial died of
        lines = read_text(folder / ERROR, limit=_MAX_ERROR).strip().splitlines()
        error = lines[-1][:500] if lines else "failed in Ray Tune"
    if not rows and error is None:
        return None
    file = folder / PARAMS
    if is_regular(file):
        config = _json(file, 1, read_text(file, limit=_MAX_PARAMS))
    else:
        config = rows[0].get("config") if rows else None
    if not isinstance(config, dict):
        raise StoreError(
            f"{file}: no configuration of a trial; remove the folder, or mend the file"
        )
    kept = [row for row in rows if metric in row]  # a last row may only say that it is done
    if rows and not kept:
        raise UsageError(f"{folder / RESULTS} has no {metric!r}, which other trials report")
    steps = {int(row[_STEP]): row for row in kept}  # the later of two, after a restore
    return common.PastTrial(
        folder.name,
        dict(flat(config)),
        reports={step: _number(row[metric]) for step, row in sorted(steps.items())},
        times={
            step: seconds
            for step, row in sorted(steps.items())
            if math.isfinite(seconds := _number(row.get("time_total_s")))
        },
        state="complete" if error is None else "failed",
        error=error,
    )


def _results(file: Path) -> Iterator[Row]:
    if not is_regular(file):
        return
    lines = read_text(file, limit=_MAX_RESULTS).split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _json(file, number, line)
        except StoreError:
            if number == len(lines):  # a killed program was writing it
                return
            raise
        if not isinstance(row, dict) or not isinstance(row.get(_STEP), int):
            raise StoreError(f"{file}:{number}: no result of Ray Tune's, it has no {_STEP}")
        yield row


def _json(file: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(
            f"{file}:{line}: not JSON ({error}); mend the file, or remove the trial's folder"
        ) from error


def _number(value: Any) -> float:
    """``value`` as a number; NaN if it is none, or too large for one."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan
