"""Optuna's storages: what is read from them, and what is wrong with bad ones."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from hpobench.api import Categorical, Float, Int, Ordinal, Space, When
from hpobench.bridges.imports.importing import Imported, import_trials
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import StoreError, UsageError
from tests.support.imported_trials import SPACE, configs, curve, optuna_journal, optuna_study

# Optuna's tables use what SQLAlchemy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


def read(storage: Path, **asked: Any) -> Imported:
    return import_trials(str(storage), Asked(**asked))


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Any]:
    """A new study in the journal ``study.log``."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    return lambda **options: optuna.create_study(storage=storage, **options)


def trial(params: Any, distributions: Any, value: Any = 1.0, **more: Any) -> Any:
    return create_trial(params=params, distributions=distributions, value=value, **more)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("optuna") / "study.db"
    optuna_study(f"sqlite:///{file}", 12)
    return file


def test_a_database_and_a_journal_hold_the_same(database: Path, tmp_path: Path) -> None:
    optuna_journal(tmp_path / "study.log", 12)
    for file in (database, tmp_path / "study.log"):
        made = read(file)
        assert made.space == SPACE
        assert made.table.configs == configs(12)
        assert made.table.curves["loss"].tolist() == [list(curve(c)) for c in configs(12)]
        assert (made.table.curves["wall"] > 0).all()
        assert (made.fidelity.steps, made.fidelity.unit, made.inferred) == (5, 1.0, False)
        assert made.table.about["imported"]["file"] == file.name


def test_a_storage_is_left_as_it_is(database: Path) -> None:
    before = database.read_bytes(), sorted(database.parent.iterdir())
    read(database)
    assert (database.read_bytes(), sorted(database.parent.iterdir())) == before


@pytest.fixture
def of_version(database: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the database that says it has another version of Optuna's tables."""

    def made(version: str) -> Path:
        shutil.copy(database, tmp_path / "other.db")
        with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [version])
        return tmp_path / "other.db"

    return made


def test_an_older_database_is_brought_up_to_date_in_the_copy(of_version: Any) -> None:
    old = of_version("v3.0.0.d")
    data = old.read_bytes()
    assert read(old).table.configs == configs(12)
    assert old.read_bytes() == data


def test_a_newer_database_is_left_to_a_newer_optuna(of_version: Any) -> None:
    with pytest.raises(StoreError, match=r"other\.db: Optuna 5.* cannot read it.*that wrote it"):
        read(of_version("v99.0.0.a"))


def test_distributions_become_parameters(study: Any, tmp_path: Path) -> None:
    distributions = {
        "plain": FloatDistribution(0.0, 1.0),
        "stepped": FloatDistribution(0.0, 1.0, step=0.25),
        "even": IntDistribution(2, 8, step=2),
        "log": IntDistribution(1, 100, log=True),
        "only": IntDistribution(3, 3),
        "choice": CategoricalDistribution([None, "x", 1, True]),
    }
    params = {"plain": 0.5, "stepped": 0.75, "even": 4, "log": 9, "only": 3, "choice": None}
    study().add_trial(trial(params, distributions))
    made = read(tmp_path / "study.log")
    assert made.space == Space(
        [
            Float("plain", 0.0, 1.0),
            Ordinal("stepped", (0.0, 0.25, 0.5, 0.75, 1.0)),
            Ordinal("even", (2, 4, 6, 8)),
            Int("log", 1, 100, log=True),
            Categorical("only", (3,)),
            Categorical("choice", ("None", "x", 1, True)),
        ]
    )
    assert made.table.configs == [params | {"choice": "None"}]


def test_bounds_that_grew_hold_all_trials(study: Any, tmp_path: Path) -> None:
    mine = study()
    for high in (1.0, 3.0):
        mine.add_trial(trial({"x": high}, {"x": FloatDistribution(0.0, high)}))
    made = read(tmp_path / "study.log")
    assert made.space == Space([Float("x", 0.0, 3.0)])
    assert any("other bounds" in note for note in made.notes)


def test_one_name_for_two_things_is_refused(study: Any, tmp_path: Path) -> None:
    mine = study()
    for log in (False, True):
        mine.add_trial(trial({"x": 0.5}, {"x": FloatDistribution(0.1, 1.0, log=log)}))
    with pytest.raises(UsageError, match=r"study\.log: 'x' is .* in trial 0 and .* in trial 1"):
        read(tmp_path / "study.log")


def test_conditions_are_found(study: Any, tmp_path: Path) -> None:
    kinds = CategoricalDistribution(["sgd", "adam"])
    layers, units = IntDistribution(1, 4), IntDistribution(8, 64)
    mine = study()
    for kind, n in [("adam", 1), ("sgd", 2), ("sgd", 1), ("adam", 3)]:
        params = {"kind": kind, "layers": n, **{f"units{i}": 8 + i for i in range(n)}}
        given = {"kind": kinds, "layers": layers, **{f"units{i}": units for i in range(n)}}
        if kind == "sgd":
            params["momentum"], given["momentum"] = 0.9, FloatDistribution(0.0, 1.0)
        mine.add_trial(trial(params, given))
    space = read(tmp_path / "study.log").space
    assert space["units0"].when is None
    assert space["momentum"].when == When("kind", ("sgd",))
    # Nobody had four layers, which is more like three than like one.
    assert space["units1"].when == When("layers", (2, 3, 4))
    assert space["units2"].when == When("layers", (3, 4))


def test_a_condition_that_nothing_tells_is_asked_for(study: Any, tmp_path: Path) -> None:
    mine, x, y = study(), FloatDistribution(0.0, 1.0), FloatDistribution(0.0, 1.0)
    for n in range(4):
        more = {"y": 0.5} if n % 2 else {}
        mine.add_trial(trial({"x": n / 4, **more}, {"x": x, **({"y": y} if more else {})}))
    reason = r"trial 0 has no 'y', which 2 of 4 trials have, and no other parameter tells.*--space"
    with pytest.raises(UsageError, match=reason):
        read(tmp_path / "study.log")


def test_pruned_failed_and_running_trials(study: Any, tmp_path: Path) -> None:
    mine, given = study(direction="maximize"), {"x": FloatDistribution(0.0, 1.0)}
    mine.add_trial(trial({"x": 0.1}, given, 0.5, intermediate_values={1: 0.1, 2: 0.4, 3: 0.5}))
    mine.add_trial(trial({"x": 0.2}, given, 0.9, intermediate_values={1: 0.3, 2: 0.8, 3: 0.9}))
    pruned = {"state": TrialState.PRUNED, "intermediate_values": {1: 0.05}}
    mine.add_trial(trial({"x": 0.3}, given, None, **pruned))
    mine.add_trial(trial({"x": 0.4}, given, None, state=TrialState.PRUNED))
    failed = {"state": TrialState.FAIL, "intermediate_values": {1: 0.2}}
    mine.add_trial(trial({"x": 0.5}, given, None, **failed))
    mine.add_trial(trial({}, {}, None, state=TrialState.FAIL))
    mine.ask(given)
    made = read(tmp_path / "study.log")
    losses = made.table.curves["loss"]
    assert losses[:2].tolist() == [[-0.1, -0.4, -0.5], [-0.3, -0.8, -0.9]]
    # It goes on with the median change of those that went on: 0.4 and 0.1.
    np.testing.assert_allclose(losses[2], [-0.05, -0.45, -0.55])
    np.testing.assert_array_equal(losses[3], [-0.2, np.nan, np.nan])
    assert len(losses) == 4
    assert made.table.about["continued"] == [[2, 1]]
    assert (made.table.about["trials"], made.table.about["failed"]) == (4, 1)
    assert made.table.errors[3] is not None
    text = "; ".join(made.notes)
    assert "1 trials that are waiting or running are left out" in text
    assert "1 trials that were stopped before their first report are left out" in text
    assert "1 trials that failed before they had all parameters are left out" in text


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_one_of_several_objectives(study: Any, tmp_path: Path) -> None:
    mine = study(directions=["minimize", "maximize"])
    mine.set_metric_names(["loss", "accuracy"])
    distributions = {"x": FloatDistribution(0.0, 1.0)}
    mine.add_trial(create_trial(params={"x": 0.5}, distributions=distributions, values=[2.0, 0.7]))
    with pytest.raises(UsageError, match=r"more than one objective: 'loss', 'accuracy'.*--metric"):
        read(tmp_path / "study.log")
    made = read(tmp_path / "study.log", metric="accuracy")
    assert made.source.objective.direction == "maximize"
    assert made.table.curves["loss"].tolist() == [[-0.7]]


def test_one_of_several_studies(tmp_path: Path) -> None:
    for name in ("first", "second"):
        optuna_journal(tmp_path / "study.log", 3, name)
    with pytest.raises(UsageError, match=r"more than one study: 'first', 'second'.*--study"):
        read(tmp_path / "study.log")
    assert read(tmp_path / "study.log", study="second").source.name == "second"
    with pytest.raises(UsageError, match=r"no study 'secnd'; did you mean second\?"):
        read(tmp_path / "study.log", study="secnd")


def test_an_empty_study(study: Any, tmp_path: Path) -> None:
    study(study_name="void")
    with pytest.raises(UsageError, match="'void' has no trial that is over"):
        read(tmp_path / "study.log")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_half_written_database(database: Path, tmp_path: Path, share: float) -> None:
    data = database.read_bytes()
    (half := tmp_path / "half.db").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(StoreError, match=r"half\.db: a damaged or half-written sqlite database"):
        read(half)


def test_a_database_that_is_no_study(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    with pytest.raises(UsageError, match=r"other\.db: a database of another tool, with songs"):
        read(tmp_path / "other.db")


def test_a_journal_that_was_cut_off_keeps_its_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    optuna_journal(file, 6)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    made = read(file)
    assert len(made.table.configs) == 5
    assert "1 trials that are waiting or running are left out" in made.notes


def test_a_line_of_a_journal_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    optuna_journal(file, 3)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:4], b"{garbage\n", *lines[4:]]))
    with pytest.raises(StoreError, match=r"study\.log:5: no entry of a journal"):
        read(file)


def test_a_value_of_a_journal_that_is_no_number(study: Any, tmp_path: Path) -> None:
    given = {"x": FloatDistribution(0.0, 1.0)}
    study().add_trial(trial({"x": 0.1}, given, 0.5, intermediate_values={1: 0.625}))
    (file := tmp_path / "study.log").write_bytes(file.read_bytes().replace(b"0.625", b'"low"'))
    with pytest.raises(StoreError, match=r"study\.log: Optuna 5.*could not convert"):
        read(file)


def test_a_journal_whose_entries_make_no_sense(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    optuna_journal(file, 3)
    file.write_bytes(file.read_bytes().replace(b'"op_code":5', b'"op_code":77'))
    with pytest.raises(StoreError, match=r"study\.log: Optuna 5.* cannot read it"):
        read(file)
