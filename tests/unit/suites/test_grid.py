"""The grid: its cells, what is skipped and why, and what it costs."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest

from hpobench.api import Budget, Fidelity, Problem, Reference
from hpobench.contract.errors import SuiteError
from hpobench.suites.estimate import Estimate
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import write_suite

WIDE = {
    2: "searchers: [tiny, flat]",
    3: "schedulers: [whole, halves]",
    4: "problems: [{bowl: {dimension: 2}}, stairs, branchy]",
}


def plan(folder: Path, changes: dict[int, str] | None = None, only: str | None = None) -> Plan:
    return build_plan(load_suite(write_suite(folder, changes), only=only))


def combinations(plan: Plan) -> list[tuple[str, str, str, int]]:
    return [(c.searcher.label, c.scheduler.label, c.problem.label, c.seed) for c in plan.cells]


def test_seeds_come_first_so_that_the_first_cells_cover_everything(tmp_path: Path) -> None:
    found = combinations(plan(tmp_path, WIDE))
    bowl = "bowl[dimension=2]"
    first = [
        ("tiny", "whole", bowl, 0),
        ("flat", "whole", bowl, 0),
        ("tiny", "whole", "stairs", 0),
        ("flat", "whole", "stairs", 0),
        ("tiny", "halves", "stairs", 0),
        ("flat", "halves", "stairs", 0),
        ("tiny", "whole", "branchy", 0),
    ]
    assert found == first + [(*row[:3], 1) for row in first]


def test_every_combination_is_either_in_the_plan_or_skipped(tmp_path: Path) -> None:
    made = plan(tmp_path, WIDE)
    run = Counter((s, c, p) for s, c, p, _ in combinations(made))
    skipped = Counter((row.searcher, row.scheduler, row.problem) for row in made.skipped)
    assert set(run.values()) == {2}
    assert set(skipped.values()) == {1}
    assert not run.keys() & skipped.keys()
    assert len(run) + len(skipped) == 2 * 2 * 3


def test_reasons_for_skipping(tmp_path: Path) -> None:
    problems = "problems: [stairs, {bowl: {dimension: 2}}, branchy, absent, network]"
    lines = {2: "searchers: [tiny, flat, needy]", 3: "schedulers: [whole, halves]", 4: problems}
    made = plan(tmp_path, lines)
    reasons = {(r.searcher, r.scheduler, r.problem): r.reason for r in made.skipped}
    bowl = "bowl[dimension=2]"
    due = "the scheduler decides between steps, and the problem has only one"
    assert reasons["tiny", "halves", bowl] == due
    expected = "the space has conditions, which the searcher does not understand"
    assert reasons["flat", "whole", "branchy"] == expected
    assert reasons["tiny", "whole", "absent"] == "problem absent: its data is not here; fetch it"
    assert "needs 'stage: live'" in reasons["tiny", "whole", "network"]
    assert reasons["needy", "whole", bowl].startswith("searcher needy: needs no-such-package>=1")
    assert ("tiny", "halves", "stairs") not in reasons
    assert [ref.label for ref in made.problems] == ["stairs", bowl, "branchy"]


def test_a_searcher_says_what_problems_it_is_none_for(tmp_path: Path) -> None:
    """Without its library: this one has an environment of its own, which may not be there yet."""
    short = "{counting-ones: {categorical: 1, continuous: 1, max_draws: 18}}"
    changes = {
        2: "searchers: [tiny, neps-priorband]",
        3: "schedulers: [whole, own]",
        4: f"problems: [{short}, {{counting-ones: {{categorical: 1, continuous: 1}}}}]",
    }
    made = plan(tmp_path, changes)
    pair = ("neps-priorband", "own")
    assert [r.reason for r in made.skipped if (r.searcher, r.scheduler) == pair] == [
        "searcher neps-priorband: needs trials of at least eta = 3 steps, the problem's have 2"
    ]


def test_a_budget_below_one_step_is_skipped(tmp_path: Path) -> None:
    changes = {4: "problems: [{bowl: {dimension: 2}}, {stairs: {budget: {resource: 1.5}}}]"}
    expected = ["problem stairs: the budget of 1.5 epochs does not pay for one step of 2"]
    assert [row.reason for row in plan(tmp_path, changes).skipped] == expected


def test_a_plan_with_nothing_in_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"suite\.yaml: nothing is left to run: .*fetch it"):
        plan(tmp_path, {4: "problems: [absent]"})


@pytest.mark.parametrize(
    ("only", "labels"),
    [
        ("tiny/*", {"tiny/whole/bowl[dimension=2]", "tiny/whole/bowl[dimension=3]"}),
        ("*/bowl[dimension=3]", {"tiny/whole/bowl[dimension=3]", "flat/whole/bowl[dimension=3]"}),
        ("flat/whole/bowl?dimension=2?", {"flat/whole/bowl[dimension=2]"}),
        ("tiny/whole/bowl[dimension=2]", {"tiny/whole/bowl[dimension=2]"}),
    ],
)
def test_only(only: str, labels: set[str], tmp_path: Path) -> None:
    changes = {2: "searchers: [tiny, flat]", 4: "problems: [{bowl: {dimension: [2, 3]}}]"}
    made = plan(tmp_path, changes, only=only)
    assert {"/".join(row[:3]) for row in combinations(made)} == labels
    assert made.skipped == ()


def test_only_that_picks_nothing_shows_what_cells_are_called(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"'tinny/\*' picks no cell; .*'tiny/whole/bowl\[dim"):
        plan(tmp_path, only="tinny/*")


def test_cells_carry_all_that_a_worker_needs(tmp_path: Path) -> None:
    changes = {4: "problems: [{stairs: {budget: {time: 5}}}, branchy]", 6: "tell: full"}
    made = plan(tmp_path, changes)
    cell = made.cells[0]
    assert (cell.budget, cell.workers, cell.tell) == (Budget(time=5.0), 4, "full")
    assert made.cells[1].budget == Budget(trials=5)
    assert pickle.loads(pickle.dumps(cell)) == cell  # noqa: S301 - our own
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_every_combination_on_each_number_of_workers(tmp_path: Path) -> None:
    """The same seeds, and the cells that a suite with one of the numbers has."""
    made = plan(tmp_path, {6: "workers: [4, 1, 2]"})
    expected = [(seed, workers) for seed in (0, 1) for workers in (4, 1, 2)]
    assert [(c.seed, c.workers) for c in made.cells] == expected
    assert len({cell.id for cell in made.cells}) == 6
    for workers in (1, 2, 4):
        alone = plan(tmp_path, {6: f"workers: {workers}"})
        assert list(alone.cells) == [cell for cell in made.cells if cell.workers == workers]
    assert len({cell.role_seed("problem") for cell in made.cells}) == 2


def picky(folder: Path, body: str, changes: dict[int, str]) -> Plan:
    """The plan of a suite with a searcher ``picky`` whose ``__init__`` does ``body``."""
    own = {2: "searchers: [tiny, picky]", 8: "plugins: [tiny.py, picky.py]"}
    file = write_suite(folder, own | changes)
    (folder / "picky.py").write_text(
        "from hpobench.api import Searcher\n"
        "from hpobench.contract.errors import NotAvailableError, UsageError\n"
        "class Picky(Searcher):\n    name = 'picky'\n"
        "    def __init__(self, space, *, seed, fidelity, greed: float = 1.0):\n"
        f"        {body}\n"
        "    def ask(self, trial): ...\n"
        "    def tell(self, trial, step, loss, *, final): ...\n"
    )
    return build_plan(load_suite(file))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise UsageError(f'greed is {greed}')", r"searchers\[1\]: greed is 3\.0"),
        ("1 / 0", r"searchers\[1\]: .*picky\.py:6: cannot be built with these options: ZeroDivis"),
    ],
)
def test_searcher_options_that_can_never_work(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        picky(tmp_path, body, {2: "searchers:\n  - tiny\n  - {name: picky, greed: 3}"})
    assert (caught.value.line, caught.value.exit_code) == (4, 2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("if len(space) > 1: raise UsageError('one parameter only')", "one parameter only"),
        ("len(space) > 1 and space['y']", "KeyError: 'y'"),
    ],
)
def test_a_searcher_is_skipped_where_it_is_unfit(body: str, reason: str, tmp_path: Path) -> None:
    made = picky(tmp_path, body, {4: "problems: [stairs, branchy]"})
    expected = [("picky", "branchy", f"the searcher does not take the problem: {reason}")]
    assert [(row.searcher, row.problem, row.reason) for row in made.skipped] == expected


def test_a_searcher_that_finds_itself_unavailable_is_skipped(tmp_path: Path) -> None:
    made = picky(tmp_path, "raise NotAvailableError('no licence')", {})
    assert [row.reason for row in made.skipped] == ["searcher picky: no licence"]


def test_a_searcher_is_built_once_for_each_distinct_space(tmp_path: Path) -> None:
    log = tmp_path / "log"
    body = f"with open({str(log)!r}, 'a') as file: file.write(f'{{len(space)}} {{seed}} ')"
    changes = {
        2: "searchers: [picky]",
        3: "schedulers: [whole, halves]",
        4: "problems: [{bowl: {dimension: 1-9}}, stairs, branchy]",
    }
    picky(tmp_path, body, changes)
    # bowl and stairs have one space, but stairs has steps.
    assert log.read_text() == "1 0 1 0 2 0 "


def odd(folder: Path, method: str) -> Plan:
    """The plan of a suite with a problem ``odd`` that has ``method``."""
    changes = {4: "problems:\n  - stairs\n  - odd", 8: "plugins: [tiny.py, odd.py]"}
    file = write_suite(folder, changes)
    (folder / "odd.py").write_text(
        "from hpobench.contract.errors import NotAvailableError\nfrom .tiny import Stairs\n"
        f"class Odd(Stairs):\n    name = 'odd'\n    {method}\n"
    )
    return build_plan(load_suite(file))


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("def estimate(self): return 0", r"estimate\(\) gives 0; .* positive"),
        ("def estimate(self): return -1.5", r"estimate\(\) gives -1\.5"),
        ("def estimate(self): return float('nan')", r"estimate\(\) gives nan"),
        ("def estimate(self): return float('inf')", r"estimate\(\) gives inf"),
        ("def estimate(self): return 1e300", r"estimate\(\) gives 1e\+300; .* at most 1e\+12"),
        ("def estimate(self): return None", r".*odd\.py: estimate\(\) failed: TypeError"),
        ("def estimate(self): return {}['x']", r".*odd\.py:5: estimate\(\) failed: KeyError: 'x'"),
        (
            "def fingerprint(self): return {}['x']",
            r".*odd\.py:5: fingerprint\(\) failed: KeyError: 'x'",
        ),
        (
            "def fingerprint(self): return b'x'",
            r".*odd\.py: fingerprint\(\) gives b'x'; it must be a text",
        ),
    ],
)
def test_a_problem_whose_answers_make_no_sense(method: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=rf"problems\[1\]: {message}") as caught:
        odd(tmp_path, method)
    assert caught.value.line == 6


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (
            "@classmethod\n    def missing(cls): return {}['HOME']",
            "FOLDER/odd.py:6: missing() failed: KeyError: 'HOME'",
        ),
        ("def fingerprint(self): raise NotAvailableError('no file')", "no file"),
        ("def estimate(self): raise NotAvailableError('no file')", "no file"),
    ],
)
def test_a_problem_that_cannot_tell_if_it_runs(method: str, reason: str, tmp_path: Path) -> None:
    (row,) = odd(tmp_path, method).skipped
    assert row.reason == f"problem odd: {reason.replace('FOLDER', str(tmp_path))}"


def test_a_scheduler_whose_check_breaks(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {3: "schedulers: [odd]", 8: "plugins: [tiny.py, odd.py]"})
    (tmp_path / "odd.py").write_text(
        "from .tiny import Whole\nclass Odd(Whole):\n    name = 'odd'\n"
        "    def check(self, problem): 1 / 0\n"
    )
    told = r"schedulers\[0\]: .*odd\.py:4: check\(\) failed: ZeroDivision"
    with pytest.raises(SuiteError, match=told):
        build_plan(load_suite(file))


class Steps(Problem):
    """Nine steps of 2 units and 10 s each."""

    fidelity = Fidelity("epoch", 9, 2.0)

    def reference(self) -> Reference:
        raise NotImplementedError

    def estimate(self) -> float:
        return 90.0


@pytest.mark.parametrize(
    ("budget", "trials", "results", "clock"),
    [
        (Budget(trials=10), 10, 90, 225),
        (Budget(resource=36), 18, 18, 45),
        (Budget(evaluations=2), 18, 18, 45),
        (Budget(time=100), 40, 40, 100),
        (Budget(time=100, trials=3), 3, 27, 67.5),
        (Budget(time=10, trials=3), 3, 4, 10),
        (Budget(time=1000, resource=18), 9, 9, 22.5),
    ],
)
def test_estimates(budget: Budget, trials: float, results: float, clock: float) -> None:
    assert Estimate.of(Steps(), budget, workers=4) == Estimate(trials, results, clock)


def test_the_total_is_the_sum_over_cells(tmp_path: Path) -> None:
    made = plan(tmp_path, {4: "problems: [stairs, {bowl: {dimension: 2}}]", 5: "seeds: 3"})
    # stairs: 5 trials of 9 steps; bowl: 5 of one step; 1 s a step on 4 workers.
    assert made.total == Estimate(3 * 10, 3 * 50, 3 * 50 / 4)


def test_estimates_are_those_of_each_number_of_workers(tmp_path: Path) -> None:
    made = plan(tmp_path, {5: "seeds: 3", 6: "workers: [1, 5]", 7: "budget: {time: 10}"})
    expected = {1: Estimate(10, 10, 10), 5: Estimate(50, 50, 10)}
    assert made.estimates == {("bowl[dimension=2]", n): found for n, found in expected.items()}
    assert made.total == Estimate(180, 180, 60)


def test_a_searcher_that_schedules_too_runs_under_its_own_scheduler(tmp_path: Path) -> None:
    made = plan(tmp_path, {**WIDE, 2: "searchers: [tiny, fusion]"})
    found = [row for row in combinations(made) if "fusion" in row or "own" in row]
    assert found == [("fusion", "own", "stairs", seed) for seed in (0, 1)]
    reasons = {(row.scheduler, row.problem): row.reason for row in made.skipped}
    assert "runs under 'own'" in reasons["halves", "stairs"]
    assert "only one" in reasons["own", "bowl[dimension=2]"]


def test_whose_code_decides_is_no_part_of_a_cells_identity(tmp_path: Path) -> None:
    ours, rays = plan(tmp_path), plan(tmp_path, {6: "exact: ray"})
    assert [cell.id for cell in ours.cells] == [cell.id for cell in rays.cells]
    assert {cell.exact for cell in ours.cells} == {None}
    assert {cell.exact for cell in rays.cells} == {"ray"}
    assert pickle.loads(pickle.dumps(rays.cells[0])) == rays.cells[0]  # noqa: S301 - our own


def test_the_own_scheduler_may_be_named(tmp_path: Path) -> None:
    changes = {2: "searchers: [fusion]", 3: "schedulers: [own]", 4: "problems: [stairs]"}
    assert len(plan(tmp_path, changes).cells) == 2


def test_searchers_are_told_what_suits_them_unless_the_suite_says_otherwise(tmp_path: Path) -> None:
    changes = {2: "searchers: [tiny, model]"}
    by_searcher = {cell.searcher.name: cell.tell for cell in plan(tmp_path, changes).cells}
    assert by_searcher == {"tiny": "last", "model": "every"}
    assert {cell.tell for cell in plan(tmp_path, {**changes, 6: "tell: full"}).cells} == {"full"}
