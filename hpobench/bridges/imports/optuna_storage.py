"""Studies in Optuna's storages, sqlite databases and journal files, with their spaces."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.api import Categorical, Float, Int, Objective, Ordinal, Parameter, Space, Value
from hpobench.bridges.imports.inferred_space import with_conditions
from hpobench.bridges.imports.trials import Asked, PastTrial, State, StoredTrials, choose, copied
from hpobench.contract.errors import StoreError, UsageError

TABLES = {"studies", "trials", "trial_params"}  # by these a database is known to be Optuna's
_STATES: Mapping[str, State] = {"COMPLETE": "complete", "PRUNED": "stopped", "FAIL": "failed"}
_MOST_LEVELS = 1000  # a parameter with a step and more values is taken for a plain range


def is_journal(beginning: bytes) -> bool:
    """Whether a file that starts so is a journal of Optuna's."""
    try:
        entry = json.loads(beginning.split(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and {"op_code", "worker_id"} <= entry.keys()


def read_database(path: Path, copy: Path, asked: Asked) -> StoredTrials:
    """The study in the sqlite database ``path``, whose ``copy`` is opened and may be migrated."""
    from optuna.storages import RDBStorage

    with _explained(path):
        storage = RDBStorage(f"sqlite:///{copy}", skip_compatibility_check=True)
        try:
            if storage.get_current_version() != storage.get_head_version():
                storage.upgrade()
            return _read(path, storage, asked)
        finally:
            storage.engine.dispose()


def read_journal(path: Path, asked: Asked) -> StoredTrials:
    """The study in the journal file ``path``."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with copied(path) as copy, _explained(path):
        lines = copy.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                json.loads(line)
            except ValueError as error:
                raise StoreError(
                    f"{path}:{number}: no entry of a journal of Optuna's; remove this line if the "
                    "rest is whole, or restore the file from a copy"
                ) from error
        # What follows the last line break is an entry that was being written.
        copy.write_bytes(b"\n".join([*lines[:-1], b""]))
        return _read(path, JournalStorage(JournalFileBackend(str(copy))), asked)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever Optuna raises about the storage ``path`` into a :class:`StoreError`."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    except (StoreError, UsageError, MemoryError):
        raise
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise StoreError(
            f"{path}: Optuna {optuna.__version__} cannot read it ({type(error).__name__}: "
            f"{first[:200]}); read it with the Optuna that wrote it, or restore it from a copy"
        ) from error
    finally:
        optuna.logging.set_verbosity(level)


def _read(path: Path, storage: Any, asked: Asked) -> StoredTrials:
    studies = {study.study_name: study for study in storage.get_all_studies()}
    name = choose("study", sorted(studies), asked.study, "--study", path)
    study = studies[name]
    which, objective = _objective(path, study, asked)
    found = storage.get_all_trials(study._study_id, deepcopy=False)
    over = [trial for trial in found if trial.state.name in _STATES]
    trials = [_trial(trial, which) for trial in over]
    notes = []
    if unfinished := len(found) - len(over):
        notes.append(f"{unfinished} trials that are waiting or running are left out")
    # A failed trial may lack parameters that it was about to ask for.
    space, said = _space_of(str(path), [t for t in over if t.state.name != "FAIL"] or over)
    notes += said
    return StoredTrials(
        str(path), "Optuna study", name, objective, trials, space=space, notes=notes
    )


def _objective(path: Path, study: Any, asked: Asked) -> tuple[int, Objective]:
    """The position of the objective that is asked for, and what it is."""
    count, given = len(study.directions), study.system_attrs.get("study:metric_names")
    names: Sequence[str] = given or [str(i) if count > 1 else "value" for i in range(count)]
    if count == 1 and given is None and asked.metric:
        names = [asked.metric]  # nobody gave it a name before
    metric = choose("objective", list(names), asked.metric, "--metric", f"{path}: study")
    which = names.index(metric)
    direction = study.directions[which].name.lower()
    if direction == "not_set":
        return which, asked.objective(metric, path)
    return which, Objective(metric, direction)


def _trial(trial: Any, which: int) -> PastTrial:
    state = _STATES[trial.state.name]
    values = trial.values if state == "complete" else None
    reason = trial.system_attrs.get("fail_reason", "failed in Optuna")
    return PastTrial(
        name=f"trial {trial.number}",
        params={name: _value_of(value) for name, value in trial.params.items()},
        # A journal that was edited may hold anything.
        reports={step: float(x) for step, x in sorted(trial.intermediate_values.items())},
        final=float(values[which]) if values else None,
        seconds=trial.duration.total_seconds() if trial.duration else None,
        state=state,
        error=str(reason)[:500] if state == "failed" else None,
    )


def _value_of(value: Any) -> Value:
    """``value`` as a choice; what is no word, number or boolean becomes its text."""
    return value if type(value) in (str, int, float, bool) else str(value)


def _space_of(where: str, trials: Sequence[Any]) -> tuple[Space, list[str]]:
    """The space of ``trials``, in the order in which parameters were first suggested, and what to
    know about it."""
    seen: dict[str, list[tuple[Any, Any]]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            kept = seen.setdefault(name, [])
            if all(known != distribution for known, _ in kept):
                kept.append((distribution, trial))
    parameters = [_merged(where, name, found) for name, found in seen.items()]
    notes = [
        f"{name} has other bounds in some trials; its space holds all of them"
        for name, found in seen.items()
        if len(found) > 1
    ]
    params = [{k: _value_of(v) for k, v in trial.params.items()} for trial in trials]
    names = [f"trial {trial.number}" for trial in trials]
    space, said = with_conditions(where, parameters, params, names)
    return space, [*notes, *said]


def _merged(where: str, name: str, found: Sequence[tuple[Any, Any]]) -> Parameter:
    """The parameter ``name`` with all its distributions, each beside a trial that had it."""
    (first, trial), *others = found
    for other, its in others:
        if type(other) is not type(first) or getattr(other, "log", 0) != getattr(first, "log", 0):
            raise UsageError(
                f"{where}: {name!r} is {first} in trial {trial.number} and {other} in trial "
                f"{its.number}: two parameters of one name; say with --space what it is"
            )
    distributions = [distribution for distribution, _ in found]
    if hasattr(first, "choices"):
        choices = [_value_of(choice) for d in distributions for choice in d.choices]
        kept = {(type(choice), choice): choice for choice in choices}
        return Categorical(name, tuple(kept.values()))
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    integer = type(first).__name__ == "IntDistribution"
    if low == high:
        return Categorical(name, (low,))
    if all(d.step not in (1 if integer else 0, None) for d in distributions):
        counts = [round((d.high - d.low) / d.step) + 1 for d in distributions]
        if max(counts) <= _MOST_LEVELS:
            levels = {
                min(d.low + i * d.step, d.high)
                for d, count in zip(distributions, counts, strict=True)
                for i in range(count)
            }
            return Ordinal(name, tuple(sorted(levels)))
    return Int(name, low, high, first.log) if integer else Float(name, low, high, first.log)
