"""Our side of claims on results written out by hand, against answers worked out by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.drawing.style import save
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.paper.claims import Claim, Order, Publication, Speedup, Value
from hpobench.paper.curves import figures
from hpobench.paper.published import COLUMNS, compare
from tests.support.results_factory import MadeProblem, hand_made

SETTINGS = Settings(repetitions=200)
COMMON: dict[str, Any] = {
    "says": "So it is.",
    "where": "table 1",
    "problem": "p",
    "algorithm": "a",
    "differs": "Times change.",
}
# At 5 s: a is at 0.2 and 0.4, b at 0.8 and 0.6, before at the clip, 1.
RUNS = {
    ("a", 0): [(2.0, 0.2), (8.0, 0.1)],
    ("a", 1): [(4.0, 0.4), (6.0, 0.05)],
    ("b", 0): [(1.0, 0.8), (9.0, 0.1)],
    ("b", 1): [(5.0, 0.6)],
}


def publication(*claims: Claim, **changes: Any) -> Publication:
    made = Publication("Somebody, 2001", None, "made", "time", "any", "Something.", claims)
    return dataclasses.replace(made, **changes)


def row(claim: Claim, runs: Any = RUNS, **changes: Any) -> Any:
    table = compare(publication(claim), hand_made(runs, **changes), SETTINGS)
    assert list(table) == COLUMNS
    return table.iloc[0]


def value(**changes: Any) -> Value:
    fields = {"id": "v", "kind": "value", "at": 5, "published": 0.3, "sd": 0.11, "runs": 4}
    return Value(**{**COMMON, **fields, **changes})


def order(**changes: Any) -> Order:
    return Order(**{**COMMON, "id": "o", "kind": "order", "than": "b", "at": 5, **changes})


def speedup(**changes: Any) -> Speedup:
    fields = {"id": "s", "kind": "speedup", "than": "b", "target": 0.5}
    return Speedup(**{**COMMON, **fields, **changes})


def test_value() -> None:
    found = row(value())
    assert found["ours"] == pytest.approx(0.3)
    assert (found["low"], found["high"]) == pytest.approx((0.2, 0.4))
    assert (found["published"], found["agrees"], found["why"]) == ("0.3 ± 0.11", "yes", "")
    assert (found["source"], found["claim"]) == ("Somebody, 2001", "v")


def test_value_that_differs_says_why() -> None:
    found = row(value(published=0.9))
    assert (found["agrees"], found["why"]) == ("no", "Times change.")


def test_value_at_the_very_place_of_a_result() -> None:
    """The grid of curves has no point at 4 s; the look-up is exact and right-continuous."""
    assert row(value(at=4))["ours"] == pytest.approx((0.2 + 0.4) / 2)
    assert row(value(at=3.999))["ours"] == pytest.approx((0.2 + 1.0) / 2)
    assert row(value(at=1.5))["ours"] == pytest.approx(1.0)


def test_value_of_a_metric_to_maximise() -> None:
    problem = MadeProblem("p", steps=1, optimum=-1.0, clip=0.0, direction="maximize", budget=10.0)
    runs = {("a", 0): [(2.0, -0.7)], ("a", 1): [(4.0, -0.9)]}
    found = row(value(published=0.8), runs, problem=problem)
    assert found["ours"] == pytest.approx(0.8)
    assert (found["low"], found["high"]) == pytest.approx((0.7, 0.9))
    assert found["agrees"] == "yes"


def test_order_is_the_ratio_of_mean_regrets_paired_by_seed() -> None:
    found = row(order())
    assert found["ours"] == pytest.approx((0.2 + 0.4) / (0.8 + 0.6))
    draws = seed_draws(SETTINGS, "p", 2)
    own, other = np.array([0.2, 0.4])[draws].mean(axis=1), np.array([0.8, 0.6])[draws].mean(axis=1)
    limits = np.quantile(own / other, [0.025, 0.975])
    assert (found["low"], found["high"]) == pytest.approx(tuple(limits))
    assert (found["published"], found["agrees"]) == ("below 1", "yes")


def test_order_the_other_way() -> None:
    found = row(order(algorithm="b", than="a"))
    assert found["ours"] == pytest.approx(1.4 / 0.6)
    assert (found["agrees"], found["why"]) == ("no", "Times change.")


def test_order_of_regrets_and_not_of_losses() -> None:
    found = row(order(), problem=MadeProblem("p", steps=1, optimum=-1.0, clip=1.0, budget=10.0))
    assert found["ours"] == pytest.approx((1.2 + 1.4) / (1.8 + 1.6))


def test_order_beside_the_optimum_is_undecided() -> None:
    runs = {("a", 0): [(1.0, 0.1)], ("a", 1): [(1.0, 0.1)], ("b", 0): [(1.0, 0.0)]}
    found = row(order(), {**runs, ("b", 1): [(1.0, 0.0)]})
    assert np.isnan(found["ours"])
    assert found["agrees"] == "undecided"


def test_a_single_seed_decides_nothing() -> None:
    runs = {key: results for key, results in RUNS.items() if key[1] == 0}
    for claim in (value(published=0.2), order(), speedup()):
        found = row(claim, runs)
        assert np.isfinite(found["ours"])
        assert (found["agrees"], found["why"]) == ("undecided", "Times change.")


def test_speedup_is_a_ratio_of_expected_running_times() -> None:
    """To 0.5: a hits after 2 s and 4 s; b after 9 s, and once not within its 10 s."""
    found = row(speedup())
    assert found["ours"] == pytest.approx(((9 + 10) / 1) / ((2 + 4) / 2))
    assert found["bound"] == ""
    assert (found["published"], found["agrees"]) == ("above 1", "yes")


def test_speedup_where_one_never_hits_is_a_bound() -> None:
    """To 0.07: a hits once, after 6 s, and has spent 10 s on the other run; b spent 20 s."""
    found = row(speedup(target=0.07))
    assert found["ours"] == pytest.approx(20 / 16)
    assert found["bound"] == ">="


def test_speedup_where_neither_hits_is_undecided() -> None:
    found = row(speedup(target=0.001))
    assert (found["bound"], found["agrees"]) == ("none", "undecided")


def test_failed_runs_count_as_the_clip() -> None:
    assert row(value(), failed=[("a", 1)])["ours"] == pytest.approx((0.2 + 1.0) / 2)


def test_axis_and_fidelity_are_the_publication_s() -> None:
    """In evaluations, a has had both of its results at 2; none is at full fidelity."""
    results = hand_made(RUNS)
    table = compare(publication(*(value(at=2),), axis="evaluations"), results, SETTINGS)
    assert table["ours"].iloc[0] == pytest.approx((0.1 + 0.05) / 2)
    short = hand_made(RUNS, problem=MadeProblem("p", steps=3, optimum=0.0, clip=1.0, budget=10.0))
    table = compare(publication(value(), fidelity="full"), short, SETTINGS)
    assert table["ours"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("claim", "error", "message"),
    [
        (value(problem="q"), UnknownNameError, "unknown problem of claim 'v' 'q'"),
        (value(algorithm="c"), UnknownNameError, "unknown algorithm of claim 'v' 'c'"),
        (order(than="c"), UnknownNameError, "unknown algorithm of claim 'o' 'c'"),
        (value(at=11), UsageError, "the runs on p end at 10; give the suite a larger budget"),
    ],
)
def test_claims_about_what_was_not_run(claim: Claim, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        row(claim)
    assert message in str(caught.value)


def bars_of(ax: Any) -> list[Any]:
    """The error bars in ``ax``."""
    return list(ax.containers)


def test_figures_mark_what_was_published(tmp_path: Path) -> None:
    claims = (value(published=0.9), value(id="w", at=9, published=0.3), order())
    (drawn,) = figures(publication(*claims), hand_made(RUNS), SETTINGS)
    assert drawn.problem == "p"
    assert drawn.marked
    marks = [bar.lines[0].get_xydata().tolist() for bar in bars_of(drawn.figure.axes[0])]
    assert marks == [[[5.0, 0.9]], [[9.0, 0.3]]]
    bottom, top = drawn.figure.axes[0].get_ylim()
    assert bottom < 0.3 < 0.9 < top
    for name in ("one", "two"):
        (drawn,) = figures(publication(*claims), hand_made(RUNS), SETTINGS)
        save(drawn.figure, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_marks_stay_within_the_axis() -> None:
    """One is below the optimum, as rounding makes them; one has more spread than there is room."""
    claims = (value(published=-0.001, sd=0.0005), value(id="w", published=0.3, sd=0.5))
    (drawn,) = figures(publication(*claims), hand_made(RUNS), SETTINGS)
    ax = drawn.figure.axes[0]
    bottom, top = ax.get_ylim()
    bars = [bar.lines[2][0].get_segments()[0][:, 1] for bar in bars_of(ax)]
    markers = [bar.lines[0].get_ydata()[0] for bar in bars_of(ax)]
    assert bottom < markers[0] < markers[1] == 0.3
    for low, high in bars:
        assert low <= high
        assert [low, high] == pytest.approx(np.clip([low, high], bottom, top))


def test_figures_without_published_values_say_nothing_of_marks() -> None:
    (drawn,) = figures(publication(order()), hand_made(RUNS), SETTINGS)
    assert not drawn.marked
    assert not drawn.figure.axes[0].containers
