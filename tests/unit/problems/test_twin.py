"""The problem ``twin``: a forest over imported trials."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from hpobench.api import Categorical, Config, Float, Int, Space, When
from hpobench.bridges.imports import importing
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import SpaceError, StoreError, UsageError
from hpobench.problems.recorded import _forest
from hpobench.problems.recorded.twin import Twin
from hpobench.recording.table import Table, read_table, write_table
from tests.support.imported_trials import SPACE, STEPS, configs, curve
from tests.support.present import present

CONDITIONAL = Space(
    [
        Categorical("kind", ("a", "b", "c")),
        Float("x", 0.0, 1.0),
        Int("n", 1, 5, when=When("kind", ("b", "c"))),
    ]
)
FEW = Space([Categorical("kind", ("a", "b", "c")), Int("n", 1, 3)])
"""Has so few configurations that leaves hold several trials."""


def table(trials: int = 60, losses: Any = None, **about: Any) -> Table:
    drawn = configs(trials)
    loss = np.array([list(curve(c)) for c in drawn]) if losses is None else losses
    wall = np.array([[1.0 + c["depth"]] * STEPS for c in drawn])  # type: ignore[operator]
    whole = {
        "version": 1,
        "problem": "made up",
        "space": SPACE.to_json(),
        "trained": SPACE.to_json(),
        "fidelity": {"name": "epoch", "steps": STEPS, "unit": 1.0},
        "objective": {"metric": "loss", "direction": "minimize"},
        "mutable": None,
        "heldout": False,
        "trials": trials,
        "failed": 0,
        "seed": "unknown",
        **about,
    }
    errors = [None if ok else "no" for ok in np.isfinite(loss).all(axis=1)]
    return Table(whole, drawn, {"loss": loss, "wall": wall}, errors)


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_forest, "TREES", 20)


@pytest.fixture
def twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Twin:
    monkeypatch.chdir(tmp_path)
    made = table()
    measured = {"rank_correlation": 0.9, "forced": False, "reference": {"optimum": 0, "clip": 1}}
    made.about["twin"] = measured
    write_table(tmp_path / "mine.parquet", made)
    return Twin(table="mine.parquet")


@pytest.mark.parametrize("space", [SPACE, CONDITIONAL, FEW], ids=["plain", "conditional", "few"])
def test_a_forest_foretells_what_scikit_learn_does(space: Space) -> None:
    rng = Random(3)
    drawn = [space.sample(rng) for _ in range(80)]
    # Trees are fitted to ranks. Those of ranks are themselves, so that both foretell the same.
    ranks = _forest._ranks(np.random.default_rng(0).uniform(size=(80, 1)))
    forest = _forest.Forest(space, _forest.grow(space, drawn, ranks))

    def points(found: list[Config]) -> Any:
        return np.array([_forest._point(space, config) for config in found], np.float32)

    oracle = ExtraTreesRegressor(_forest.TREES, random_state=_forest.SEED)
    oracle.fit(points(drawn), ranks[:, 0])
    asked = [space.sample(rng) for _ in range(50)]
    found = [forest.curve(config)[0] for config in asked]
    np.testing.assert_allclose(found, oracle.predict(points(asked)), rtol=1e-12)


def test_recorded_trials_are_answered_as_they_were(twin: Twin) -> None:
    for config in configs(10):
        found = twin.curve(config, seed=1)
        # A tree may leave two trials in one leaf, if its thresholds cannot tell them apart.
        assert found.losses == pytest.approx(list(curve(config)), rel=1e-2)
        assert found.costs == pytest.approx([1.0 + config["depth"]] * STEPS, rel=1e-1)  # type: ignore[operator]
        assert twin.finals([config], 0) == [(found.losses[-1], found.losses[-1])]


def test_curves_stay_in_the_range_and_fall_as_recorded_ones_do(twin: Twin) -> None:
    rng, all_losses = Random(9), table().curves["loss"]
    for _ in range(50):
        losses = np.array(twin.curve(SPACE.sample(rng), 0).losses)
        assert (np.diff(losses) < 0).all()
        assert (losses >= all_losses.min(axis=0)).all()
        assert (losses <= all_losses.max(axis=0)).all()


def test_the_same_table_gives_the_same_curves_again(twin: Twin, own_cache: Path) -> None:
    asked = [SPACE.sample(Random(i)) for i in range(5)]
    first = [twin.curve(config, 0) for config in asked]
    assert len(list(own_cache.iterdir())) == 1
    assert [Twin(table="mine.parquet").curve(config, 7) for config in asked] == first
    assert len(list(own_cache.iterdir())) == 1
    with pytest.raises(SpaceError, match="'depth' is missing"):
        twin.curve({"lr": 0.1, "kind": "a"}, 0)
    assert twin.curve({k: np.asarray(v)[()] for k, v in asked[0].items()}, 0) == first[0]  # type: ignore[misc]


def test_the_reference_says_what_the_twin_is_worth(twin: Twin) -> None:
    reference = present(twin.reference())
    assert (reference.optimum, reference.clip, reference.known) == (0.0, 1.0, False)
    expected = "a model of 60 trials of made up: rank correlation 0.90 on held-out trials"
    assert reference.source == expected
    assert twin.estimate() == pytest.approx(5 * 5.5, rel=0.3)


def test_a_table_none_measured_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "mine.parquet", table())
    with pytest.raises(UsageError, match=r"mine\.parquet: nobody has measured.*--surrogate"):
        Twin(table="mine.parquet")
    (tmp_path / "other.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match=r"other\.parquet"):
        Twin(table="other.parquet")


def test_the_quality_is_that_of_unknown_trials() -> None:
    found = Twin.quality(table(60))
    assert found["rank_correlation"] > 0.8
    assert found["error"] < found["spread"]
    assert (found["step"], found["trials"], found["folds"]) == (STEPS, 60, 5)
    noise = np.random.default_rng(0).normal(size=(60, STEPS))
    assert abs(Twin.quality(table(60, noise))["rank_correlation"]) < 0.4
    assert Twin.quality(table(30, np.ones((30, STEPS))))["rank_correlation"] == 0.0


def test_the_quality_is_taken_where_trials_were_really_seen() -> None:
    losses = table(60).curves["loss"]
    losses[0] = np.nan
    continued = [[row, 2] for row in range(1, 50)]
    found = Twin.quality(table(60, losses, continued=continued))
    assert (found["step"], found["trials"]) == (2, 59)
    continued = [[row, 2] for row in range(1, 40)]
    assert Twin.quality(table(60, losses, continued=continued))["trials"] == 20
    with pytest.raises(UsageError, match=r"19 trials have losses, too few.*it takes 20"):
        Twin.quality(table(19))


def test_trials_that_failed_are_left_out() -> None:
    losses = table(40).curves["loss"]
    losses[3, 2:] = np.nan
    made = Twin.of(table(40, losses))
    curves = [made.curve(config, 0) for config in configs(40)]
    assert np.isfinite([c.losses for c in curves]).all()
    assert np.isfinite([c.costs for c in curves]).all()


def test_imported_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importing, "_SEARCHED", 50)
    rows = [[*c.values(), list(curve(c))[-1]] for c in configs(40)]
    text = "\n".join(["lr,depth,kind,loss", *(",".join(map(str, row)) for row in rows)])
    (tmp_path / "mine.csv").write_text(text)
    made = importing.import_trials("mine.csv", Asked(metric="loss", mode="min"))
    for name in ("a.parquet", "b.parquet"):
        write_table(tmp_path / name, importing.with_twin(made, force=False).table)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    twin = Twin(table="a.parquet")
    reference = present(twin.reference())
    losses = read_table(tmp_path / "a.parquet").curves["loss"]
    assert losses.min() <= reference.optimum < reference.clip <= losses.max()
    assert json.loads(json.dumps(twin._about))["twin"]["forced"] is False
