"""Studies in Optuna's storages: sqlite databases and journal files."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.bridges.imports.copies import copied
from hpobench.bridges.imports.optuna_space import space_of, value_of
from hpobench.bridges.imports.trials import Asked, Source, State, Trial, choose
from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.problem import Objective

TABLES = {"studies", "trials", "trial_params"}
"""By these a database is known to be Optuna's."""
_STATES: Mapping[str, State] = {"COMPLETE": "complete", "PRUNED": "stopped", "FAIL": "failed"}


def is_journal(beginning: bytes) -> bool:
    """Whether a file that starts so is a journal of Optuna's."""
    try:
        entry = json.loads(beginning.split(b"\n")[0])
    except ValueError:
        return False
    return isinstance(entry, dict) and {"op_code", "worker_id"} <= entry.keys()


def read_database(path: Path, copy: Path, asked: Asked) -> Source:
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


def read_journal(path: Path, asked: Asked) -> Source:
    """The study in the journal file ``path``."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with copied(path) as copy, _explained(path):
        _check_lines(path, copy)
        return _read(path, JournalStorage(JournalFileBackend(str(copy))), asked)


def _check_lines(path: Path, copy: Path) -> None:
    """Raise for a line that is no entry; a last one that was cut off is removed from ``copy``."""
    lines = copy.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            json.loads(line)
        except ValueError as error:
            raise StoreError(
                f"{path}:{number}: no entry of a journal of Optuna's; remove this line if the rest "
                "is whole, or restore the file from a copy"
            ) from error
    copy.write_bytes(b"\n".join([*lines[:-1], b""]))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever Optuna raises about the storage ``path`` into a :class:`StoreError`."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    except (StoreError, UsageError):
        raise
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise StoreError(
            f"{path}: Optuna {optuna.__version__} cannot read it ({type(error).__name__}: "
            f"{first[:200]}); read it with the Optuna that wrote it, or restore it from a copy"
        ) from error
    finally:
        optuna.logging.set_verbosity(level)


def _read(path: Path, storage: Any, asked: Asked) -> Source:
    studies = {study.study_name: study for study in storage.get_all_studies()}
    name = choose("study", sorted(studies), asked.study, "--study", path)
    study = studies[name]
    which, objective = _objective(path, study, asked)
    found = storage.get_all_trials(study._study_id, deepcopy=False)
    trials = [_trial(trial, which) for trial in found if trial.state.name in _STATES]
    notes = []
    if unfinished := len(found) - len(trials):
        notes.append(f"{unfinished} trials that are waiting or running are left out")
    over = [trial for trial in found if trial.state.name in _STATES]
    # A failed trial may lack parameters that it was about to ask for.
    space, said = space_of(str(path), [t for t in over if t.state.name != "FAIL"] or over)
    notes += said
    return Source(str(path), "Optuna study", name, objective, trials, space=space, notes=notes)


def _objective(path: Path, study: Any, asked: Asked) -> tuple[int, Objective]:
    """The position of the objective that is asked for, and what it is."""
    names: Sequence[str] = study.system_attrs.get("study:metric_names") or [
        str(i) if len(study.directions) > 1 else "value" for i in range(len(study.directions))
    ]
    if len(names) == 1 and study.system_attrs.get("study:metric_names") is None and asked.metric:
        names = [asked.metric]  # nobody gave it a name before
    metric = choose("objective", list(names), asked.metric, "--metric", f"{path}: study")
    which = names.index(metric)
    direction = study.directions[which].name.lower()
    if direction == "not_set":
        return which, asked.objective(metric, path)
    return which, Objective(metric, direction)


def _trial(trial: Any, which: int) -> Trial:
    seconds = trial.duration.total_seconds() if trial.duration else None
    values = trial.values if trial.state.name == "COMPLETE" else None
    state = _STATES[trial.state.name]
    return Trial(
        name=f"trial {trial.number}",
        params={name: value_of(value) for name, value in trial.params.items()},
        # A journal that was edited may hold anything.
        reports={step: float(x) for step, x in sorted(trial.intermediate_values.items())},
        final=float(values[which]) if values else None,
        seconds=seconds,
        state=state,
        error=_reason(trial) if state == "failed" else None,
    )


def _reason(trial: Any) -> str:
    return str(trial.system_attrs.get("fail_reason", "failed in Optuna"))[:500]
