"""What a suite gives its searchers: crossed, labelled, checked in the plan, part of identities."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.contract.errors import SuiteError
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import PLUGIN, write_suite

ADOPTING = PLUGIN.replace(
    "class Needy(_Base):",
    """class Adopting(_Base):
    name = "adopting"

    def adopt(self, trial, config):
        return True


class Fixed(_Base):
    name = "fixed"
    learns = False


class Believing(_Base):
    name = "believing"
    takes_prior = True


class Needy(_Base):""",
)


def suite_at(folder: Path, changes: dict[int, str] | None = None) -> Path:
    file = write_suite(folder, changes)
    (folder / "tiny.py").write_text(ADOPTING)
    return file


def plan(folder: Path, changes: dict[int, str] | None = None) -> Plan:
    return build_plan(load_suite(suite_at(folder, changes)))


def labels(made: Plan) -> list[str]:
    return [cell.searcher.label for cell in made.cells if cell.seed == 0]


def test_a_list_at_the_top_crosses_all_searchers(tmp_path: Path) -> None:
    made = plan(tmp_path, {2: "searchers: [adopting, fixed]\nstart: [none, default]"})
    assert labels(made) == ["adopting", "adopting[start=default]", "fixed", "fixed[start=default]"]
    assert made.cells[1].searcher.given == {"start": {"default": True}}


def test_an_entry_of_its_own_wins(tmp_path: Path) -> None:
    searchers = "[{name: adopting, as: mine, start: {points: [{x: 0.5}]}}, fixed]"
    made = plan(tmp_path, {2: f"searchers: {searchers}\nstart: default"})
    assert labels(made) == ["mine", "fixed[start=default]"]
    assert made.cells[0].searcher.given == {"start": {"points": [{"x": 0.5}]}}


def test_a_label_of_several_starts_tells_them_apart(tmp_path: Path) -> None:
    made = plan(tmp_path, {2: "searchers: [{name: fixed, as: f, start: [none, default]}]"})
    assert labels(made) == ["f", "f[start=default]"]


def test_ids_of_suites_without_a_start_do_not_change(tmp_path: Path) -> None:
    without = plan(tmp_path, {2: "searchers: [adopting]"}).cells.ids()
    both = plan(tmp_path, {2: "searchers: [adopting]\nstart: [none, default]"}).cells.ids()
    assert set(without) < set(both)
    assert len(set(both)) == 2 * len(without)


def test_what_is_given_is_part_of_the_identity(tmp_path: Path) -> None:
    ids = [
        plan(tmp_path, {2: f"searchers: [{{name: fixed, as: f, start: {start}}}]"}).cells.ids()[0]
        for start in ("default", "{points: [{x: 0.5}]}", "{points: [{x: 0.25}]}")
    ]
    assert len(set(ids)) == 3


def test_the_resolved_suite_loads_as_the_same(tmp_path: Path) -> None:
    file = suite_at(tmp_path, {2: "searchers: [adopting]\nstart: [none, {points: [{x: 0.5}]}]"})
    suite = load_suite(file)
    again = load_suite({**suite.resolved(), "plugins": [], "name": "base"}, [tmp_path / "tiny.py"])
    assert build_plan(again).cells.ids() == build_plan(suite).cells.ids()


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("{points: [{x: 1.5}]}", "points[0] is no configuration of bowl: x = 1.5 is not in"),
        ("{points: [{y: 0.5}]}", "points[0] is no configuration of bowl: no such parameter: y"),
        ("{points: [{}]}", "points[0] is no configuration of bowl: 'x' is missing"),
        (
            "{points: [{x: 0.1}, {x: 0.2}, {x: 0.3}, {x: 0.4}, {x: 0.5}, {x: 0.6}]}",
            "6 given configurations, and the budget is trials 5",
        ),
        ("{history: {from: no.parquet}}", "table: no file"),
        ("portfolo", "'portfolo' is none of"),
        ("[]", "the list is empty; name at least one"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(tmp_path: Path, start: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        plan(tmp_path, {2: f"searchers: [fixed, {{name: adopting, start: {start}}}]"})
    assert message in str(caught.value)
    assert "suite.yaml:2: searchers[1]" in str(caught.value)


def test_what_a_searcher_or_a_problem_lacks_is_skipped_with_the_reason(tmp_path: Path) -> None:
    text = "searchers: [adopting, fixed, tiny]\nstart: [none, default, history]"
    assert {row.searcher: row.reason for row in plan(tmp_path, {2: text}).skipped} == {
        "adopting[start=history-20]": (
            "bowl[dimension=2]: history: its plugin has no other data sets with the same space"
        ),
        "fixed[start=history-20]": "start: the searcher cannot be told old trials",
        "tiny[start=default]": (
            "start: the searcher's library cannot learn from configurations of others"
        ),
        "tiny[start=history-20]": "start: the searcher cannot be told old trials",
    }


def test_a_prior_is_given_to_those_that_take_one(tmp_path: Path) -> None:
    made = plan(tmp_path, {2: "searchers: [believing, fixed]\nprior: [none, good, misleading]"})
    expected = ["believing", "believing[prior=good]", "believing[prior=misleading]", "fixed"]
    assert labels(made) == expected
    assert {row.searcher: row.reason for row in made.skipped} == dict.fromkeys(
        ("fixed[prior=good]", "fixed[prior=misleading]"), "prior: the searcher does not take one"
    )


def test_a_prior_is_part_of_the_identity(tmp_path: Path) -> None:
    without = plan(tmp_path, {2: "searchers: [believing]"}).cells.ids()
    priors = ("good", "weak", "{quality: good, confidence: low}", "none")
    texts = [f"searchers: [{{name: believing, as: b, prior: {prior}}}]" for prior in priors]
    ids = [plan(tmp_path, {2: text}).cells.ids() for text in texts]
    assert len({made[0] for made in ids}) == len(priors)
    assert ids[-1] == without


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("{quality: good, confidence: 0}", "confidence: input should be greater than or equal to"),
        ("{quality: good, confidence: .inf}", "confidence: .inf is not a number"),
        ("best", "quality: input should be 'good', 'weak' or 'misleading'"),
    ],
)
def test_priors_without_mass_are_refused_there(tmp_path: Path, prior: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        plan(tmp_path, {2: f"searchers: [fixed, {{name: believing, prior: {prior}}}]"})
    assert message in str(caught.value)
    assert "suite.yaml:2: searchers[1].prior" in str(caught.value)


def test_stops_cross_with_starts_and_need_no_adopting(tmp_path: Path) -> None:
    searchers = "searchers: [adopting]\nstart: [none, default]\nstop: [none, {patience: 5}]"
    made = plan(tmp_path, {2: searchers})
    assert labels(made) == [
        "adopting",
        "adopting[stop=patience-5]",
        "adopting[start=default]",
        "adopting[start=default,stop=patience-5]",
    ]
    assert len(set(made.cells.ids())) == len(made.cells)


def test_a_bad_stop_is_refused_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r":3: stop: patience\.trials: input should be greater"):
        plan(tmp_path, {2: "searchers: [fixed]\nstop: [none, {patience: 0}]"})


def test_a_fault_at_the_top_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        plan(tmp_path, {2: "searchers: [adopting, fixed, tiny]\nstart: portfolo"})
    assert str(caught.value).count("'portfolo' is none of") == 1
