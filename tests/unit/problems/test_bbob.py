import json
import math
import random
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from hpobench.api import Float, Int
from hpobench.contract.errors import UsageError
from hpobench.problems.bbob.bbob import BBOB
from hpobench.problems.bbob.bbob_mixint import BBOBMixInt
from hpobench.problems.bbob.bbob_noisy import BBOBNoisy
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests import ROOT
from tests.support.present import present
from tests.support.samples import sample
from tests.unit.problems.bbob_members import FAMILIES, best, every, losses

pytest.importorskip("ioh")


# -- optima and random search --------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dimension", [2, 5, 20])
def test_the_optimum_is_reached_inside_the_space(family: Any, dimension: int) -> None:
    if family is BBOBMixInt and dimension == 2:
        dimension = 10
    for instance in (1, 2, 77):
        for problem in every(family, dimension, instance):
            config = best(problem)
            problem.space.check(config)
            optimum, how = problem.optimum()
            assert how
            curve = problem.curve(config, 0)
            assert abs((curve.heldout or curve.losses)[0] - optimum) <= 1e-8
            # Near the optimum nothing is better.
            last = problem.space.names[-1]
            for step in (-1e-3, 1e-3):
                near = config | {last: min(max(config[last] + step, -5.0), 5.0)}
                curve = problem.curve(near, 0)
                assert (curve.heldout or curve.losses)[0] >= optimum


@pytest.mark.parametrize("family", FAMILIES)
def test_no_random_configuration_is_below_the_optimum(family: Any) -> None:
    for problem in every(family, 5, 3):
        finals = [heldout for _, heldout in problem.finals(sample(problem, 300), 0)]
        assert min(finals) > problem.optimum()[0]


def test_random_search_on_the_sphere_has_its_closed_form() -> None:
    """The best of n is nearer than r with 1 - (1 - pi r^2 / 100)^n while the circle is inside the
    square, so that its squared distance has the mean 100 / (pi (n + 1))."""
    problem, n, repeats = BBOB(function=1, dimension=2), 100, 400
    rng, reached = Random(1), []
    for _ in range(repeats):
        configs = [problem.space.sample(rng) for _ in range(n)]
        reached.append(min(losses(problem, configs)) - problem.optimum()[0])
    expected = 100 / (math.pi * (n + 1))
    error = np.std(reached) / math.sqrt(repeats)
    assert abs(np.mean(reached) - expected) < 4 * error
    assert error < 0.06 * expected


def test_random_search_on_the_sphere_agrees_with_numpy() -> None:
    """In 20 dimensions: the best of 10, from 4,000 of ours and 40,000 of NumPy's."""
    problem = BBOB(function=1, dimension=20)
    ours = np.reshape(losses(problem, sample(problem, 4000)), (-1, 10)).min(axis=1)
    centre = np.array(problem._ioh.optimum.x)
    x = np.random.default_rng(0).uniform(-5, 5, (40_000, 20))
    theirs = problem.optimum()[0] + ((x - centre) ** 2).sum(axis=1).reshape(-1, 10).min(axis=1)
    error = math.hypot(ours.std() / math.sqrt(len(ours)), theirs.std() / math.sqrt(len(theirs)))
    assert abs(ours.mean() - theirs.mean()) < 4 * error
    assert error < 0.01 * theirs.mean()


def test_the_mean_of_the_mixed_integer_sphere_has_its_closed_form() -> None:
    problem = BBOBMixInt(function=1, dimension=20)
    mean = 0.0
    for i, centre in enumerate(problem._ioh.optimum.x):
        if i < 16:
            levels = (2, 4, 8, 16)[i // 4]
            config = best(problem)
            away = [(level - config[f"x{i}"]) * 8 / (levels + 1) for level in range(levels)]
            mean += sum(a * a for a in away) / levels
        else:
            mean += 25 / 3 + centre**2
    regrets = np.array(losses(problem, sample(problem, 10_000))) - problem.optimum()[0]
    error = regrets.std() / math.sqrt(len(regrets))
    assert abs(regrets.mean() - mean) < 4 * error
    assert error < 0.01 * mean


@pytest.mark.parametrize(("family", "function"), FAMILIES.items(), ids=str)
def test_a_member_that_is_not_frozen_has_a_reference_too(family: Any, function: Any) -> None:
    problem = family(function=function, dimension=10, instance=1234)
    reference = problem.reference()
    assert reference == family(function=function, dimension=10, instance=1234).reference()
    assert (reference.optimum, reference.known) == (problem.optimum()[0], True)
    finals = [heldout for _, heldout in problem.finals(sample(problem, 4000, seed=5), 0)]
    below = np.mean(np.array(finals) < reference.clip)
    assert below == pytest.approx(0.5, abs=4 * 0.5 * math.sqrt(2 / 4000))


# -- the families --------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_members_have_keys_of_their_own(family: Any) -> None:
    members = [family(**options) for options in family.members()]
    assert len({member.key for member in members}) == len(members) == 3 * len(family.functions)
    assert family(function=family.functions[0], dimension=5).key == f"f{family.functions[0]}-d5-i1"


def test_suites_name_many_at_once(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    problems = [
        {"bbob": {"function": "all", "dimension": [2, 5]}},
        {"bbob-noisy": {"function": "101-130", "dimension": "2-3"}},
        {"bbob-mixint": {"function": [1, "3-4"], "dimension": "all", "instance": "1-2"}},
    ]
    suite = {"name": "s", "searchers": ["random"], "problems": problems, "seeds": 1}
    file.write_text(json.dumps(suite | {"budget": {"trials": 1}}))
    names = Counter(cell.problem.name for cell in build_plan(load_suite(file)).cells)
    assert names == {"bbob": 48, "bbob-noisy": 60, "bbob-mixint": 24}


@pytest.mark.parametrize(
    ("family", "options", "message"),
    [
        (BBOB, {"function": 25, "dimension": 2}, "functions are 1 to 24, not 25"),
        (BBOB, {"function": 1, "dimension": 1}, "2 to 40, not 1"),
        (BBOB, {"function": 1, "dimension": 41}, "2 to 40, not 41"),
        (BBOB, {"function": 1, "dimension": 2, "instance": 0}, "1 to 214,748, not 0"),
        (BBOB, {"function": 1, "dimension": 2, "instance": 214_749}, "not 214749"),
        (BBOBNoisy, {"function": 100, "dimension": 2}, "101 to 130, not 100"),
        (BBOBMixInt, {"function": 1, "dimension": 15}, "5, 10, 20, 40, not 15"),
    ],
)
def test_what_there_is_not_is_refused(family: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        family(**options)


@pytest.mark.parametrize(("family", "function"), FAMILIES.items(), ids=str)
def test_the_edges_of_the_space_have_finite_losses(family: Any, function: Any) -> None:
    for problem in every(family, 5):
        for u in (0.0, 1.0):
            config = problem.space.from_unit([u] * 5)
            assert all(p.contains(config[p.name]) for p in problem.space)
            for entries in problem.curve(config, 0):
                assert entries is None or math.isfinite(entries[0])


def test_whole_numbers_are_ints_and_every_level_is_another_place() -> None:
    problem = BBOBMixInt(function=1, dimension=5)
    assert [type(p) for p in problem.space] == [Int, Int, Int, Int, Float]
    assert [type(v) for v in sample(problem, 1)[0].values()] == [int, int, int, int, float]
    config = best(problem)
    for parameter in list(problem.space)[:4]:
        levels = [config | {parameter.name: level} for level in parameter.grid(99)]
        assert len(set(np.round(losses(problem, levels), 9))) > len(levels) // 2


def test_noise_belongs_to_configuration_and_seed() -> None:
    for function in (107, 108, 110):
        problem = BBOBNoisy(function=function, dimension=2)
        configs = sample(problem, 5)
        ratios = set()
        for config in configs:
            for seed in (0, 1):
                curve = problem.curve(config, seed)
                assert curve.heldout == problem.curve(config, 5).heldout
                clean = present(curve.heldout)[0] - problem.optimum()[0]
                ratios.add(round((curve.losses[0] - problem.optimum()[0]) / clean, 9))
        assert len(ratios) == 10


def test_there_is_no_noise_at_the_optimum() -> None:
    for problem in every(BBOBNoisy, 5):
        curve = problem.curve(best(problem), 0)
        assert curve.losses == curve.heldout


# -- processes -----------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "function"), FAMILIES.items(), ids=str)
def test_nothing_is_left_behind(
    family: Any,
    function: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    before = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    problem = family(function=function, dimension=5, instance=9)
    problem.optimum()
    problem.reference()
    losses(problem, sample(problem, 100))
    assert (random.getstate(), repr(np.random.get_state())) == before  # noqa: NPY002
    assert list(tmp_path.iterdir()) == []
    assert tuple(capfd.readouterr()) == ("", "")


def test_problems_of_one_process_do_not_disturb_each_other() -> None:
    pairs = [*FAMILIES.items(), (BBOB, 21), (BBOBNoisy, 128)]
    problems = [family(function=f, dimension=5, instance=i) for family, f in pairs for i in (1, 2)]
    alone = [losses(problem, sample(problem, 20)) for problem in problems]
    again = [type(p)(function=p.function, dimension=5, instance=p.instance) for p in problems]
    mixed = [losses(p, [sample(p, 20)[k]]) for k in range(20) for p in again]
    assert [[mixed[k * len(again) + i][0] for k in range(20)] for i in range(len(again))] == alone


def test_evaluations_take_no_memory() -> None:
    problem = BBOB(function=21, dimension=20)
    configs = sample(problem, 1000)
    first = losses(problem, configs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        losses(problem, configs)
    assert losses(problem, configs) == first
    # Kilobytes; a kept point of 20 floats would come to 32 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096


def test_a_used_problem_is_built_again_in_another_process() -> None:
    problems = [family(function=f, dimension=5, instance=3) for family, f in FAMILIES.items()]
    here = [losses(problem, sample(problem, 5), seed=4) for problem in problems]
    code = (
        "import json, sys; from random import Random\n"
        "from hpobench.plugins.building import build_problem\n"
        "from hpobench.plugins.registry import Registry\n"
        "from hpobench.plugins.building import plugin_ref\n"
        "for name, function in json.loads(sys.argv[1]):\n"
        "    options = {'function': function, 'dimension': 5, 'instance': 3}\n"
        "    problem = build_problem(plugin_ref(Registry(), 'problem', name, options))\n"
        "    rng = Random(0); configs = [problem.space.sample(rng) for _ in range(5)]\n"
        "    print(json.dumps([problem.curve(c, 4).losses[0] for c in configs]))\n"
    )
    asked = json.dumps([[problem.name, problem.function] for problem in problems])
    command = [sys.executable, "-c", code, asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == here


def test_building_and_listing_import_no_library() -> None:
    code = (
        "import sys\n"
        "from hpobench.problems.bbob.bbob import BBOB\n"
        "from hpobench.problems.bbob.bbob_mixint import BBOBMixInt\n"
        "from hpobench.problems.bbob.bbob_noisy import BBOBNoisy\n"
        "BBOB(function=1, dimension=2), BBOBMixInt(function=1, dimension=5)\n"
        "BBOBNoisy(function=116, dimension=2), list(BBOB.members())\n"
        "print([m for m in ('ioh', 'cocoex', 'numpy') if m in sys.modules])\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
