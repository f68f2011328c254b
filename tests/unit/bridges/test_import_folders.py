"""Folders of Ray Tune's, as Ray leaves them, and what is wrong with bad ones.

``tests/ray/bridges/test_imported_experiment.py`` has folders that Ray made itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.api import Categorical, Float, Int, Space
from hpobench.bridges.imports.importing import Imported, import_trials
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import StoreError, UsageError


def put(folder: Path, name: str, config: Any, losses: Any, error: str | None = None) -> Path:
    """The folder of a trial in an experiment."""
    (trial := folder / name).mkdir(parents=True)
    (trial / "params.json").write_text(json.dumps(config))
    rows = [
        {"loss": x, "training_iteration": i, "time_total_s": 2.0 * i, "pid": 7, "done": False}
        for i, x in enumerate(losses, 1)
    ]
    (trial / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (trial / "params.pkl").write_bytes(b"not to be opened")
    if error is not None:
        (trial / "error.txt").write_text(error)
    return trial


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    for i in range(6):
        config = {"lr": 10.0**-i, "model": {"layers": i + 1}, "kind": "ab"[i % 2], "fixed": 3}
        put(folder, f"trial_{i}", config, [1.0 + i, 0.5 + i, 0.25 + i][: 1 if i == 5 else 3])
    return folder


def read(storage: Path, **asked: Any) -> Imported:
    return import_trials(str(storage), Asked(**{"mode": "min", **asked}))


def test_trials_of_an_experiment(experiment: Path) -> None:
    put(experiment, "trial_6", {"lr": 0.5}, [4.0], "Traceback\n  ...\nValueError: too high\n")
    (experiment / "trial_7").mkdir()
    (experiment / "trial_7" / "params.json").write_text("{}")
    made = read(experiment)
    # A trial that failed may lack parameters; here it is left out for that.
    assert made.space == Space(
        [
            Float("lr", 1e-5, 1.0, log=True),
            Int("model.layers", 1, 6),
            Categorical("kind", ("a", "b")),
        ]
    )
    assert made.table.configs[2] == {"lr": 0.01, "model.layers": 3, "kind": "a"}
    losses = made.table.curves["loss"]
    assert losses[1].tolist() == [2.0, 1.5, 1.25]
    assert losses[5].tolist() == [6.0, 5.5, 5.25]  # goes on as the others did
    assert made.table.curves["wall"].tolist() == [[2.0] * 3] * 6
    assert (made.fidelity.name, made.fidelity.steps) == ("iteration", 3)
    notes = "; ".join(made.notes)
    assert "fixed is left out: it is '3' in every trial" in notes
    assert "1 trials without a result and without an error are left out" in notes
    assert "1 trials that failed before they had all parameters are left out" in notes


def test_a_trial_that_failed_fails_again(experiment: Path) -> None:
    config = {"lr": 0.5, "model": {"layers": 2}, "kind": "a"}
    put(experiment, "trial_6", config, [4.0], "Traceback\n  ...\nValueError: too high\n")
    table = read(experiment).table
    np.testing.assert_array_equal(table.curves["loss"][6], [4.0, np.nan, np.nan])
    assert table.errors[6] == "ValueError: too high"


def test_a_loss_that_is_no_number_fails_the_trial(experiment: Path) -> None:
    config = {"lr": 0.5, "model": {"layers": 2}, "kind": "a"}
    put(experiment, "trial_6", config, [4.0, float("nan"), 1.0])
    table = read(experiment).table
    np.testing.assert_array_equal(table.curves["loss"][6], [4.0, np.nan, np.nan])
    assert table.errors[6] == "no finite loss in step 2"


def test_the_metric_and_the_mode_are_asked_for(experiment: Path) -> None:
    file = experiment / "trial_0" / "result.json"
    file.write_text(file.read_text().replace('"loss"', '"acc": 1.0, "loss"'))
    with pytest.raises(UsageError, match=r"more than one metric: 'acc', 'loss'.*--metric"):
        read(experiment)
    with pytest.raises(UsageError, match=r"whether 'loss' is better low or high; say --mode"):
        read(experiment, metric="loss", mode=None)
    with pytest.raises(UsageError, match=r"trial_1/result\.json has no 'acc'"):
        read(experiment, metric="acc")


def test_a_last_line_that_was_cut_off_is_passed_over(experiment: Path) -> None:
    (file := experiment / "trial_2" / "result.json").write_text(file.read_text()[:-30])
    assert read(experiment).table.about["continued"] == [[2, 2], [5, 1]]


def test_a_line_that_is_no_result(experiment: Path) -> None:
    file = experiment / "trial_2" / "result.json"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0], "{garbage\n", *lines[1:]]))
    with pytest.raises(StoreError, match=r"trial_2/result\.json:2: not JSON"):
        read(experiment)
    file.write_text("{}\n" + "".join(lines))
    with pytest.raises(StoreError, match=r"result\.json:1: .* it has no training_iteration"):
        read(experiment)


def test_other_parameters_than_the_rest(experiment: Path) -> None:
    put(experiment, "trial_6", {"lr": 0.5, "kind": "a", "decay": 0.1}, [1.0, 1.0, 1.0])
    with pytest.raises(UsageError, match=r"trial_6 has no 'model\.layers', which 6 of 7 trials"):
        read(experiment)
    space = experiment.parent / "space.yaml"
    space.write_text("lr: {float: [1e-6, 1], log: true}\nkind: {choice: [a, b]}\n")
    made = import_trials(str(experiment), Asked(mode="min"), space_file=space)
    assert made.table.configs[6] == {"lr": 0.5, "kind": "a"}
    space.write_text("lr: {float: [1e-6, 0.4], log: true}\n")
    with pytest.raises(UsageError, match=r"mine: trial_0: lr = 1\.0 is not in .*--space"):
        import_trials(str(experiment), Asked(mode="min"), space_file=space)


def test_nothing_is_followed_or_unpickled(experiment: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "elsewhere", "trial", {"lr": 0.3}, [0.0])
    (experiment / "trial_8").symlink_to(secret)
    (experiment / "trial_9").mkdir()
    (experiment / "trial_9" / "result.json").symlink_to(secret / "result.json")
    assert len(read(experiment).table.configs) == 6


def test_folders_of_nothing(experiment: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds experiments of Ray Tune: name one, like mine"):
        read(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="a folder without trials of Ray Tune and without runs"):
        read(tmp_path / "empty")
    with pytest.raises(StoreError, match="there is no such file or folder"):
        read(tmp_path / "missing")


def test_all_trials_failed(tmp_path: Path) -> None:
    for i in range(2):
        put(tmp_path / "bad", f"trial_{i}", {"lr": 0.1 + i}, [], "ValueError: no")
        (tmp_path / "bad" / f"trial_{i}" / "result.json").unlink()
    with pytest.raises(UsageError, match="has no metric: there is nothing to import"):
        read(tmp_path / "bad")
