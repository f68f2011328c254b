"""The regression gate: what counts as worse, and how surely."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from benchmarks.false_alarms import SUITE, alarms, comparisons, stored
from hpobench.analysis.core.pairing import paired
from hpobench.analysis.inference.gate import Gate, detectable, gate
from hpobench.analysis.inference.sign_flip import critical_value, max_t
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import UsageError
from hpobench.store.read.reader import Results, load_results
from tests.support.frames import tuples
from tests.support.results_factory import PROBLEMS, MadeProblem, make_results

QUICK = Settings(repetitions=20)
SHORT = tuple(replace(problem, budget=problem.budget / 6) for problem in PROBLEMS[1:])


def made(seeds: int = 8, problems: tuple[MadeProblem, ...] = SHORT) -> Results:
    results = make_results(("random", "gp"), ("fifo",), problems, seeds=seeds, failed=())
    return replace(results, problems=results.problems.assign(signature=None, version=1))


def worse_by(results: Results, nr: float, problem: str, searcher: str = "gp") -> Results:
    """Every loss of the runs further from the optimum."""
    scale = results.problems.set_index("problem").loc[problem]
    cells = results.cells
    own = cells.loc[(cells["problem"] == problem) & (cells["searcher"] == searcher), "cell"]
    events = results.events.copy()
    mine = events["cell"].isin(own)
    column = "heldout" if scale["heldout"] else "loss"
    events.loc[mine, column] += nr * (scale["clip"] - scale["optimum"])
    return replace(results, events=events)


def failing(results: Results, *rows: int) -> Results:
    cells = results.cells.copy()
    cells.loc[list(rows), "status"] = "failed"
    cells.loc[list(rows), "error"] = "ValueError: gone"
    return replace(results, cells=cells)


def compared(base: Results, new: Results, **choices: Any) -> Gate:
    return gate(paired(base, new), settings=QUICK, **choices)


def verdicts(found: Gate) -> dict[tuple[str, str], str]:
    rows = found.effects.fillna({"algorithm": "all", "problem": "all"})
    return {(r.algorithm, r.problem): r.verdict for r in tuples(rows)}


def test_the_same_results() -> None:
    found = compared(made(2), made(2))
    assert found.outcome == "same"
    assert set(found.effects["verdict"]) == {"same"}
    assert (found.effects[["p_worse", "p_better"]] == 1).all(axis=None)
    assert (found.effects["estimate"] == 0).all()


def test_one_algorithm_worse_on_one_problem() -> None:
    found = compared(made(), worse_by(made(), 0.05, "mlp-vehicle"))
    assert found.outcome == "regression"
    assert verdicts(found) == {
        ("all", "all"): "worse",
        ("random", "all"): "same",
        ("gp", "all"): "worse",
        ("random", "counting-ones"): "same",
        ("random", "mlp-vehicle"): "same",
        ("gp", "counting-ones"): "same",
        ("gp", "mlp-vehicle"): "worse",
    }
    row = found.effects.iloc[-1]
    assert row["estimate"] == pytest.approx(0.05)
    assert row["p_worse"] == 1 / 2**8
    assert found.effects["estimate"][0] == pytest.approx(0.05 / 4)


def test_the_other_way_is_better() -> None:
    found = compared(worse_by(made(), 0.05, "mlp-vehicle"), made())
    assert found.outcome == "no regression"
    assert set(verdicts(found).values()) == {"better", "same"}


def test_the_tolerance() -> None:
    new = worse_by(made(), 0.05, "mlp-vehicle")
    assert compared(made(), new, tolerance=0.04).outcome == "regression"
    found = compared(made(), new, tolerance=0.06)
    assert found.outcome == "no regression"
    assert verdicts(found)["gp", "mlp-vehicle"] == "tolerated"


def test_scores_are_tested_together() -> None:
    found = compared(made(), worse_by(made(), 0.05, "mlp-vehicle"), scores=("final", "anytime"))
    assert found.effects["score"].tolist() == ["final"] * 7 + ["anytime"] * 7
    last = found.effects.iloc[-1]
    assert last["verdict"] == "worse"
    assert 0 < last["estimate"] <= 0.05 + 1e-9


def test_failures_are_regressions_by_themselves() -> None:
    found = compared(made(2), failing(made(2), 1, 6))
    assert found.outcome == "regression"
    assert not (found.effects["verdict"] == "worse").any()
    expected = [["random", "counting-ones", 1], ["gp", "mlp-vehicle", 0]]
    assert found.broken[["searcher", "problem", "seed"]].values.tolist() == expected
    assert set(found.broken["error"]) == {"ValueError: gone"}
    assert found.effects["broken"].tolist() == [2, 1, 1, 1, 0, 0, 1]
    turned = compared(failing(made(), 1, 6), made())
    assert turned.outcome == "no regression"
    assert turned.effects["mended"].tolist() == [2, 2, 0, 2, 0, 0, 0]
    assert compared(failing(made(), 1), failing(made(), 1)).outcome == "same"


@pytest.mark.parametrize(("seeds", "outcome"), [(4, "undecided"), (5, "regression")])
def test_too_few_seeds_pass_for_nothing(seeds: int, outcome: str) -> None:
    assert compared(made(seeds), worse_by(made(seeds), 0.3, "mlp-vehicle")).outcome == outcome
    expected = "regression"
    assert compared(made(4), worse_by(made(4), 0.3, "mlp-vehicle"), alpha=0.1).outcome == expected


def test_new_references_measure_both() -> None:
    moved = made()
    moved = replace(moved, problems=moved.problems.assign(clip=moved.problems["clip"] + 1.0))
    found = compared(made(), moved)
    assert found.outcome == "same"
    expected = compared(moved, moved).effects["base"]
    assert found.effects["base"].tolist() == pytest.approx(expected.tolist())


def test_no_references() -> None:
    lost = replace(made(), problems=made().problems.assign(optimum=np.nan, clip=1.0))
    with pytest.raises(UsageError, match="no reference losses"):
        compared(lost, lost)
    problems: Any = made().problems
    problems.loc[0, ["optimum", "clip"]] = problems.loc[0, ["clip", "optimum"]].to_list()
    found = compared(made(), replace(made(), problems=problems))
    assert list(found.left_out) == ["counting-ones"]
    assert set(found.effects["problem"].dropna()) == {"mlp-vehicle"}


@pytest.mark.parametrize("seeds", [10, 20])
def test_what_is_detectable_is_detected(seeds: int) -> None:
    """Normal differences of eight hypotheses, one of them shifted by what should be found in four
    of five cases."""
    rng = np.random.default_rng(seeds)
    row = pd.DataFrame({"seeds": [seeds], "standard_error": [1 / np.sqrt(seeds)]})
    hits, repetitions = 0, 500
    for _ in range(repetitions):
        differences = rng.normal(size=(seeds, 8))
        least = critical_value(differences, 0.05, seed=0, alternative="greater", most=2048)
        differences[:, 0] += detectable(row, least, 0.0)
        hits += max_t(differences, seed=0, alternative="greater", most=2048)[0] <= 0.05
    assert 0.74 < hits / repetitions < 0.86


def test_what_is_never_detected() -> None:
    rows = pd.DataFrame({"seeds": [1, 4, 9, 16], "standard_error": [np.nan, 0.1, 0.1, 0.1]})
    found = detectable(rows, 2.5, 0.0)
    assert np.isinf(found[:2]).all()
    assert np.isinf(detectable(rows, np.inf, 0.0)).all()
    assert found[2] > found[3] > 0
    assert (detectable(rows, 2.5, 2.0)[2:] > 2.0).all()


@pytest.mark.night
def test_false_alarms_and_planted_regressions(tmp_path: Path) -> None:
    """Real runs: sets of ten seeds of the same searchers, then of one that ignores what it is
    told."""
    pool = load_results(stored(tmp_path / "pool", {**SUITE, "seeds": 60}))
    n = alarms(comparisons(pool, 150, 10, planted=False, seed=1))
    assert binomtest(n, 150, 0.05, alternative="greater").pvalue > 0.001
    assert alarms(comparisons(pool, 50, 20, planted=True, seed=1)) > 0.7 * 50
