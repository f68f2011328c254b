"""Suites: what they mean, and what is said about those that are wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hpobench.api import Budget
from hpobench.contract.errors import SuiteError, UnknownNameError, UsageError
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import Suite, find_suite, load_suite
from hpobench.suites.suitefile import MAX_CELLS, parse_seeds
from hpobench.suites.yamlfile import read_yaml
from tests.support.malformed_suites import WRONG
from tests.support.tiny_plugins import PLUGIN, write_suite


def load(folder: Path, changes: dict[int, str] | None = None, **overrides: Any) -> Suite:
    return load_suite(write_suite(folder, changes), **overrides)


@pytest.fixture
def refusal(says: Any) -> Callable[[Path], str]:
    """What the command line says about a suite that it must refuse with exit code 2."""

    def read(file: Path) -> str:
        out, err = says("plan", file, code=2)
        assert err.startswith("error: ")
        assert "Traceback" not in err
        assert out == ""
        return str(err).removeprefix("error: ")

    return read


# -- what is wrong -------------------------------------------------------------------------


each_wrong = pytest.mark.parametrize(
    ("changed", "text", "said"), WRONG, ids=[text[:60] for _, text, _ in WRONG]
)


@each_wrong
def test_malformed_suite(changed: int, text: str, said: str, tmp_path: Path, refusal: Any) -> None:
    file = write_suite(tmp_path, {changed: text})
    told = refusal(file).partition("\n")[0]
    place, _, message = said.partition(" | ")
    assert told.startswith(f"{file}:{place}: " if place else f"{file}: ")
    assert message in told


@each_wrong
def test_malformed_suite_as_a_mapping(
    changed: int, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused with the same words, by its key."""
    try:
        mapping = read_yaml(write_suite(tmp_path, {changed: text})).value
    except SuiteError:
        pytest.skip("no mapping could hold that")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SuiteError) as caught:
        build_plan(load_suite(mapping))
    place, _, message = said.partition(" | ")
    key = place.partition(": ")[2] or None
    assert (caught.value.file, caught.value.line, caught.value.key) == (None, None, key)
    assert message in str(caught.value).partition("\n")[0]


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"description": "x" * 5000}, "description", "longer than 4096 characters"),
        ({"workers": {1, 2}}, "workers", "a set is no word, number, list or mapping"),
        ({"budget": {"time": float("nan")}}, "budget.time", "nan is not a number to compute with"),
        ({"budget": {3: 4}}, "budget", "keys are words, not 3"),
    ],
)
def test_values_that_no_suite_could_hold(change: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite({"name": "base", **change})
    assert (caught.value.key, str(caught.value)) == (key, f"{key}: {message}")


def test_a_mapping_that_holds_itself() -> None:
    endless: dict[str, object] = {"name": "base"}
    endless["budget"] = endless
    with pytest.raises(SuiteError, match="nested more than 32 levels deep"):
        load_suite(endless)


def test_a_mapping_means_what_its_file_means(tmp_path: Path) -> None:
    file = write_suite(tmp_path)
    mapping = read_yaml(file).value | {"seeds": range(2), "workers": (4,), "plugins": []}
    plan = build_plan(load_suite(mapping, plugins=[tmp_path / "tiny.py"]))
    assert plan.cells == build_plan(load_suite(file)).cells


def test_the_suite_that_the_cases_change_is_right(tmp_path: Path) -> None:
    suite = load(tmp_path)
    assert [ref.label for ref in suite.problems] == ["bowl[dimension=2]"]
    assert suite.budgets == {"bowl[dimension=2]": Budget(trials=5)}


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, "empty"),
        (b"# only a comment\n", None, "empty"),
        (b"- a\n- b\n", 1, "a suite is made of keys"),
        (b"word\n", 1, "a suite is made of keys"),
        (b"null\n", 1, "a suite is made of keys"),
        (b"name: a\ndescription: \xff\n", 2, "not UTF-8"),
        ("name: ä\n".encode("utf-16"), 1, "not UTF-8"),
        (b"\x00" * 100, None, "not valid YAML"),
        (b"x" * (1 << 20) + b"x", None, "larger than 1 MiB"),
    ],
)
def test_not_a_suite_at_all(
    content: bytes, line: int | None, message: str, tmp_path: Path, refusal: Any
) -> None:
    (file := tmp_path / "suite.yaml").write_bytes(content)
    told = refusal(file)
    assert told.startswith(f"{file}:{line}: " if line else f"{file}: ")
    assert message in told


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000_000,
        b"name: " + b"[" * 1_000_000,
        b"{a: " * 200_000,
        b"- " * 500_000,
        b"? " * 400_000,
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 106)
        ),
    ],
    ids=["10 MB of brackets", "1 MB of brackets", "mappings", "dashes", "keys", "billion laughs"],
)
def test_hostile_files_are_refused_at_once(content: bytes, tmp_path: Path, refusal: Any) -> None:
    (file := tmp_path / "suite.yaml").write_bytes(content)
    begin = time.process_time()
    told = refusal(file)
    assert time.process_time() - begin < 1
    assert any(text in told for text in ("larger than", "nested more", "expand too far"))


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    changes = {2: "searchers: [tinny, {name: tiny, gread: 1, count: x}]", 4: "problems: [bwl]"}
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, changes)
    expected = ["searchers[0]", "searchers[1].gread", "searchers[1].count", "problems[0]"]
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == expected
    assert (caught.value.line, caught.value.key) == (2, "searchers[0]")


def test_a_plugin_behind_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.py", tmp_path / "suites"
    outside.write_text(PLUGIN)
    inside.mkdir()
    (inside / "linked.py").symlink_to(outside)
    with pytest.raises(SuiteError, match="leaves the suite's folder"):
        load(inside, {8: "plugins: [linked.py]"})


def test_a_broken_plugin_is_blamed_on_the_suite_line_that_names_it(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {8: "plugins: [tiny.py, broken.py]"})
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(SuiteError) as caught:
        load_suite(file)
    assert (caught.value.line, caught.value.key) == (8, "plugins[1]")
    assert f"{tmp_path / 'broken.py'}:2" in str(caught.value)


# -- what is right -------------------------------------------------------------------------


def test_every_combination_of_a_family(tmp_path: Path) -> None:
    suite = load(tmp_path, {4: "problems: [{bowl: {dimension: [1-2, 5], shape: all}}]"})
    due = [(1, "round"), (1, "flat"), (2, "round"), (2, "flat"), (5, "round"), (5, "flat")]
    assert [(ref.options["dimension"], ref.options["shape"]) for ref in suite.problems] == due
    expected = ["bowl[dimension=1]", "bowl[dimension=1,shape=flat]"]
    assert [ref.label for ref in suite.problems[:2]] == expected


@pytest.mark.parametrize(
    "entry",
    [
        "{bowl: {dimension: [2, 3], budget: {trials: 9}}}",
        "{bowl: {dimension: [2, 3]}, budget: {trials: 9}}",
        "{name: bowl, dimension: [2, 3], budget: {trials: 9}}",
        "{name: bowl, dimension: 2-3, budget: {trials: 9}}",
    ],
)
def test_all_forms_of_an_entry_mean_the_same(entry: str, tmp_path: Path) -> None:
    assert load(tmp_path, {4: f"problems: [{entry}, stairs]"}).budgets == {
        "bowl[dimension=2]": Budget(trials=9),
        "bowl[dimension=3]": Budget(trials=9),
        "stairs": Budget(trials=5),
    }


def test_a_label_made_of_options_may_be_too_long(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"the label made of the options, 'tiny\[label=xxx") as e:
        load(tmp_path, {2: f"searchers: [{{tiny: {{label: {'x' * 300}}}}}]"})
    assert "give a shorter one with 'as:'" in str(e.value)
    assert (e.value.line, e.value.key) == (2, "searchers[0]")


def test_labels_and_options(tmp_path: Path) -> None:
    searchers = "[tiny, {tiny: {greed: 3, on: true}}, {name: tiny, as: big, layers: [4]}]"
    suite = load(tmp_path, {2: f"searchers: {searchers}"})
    assert [ref.label for ref in suite.searchers] == ["tiny", "tiny[greed=3.0,on=true]", "big"]
    expected = {"greed": 1.0, "mode": "a", "layers": [4], "count": 3, "on": False, "label": None}
    assert suite.searchers[2].options == expected


def test_what_a_suite_resolves_to_loads_as_the_same_suite(tmp_path: Path) -> None:
    changes = {
        2: "searchers: [tiny, {name: tiny, as: big, greed: 2}, model]",
        4: "problems: [stairs, {bowl: {dimension: 1-3}, budget: {time: 1 h}}]",
        5: "seeds: 3-5",
    }
    suite = load(tmp_path, changes, only="*/stairs")
    again_file = tmp_path / "results" / "suite.yaml"
    again_file.parent.mkdir()
    again_file.write_text(suite.to_yaml())
    assert again_file.read_text().splitlines()[1] == f'#   --plugin "{tmp_path / "tiny.py"}"'
    again = load_suite(again_file, plugins=[tmp_path / "tiny.py"])
    assert again.resolved() == suite.resolved()
    assert (again.searchers, again.problems) == (suite.searchers, suite.problems)
    assert suite.resolved()["seeds"] == [3, 4, 5]
    assert again.only == ("*/stairs",)


def test_a_plugins_name_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    (file := tmp_path / "a\nworkers: 9\n.py").write_text(PLUGIN)
    suite = load_suite(write_suite(tmp_path, {8: "# none"}), plugins=[file])
    (copy := tmp_path / "copy.yaml").write_text(suite.to_yaml())
    assert load_suite(copy, plugins=[file]).workers == (4,)


def test_only_of_the_command_line_stands_above_the_suites(tmp_path: Path) -> None:
    changes = {6: "only: 'tiny/*'"}
    assert load(tmp_path, changes).only == ("tiny/*",)
    assert load(tmp_path, changes, only="*").only == ("*",)
    assert "only" not in load(tmp_path).resolved()


def test_several_globs_pick_what_matches_one_of_them(tmp_path: Path) -> None:
    suite = load(tmp_path, {2: "searchers: [tiny, model]", 6: "only: ['tiny/*', '*/stairs']"})
    assert suite.only == ("tiny/*", "*/stairs")
    assert suite.resolved()["only"] == ["tiny/*", "*/stairs"]


def test_searchers_are_chosen_only_where_a_suite_names_none(tmp_path: Path) -> None:
    def choose(suite_with: Callable[[Mapping[str, Any]], Suite]) -> Suite:
        return suite_with({"searchers": ["model", "tiny"]})

    chosen = load(tmp_path, {2: "# no searchers"}, choose=choose)
    assert [ref.label for ref in chosen.searchers] == ["model", "tiny"]
    assert [ref.label for ref in load(tmp_path, choose=choose).searchers] == ["tiny"]
    with pytest.raises(SuiteError, match="required; only `hpobench run --within 1h` chooses"):
        load(tmp_path, {2: "# no searchers"})


def test_exact_is_resolved_if_the_suite_has_it(tmp_path: Path) -> None:
    assert load(tmp_path, {6: "exact: ray"}).resolved()["exact"] == "ray"
    assert "exact" not in load(tmp_path).resolved()


def test_a_problem_under_two_budgets(tmp_path: Path) -> None:
    problems = "[stairs, {stairs: {as: long}, budget: {trials: 50}}]"
    suite = load(tmp_path, {4: f"problems: {problems}"})
    assert suite.budgets == {"stairs": Budget(trials=5), "long": Budget(trials=50)}


def test_a_problem_twice_under_the_same_budget_is_refused(tmp_path: Path) -> None:
    problems = "[stairs, {stairs: {as: long}, budget: {trials: 5}}]"
    with pytest.raises(SuiteError, match=r"the same as 'stairs' at problems\[0\]"):
        load(tmp_path, {4: f"problems: {problems}"})


def test_pipes_and_devices_are_none(tmp_path: Path, refusal: Any) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert refusal(pipe) == f"{pipe}: is no regular file\n"
    assert refusal(Path("/dev/zero")) == "/dev/zero: is no regular file\n"


def test_defaults(tmp_path: Path) -> None:
    suite = load(tmp_path, {6: "# no workers"})
    assert (suite.workers, suite.stage, suite.tell, suite.only) == ((4,), "virtual", None, ())


def test_one_number_of_workers_or_several(tmp_path: Path) -> None:
    for text, workers, resolved in (("3", (3,), 3), ("[3]", (3,), 3), ("[2, 1]", (2, 1), [2, 1])):
        suite = load(tmp_path, {6: f"workers: {text}"})
        assert (suite.workers, suite.resolved()["workers"]) == (workers, resolved)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("3600 s", 3600),
        ("1 h", 3600),
        ("2min", 120),
        ("1.5 d", 129_600),
        ("250 ms", 0.25),
        ("'7'", 7),
    ],
)
def test_times(text: str, seconds: float, tmp_path: Path) -> None:
    suite = load(tmp_path, {7: f"budget: {{time: {text}}}"})
    assert suite.budgets["bowl[dimension=2]"].time == seconds


@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        (3, [0, 1, 2]),
        ("3", [0, 1, 2]),
        ("2-4", [2, 3, 4]),
        ("0,4,7", [0, 4, 7]),
        ("0, 5-6", [0, 5, 6]),
        ([9, "1-2"], [9, 1, 2]),
        ("0-0", [0]),
    ],
)
def test_seeds(given: object, seeds: list[int]) -> None:
    assert list(parse_seeds(given)) == seeds


def test_seeds_of_the_command_line_stand_above_the_suite(tmp_path: Path) -> None:
    assert list(load(tmp_path, seeds="7-8").seeds) == [7, 8]
    with pytest.raises(UsageError, match="--seeds: '-3' is no seed"):
        load(tmp_path, seeds="-3")


def test_a_grid_too_large_is_refused_before_it_is_built(tmp_path: Path) -> None:
    changes = {4: "problems: [{bowl: {dimension: 1-10}}]", 5: f"seeds: {MAX_CELLS}"}
    with pytest.raises(SuiteError, match="10 combinations x 1,000,000 seeds are more than"):
        load(tmp_path, changes)
    changes = {5: f"seeds: {MAX_CELLS}", 6: "workers: [1, 2]"}
    with pytest.raises(SuiteError, match="1 combinations x 1,000,000 seeds x 2 numbers of workers"):
        load(tmp_path, changes)


def test_options_of_a_searcher_whose_package_is_missing_wait(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {8: "plugins: [tiny.py, top.py]", 2: "searchers: [tiny, top]"})
    (tmp_path / "top.py").write_text(
        "import no_such_package\n"
        "class Top(no_such_package.Searcher):\n"
        "    name = 'top'\n"
        "    requires = ('no-such-package',)\n"
    )
    assert [ref.label for ref in load_suite(file).searchers] == ["tiny", "top"]


def test_finding_suites(tmp_path: Path) -> None:
    assert find_suite("smoke").name == "smoke.yaml"
    file = write_suite(tmp_path)
    assert find_suite(file) == file
    with pytest.raises(UnknownNameError, match="unknown suite 'smok'; did you mean smoke"):
        find_suite("smok")
    with pytest.raises(SuiteError, match=r"siute\.yaml: no such file; did you mean suite\.yaml"):
        find_suite(tmp_path / "siute.yaml")
    with pytest.raises(SuiteError, match="is a folder"):
        find_suite(tmp_path)
