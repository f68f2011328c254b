"""Configurations of the best tenth, against plain loops and SciPy."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpobench.analysis.exhibits import parallel_coordinates
from hpobench.analysis.exhibits._best_configurations import (
    AXES,
    BEST,
    REST,
    best_configurations,
    distances,
    unit_positions,
)
from hpobench.analysis.exhibits.parallel_coordinates import ENOUGH
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, When
from hpobench.contract.space import Space
from hpobench.store.read.reader import Results
from tests.support.results_factory import PROBLEMS, MadeProblem, make_population, make_results

SETTINGS = Settings()
SPACE = Space(
    [
        Float("lr", 1e-4, 1.0, log=True),
        Int("depth", 1, 8),
        Categorical("booster", ("tree", "linear", "dart")),
        Float("drop", 0.0, 1.0, when=When("booster", ("dart",))),
        Ordinal("width", (16, 64, 256)),
    ]
)


def configured(results: Results, space: Space = SPACE) -> Results:
    """``results`` with random configurations of ``space``."""
    rng = Random(0)
    configs = [json.dumps(space.sample(rng)) for _ in range(len(results.trials))]
    problems = results.problems.assign(space=json.dumps(space.to_json()))
    return replace(results, trials=results.trials.assign(config=configs), problems=problems)


def by_loops(results: Results, problem: str) -> list[tuple[float, str, int]]:
    """The loss, cell and trial of the best tenth, the best first."""
    found: list[Any] = []
    cells = results.cells.loc[results.cells["problem"] == problem, "cell"].tolist()
    events = results.events[results.events["cell"].isin(cells)]
    for (cell, trial), own in events.groupby(["cell", "trial"], observed=True):
        step, loss = own["step"].iloc[-1], own["loss"].iloc[-1]
        if np.isfinite(loss):
            found.append((-step, loss, cells.index(cell), cell, trial))
    full = [row for row in sorted(found) if row[0] == min(found)[0]]
    tenth = full[: int(np.ceil(len(full) / 10))]
    return [(loss, cell, trial) for _, loss, _, cell, trial in tenth]


def test_the_best_tenth_with_its_configurations() -> None:
    results = configured(make_results(["random", "tpe"], problems=PROBLEMS[2:], seeds=2))
    table = best_configurations(results, "mlp-vehicle", SETTINGS)
    expected = by_loops(results, "mlp-vehicle")
    best = table[table["best"]]
    lines = best.drop_duplicates("line")
    assert 5 < len(expected) == len(lines) < BEST
    assert lines["line"].tolist() == list(range(len(lines)))
    assert lines["value"].tolist() == [-loss for loss, _, _ in expected]  # an accuracy
    trials: Any = results.trials.set_index(["cell", "trial"])
    cells = results.cells.set_index("cell")
    for (_, line), (_, cell, trial) in zip(best.groupby("line"), expected, strict=True):
        config = json.loads(trials.loc[(cell, trial), "config"])
        row = cells.loc[cell]
        assert line["algorithm"].iloc[0] == f"{row['searcher']} + {row['scheduler']}"
        assert line[["seed", "trial", "step"]].iloc[0].tolist() == [row["seed"], trial, 9]
        own = line.set_index("parameter")
        assert own["setting"].dropna().to_dict() == config
        for name, value in config.items():
            assert own.loc[name, "position"] == SPACE[name].to_unit(value)
        assert own["position"].notna().sum() == len(config)


def test_the_rest_is_a_sample_that_a_seed_fixes() -> None:
    results = configured(make_results(["random", "tpe"], problems=PROBLEMS[2:], seeds=2))
    table = best_configurations(results, "mlp-vehicle", SETTINGS)
    rest = table[~table["best"]].drop_duplicates("line")
    assert len(rest) == REST
    assert (rest["step"] < 9).any()
    assert not table.drop_duplicates("line").duplicated(["algorithm", "seed", "trial"]).any()
    pd.testing.assert_frame_equal(table, best_configurations(results, "mlp-vehicle", SETTINGS))
    other = best_configurations(results, "mlp-vehicle", replace(SETTINGS, seed=1))
    best = table["best"]
    pd.testing.assert_frame_equal(table[best], other[other["best"]])
    assert not table[~best].equals(other[~other["best"]])


def test_ties_go_by_run_and_trial_whatever_the_order_of_events() -> None:
    results = configured(make_results(["random"], ["fifo"], failed=()))
    results = replace(results, events=results.events.assign(loss=0.5))
    table = best_configurations(results, "mlp-vehicle", SETTINGS)
    order = results.events.sort_values(["trial", "step"], kind="stable")
    other = best_configurations(replace(results, events=order), "mlp-vehicle", SETTINGS)
    pd.testing.assert_frame_equal(table, other)
    lines = table[table["best"]].drop_duplicates("line")
    assert lines["seed"].is_monotonic_increasing
    assert lines["trial"].iloc[:5].is_monotonic_increasing


def test_more_than_can_be_drawn() -> None:
    problem = MadeProblem("p", steps=1, cost=4.0)
    results = configured(make_results(["random"], ["fifo"], [problem], seeds=1, failed=()))
    expected = by_loops(results, "p")
    table = best_configurations(results, "p", SETTINGS)
    values = table[table["best"]].drop_duplicates("line")["value"].tolist()
    assert len(values) == BEST < len(expected)
    assert [values[0], values[-1]] == [expected[0][0], expected[-1][0]]
    assert set(values) < {loss for loss, _, _ in expected}
    assert values == sorted(values)


def test_distances_of_many_trials_are_measured_by_some(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = MadeProblem("p", steps=1, cost=4.0)
    results = configured(make_results(["random"], ["fifo"], [problem], seeds=1, failed=()))
    exact = best_configurations(results, "p", SETTINGS)
    monkeypatch.setattr("hpobench.analysis.exhibits._best_configurations.SAMPLE", BEST)
    table = best_configurations(results, "p", SETTINGS)
    best = table["best"]
    drawn = ["line", "value", "parameter", "setting", "position"]
    pd.testing.assert_frame_equal(table.loc[best, drawn], exact.loc[exact["best"], drawn])
    firsts = (frame.drop_duplicates("parameter") for frame in (table, exact))
    found, distance = (frame.set_index("parameter")["distance"] for frame in firsts)
    assert (found != distance).any()
    assert abs(found - distance).max() < 0.15


def test_a_clone_counts_with_the_configuration_that_it_ended_with() -> None:
    space = Space([Float("lr", 1e-6, 1e6, log=True), Float("other", 0, 1)])
    results = configured(make_population(24, seeds=2), space)
    changed = {"lr": 123.0, "other": 0.5}
    events = results.events
    cloned = events["config"].notna()
    events = events.assign(config=events["config"].where(~cloned, json.dumps(changed)))
    table = best_configurations(replace(results, events=events), "cnn", SETTINGS)
    settings = table[table["parameter"] == "lr"].set_index(["algorithm", "seed", "trial"])
    owners = results.cells.set_index("cell")
    clones = set()
    for cell, trial in events.loc[cloned, ["cell", "trial"]].itertuples(index=False):
        row = owners.loc[cell]
        clones.add((f"{row['searcher']} + {row['scheduler']}", row["seed"], trial))
    assert len(clones) > 5
    for key, setting in settings["setting"].items():
        assert (setting == 123.0) == (key in clones)


def test_distances_are_kolmogorovs_and_total_variations() -> None:
    rng = Random(1)
    configs: list[Any] = [SPACE.sample(rng) for _ in range(200)]
    best = np.array([c["lr"] < 0.01 and c["booster"] != "tree" for c in configs])
    positions = unit_positions(SPACE, configs)
    found = dict(zip(SPACE.names, distances(SPACE, positions, best), strict=True))
    mine = [c for c, b in zip(configs, best, strict=True) if b]
    others = [c for c, b in zip(configs, best, strict=True) if not b]
    for name in ("lr", "depth", "width"):
        two = [c[name] for c in mine], [c[name] for c in others]
        assert found[name] == pytest.approx(stats.ks_2samp(*two).statistic)
    counts = [Counter(c["booster"] for c in part) for part in (mine, others)]
    apart = [
        abs(counts[0][x] / len(mine) - counts[1][x] / len(others)) for x in counts[0] | counts[1]
    ]
    assert found["booster"] == pytest.approx(sum(apart) / 2)
    # More of the best have the parameter, whatever its value.
    active = [np.mean(["drop" in c for c in part]) for part in (mine, others)]
    assert found["drop"] >= active[0] - active[1] > 0.1
    assert distances(SPACE, positions, np.ones(200, dtype=bool)).tolist() == [0.0] * 5


def test_wide_spaces_keep_what_differs_most_in_the_spaces_order() -> None:
    space = Space([Float(f"x{i}", 0, 1) for i in range(20)])
    results = configured(make_results(["random"], ["fifo"], failed=()), space)
    configs = results.trials.set_index(["cell", "trial"])["config"]
    events = results.events
    keys = zip(events["cell"], events["trial"], strict=True)
    losses = [json.loads(configs[key])["x17"] for key in keys]
    results = replace(results, events=events.assign(loss=losses))
    table = best_configurations(results, "mlp-vehicle", SETTINGS)
    shown = table.drop_duplicates("parameter").set_index("parameter")["distance"]
    assert len(shown) == AXES
    assert list(shown.index) == sorted(shown.index, key=space.names.index)
    assert shown["x17"] == shown.max() > 0.9


def shown(results: Results) -> list[str]:
    return [problem.name for problem in parallel_coordinates.subjects(Study(results))]


def test_problems_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    results = configured(make_results(["random"], ["fifo"], failed=()))
    names = [p.name for p in PROBLEMS]
    assert shown(results) == names
    with monkeypatch.context() as patch:
        patch.setattr(parallel_coordinates, "MOST", 2)
        assert shown(results) == names[:2]
        assert shown(replace(results, plan={"problems": names[::-1]})) == names[:0:-1]
    line = json.dumps(Space([Float("x", 0, 1)]).to_json())
    problems = results.problems.assign(space=[line, *results.problems["space"][1:]])
    assert shown(replace(results, problems=problems)) == names[1:]
    assert shown(configured(make_population(ENOUGH // 2 - 1, seeds=1))) == []
    assert shown(configured(make_population(ENOUGH // 2, seeds=1))) == ["cnn"]
    assert shown(replace(results, events=results.events[:0], trials=results.trials[:0])) == []
