"""Suites: what they mean, and what is said about those that are wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hpobench.__main__ import main
from hpobench.api import Budget
from hpobench.errors import SuiteError, UnknownNameError, UsageError
from hpobench.suite import Suite, find_suite, load_suite
from hpobench.suitefile import MAX_CELLS, parse_seeds
from tests.tiny_plugins import PLUGIN, write_suite


def load(folder: Path, changes: dict[int, str] | None = None, **overrides: object) -> Suite:
    return load_suite(write_suite(folder, changes), **overrides)


def refusal(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line says about a suite that it must refuse with exit code 2."""
    with pytest.raises(SystemExit) as end:
        main(["plan", str(file)])
    told = capsys.readouterr()
    assert end.value.code == 2
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err
    assert told.out == ""
    return told.err.removeprefix("error: ")


# -- what is wrong -------------------------------------------------------------------------

# The line that is changed and what it becomes; the line and key that are blamed; what is said.
WRONG = {
    "name missing": (1, "description: x", 1, "name", "required"),
    "name not a word": (1, "name: [a]", 1, "name", "a word is due"),
    "name empty": (1, "name: ''", 1, "name", "letters, digits"),
    "name leaves its folder": (1, "name: ../base", 1, "name", "letters, digits"),
    "name absolute": (1, "name: /tmp/base", 1, "name", "letters, digits"),
    "name is dots": (1, "name: ..", 1, "name", "letters, digits"),
    "name with a newline": (1, 'name: "a\\n"', 1, "name", "letters, digits"),
    "name too long": (1, "name: " + "a" * 65, 1, "name", "letters, digits"),
    "key unknown": (6, "worker: 4", 6, "worker", "did you mean workers?"),
    "key quite unknown": (6, "zzzzz: 4", 6, "zzzzz", "keys: name, description"),
    "key not a word": (6, "4: 4", 6, None, "keys are words, not 4"),
    "key twice": (6, "seeds: 3", 6, "seeds", "given twice; first in line 5"),
    "key twice inside": (7, "budget: {trials: 1, trials: 2}", 7, "budget.trials", "twice"),
    "merge key": (6, "<<: {workers: 4}", 6, None, "keys are words"),
    "searchers empty": (2, "searchers: []", 2, "searchers", "the list is empty"),
    "searchers missing": (2, "# none", 1, "searchers", "required"),
    "searchers no list": (2, "searchers: tiny", 2, "searchers", "a list is due"),
    "searchers null": (2, "searchers:", 2, "searchers", "a list is due"),
    "searcher unknown": (2, "searchers: [tinny]", 2, "searchers[0]", "did you mean tiny"),
    "searcher of another kind": (2, "searchers: [whole]", 2, "searchers[0]", "unknown searcher"),
    "searcher named unknown": (2, "searchers: [{name: tinny}]", 2, "searchers[0].name", "tiny"),
    "searcher a number": (2, "searchers: [3]", 2, "searchers[0]", "an entry is NAME"),
    "searcher a list": (2, "searchers: [[tiny]]", 2, "searchers[0]", "an entry is NAME"),
    "searcher nameless": (2, "searchers: [{on: true, as: x}]", 2, "searchers[0]", "an entry"),
    "searcher twice": (2, "searchers: [tiny, tiny]", 2, "searchers[1]", "'tiny' is taken"),
    "searcher twice, other label": (
        2,
        "searchers: [tiny, {name: tiny, as: t, greed: 1.0}]",
        2,
        "searchers[1]",
        "the same as 'tiny' at searchers[0]",
    ),
    "label taken": (
        2,
        "searchers: [tiny, {name: tiny, as: tiny, greed: 2}]",
        2,
        "searchers[1]",
        "give one of them another",
    ),
    "label empty": (2, "searchers: [{name: tiny, as: ''}]", 2, "searchers[0].as", "a label"),
    "label in colour": (
        2,
        'searchers: [{name: tiny, as: "\\e[31m"}]',
        2,
        "searchers[0].as",
        "a label is",
    ),
    "key in colour": (6, '"\\e[31m": 4', 6, r"'\x1b[31m'", "no such key"),
    "text endless": (6, "description: " + "x" * 5000, 6, "description", "longer than 4096"),
    "label a number": (2, "searchers: [{name: tiny, as: 3}]", 2, "searchers[0].as", "a label"),
    "option unknown": (
        2,
        "searchers:\n  - name: tiny\n    gread: 2",
        4,
        "searchers[0].gread",
        "did you mean greed?",
    ),
    "option not a number": (
        2,
        "searchers: [{name: tiny, greed: x}]",
        2,
        "searchers[0].greed",
        "valid number",
    ),
    "option a quoted number": (
        2,
        "searchers: [{name: tiny, count: '3'}]",
        2,
        "searchers[0].count",
        '"3": input should be a valid integer',
    ),
    "option out of bounds": (
        2,
        "searchers: [{name: tiny, count: 0}]",
        2,
        "searchers[0].count",
        "greater than or equal to 1",
    ),
    "option not a choice": (
        2,
        "searchers: [{name: tiny, mode: c}]",
        2,
        "searchers[0].mode",
        "none of a, b",
    ),
    "option of a plugin without options": (
        3,
        "schedulers: [{name: whole, eta: 3}]",
        3,
        "schedulers[0].eta",
        "it has no options",
    ),
    "option refused by the plugin": (
        3,
        "schedulers: [{name: halves, eta: 1}]",
        3,
        "schedulers[0]",
        "eta is at least 2",
    ),
    "schedulers empty": (3, "schedulers: []", 3, "schedulers", "the list is empty"),
    "scheduler unknown": (3, "schedulers: [hole]", 3, "schedulers[0]", "did you mean whole"),
    "problems empty": (4, "problems: []", 4, "problems", "the list is empty"),
    "problem unknown": (4, "problems: [bowll]", 4, "problems[0]", "did you mean bowl"),
    "problem family unknown": (
        4,
        "problems:\n  - bowll: {dimension: 2}",
        5,
        "problems[0].bowll",
        "did you mean bowl",
    ),
    "problem twice": (
        4,
        "problems:\n  - bowl: {dimension: [1, 2]}\n  - bowl: {dimension: 2}",
        6,
        "problems[1]",
        "'bowl[dimension=2]' is taken by problems[0]",
    ),
    "problem without its parameter": (4, "problems: [bowl]", 4, "problems[0]", "'dimension' is"),
    "problem's parameter unknown": (
        4,
        "problems: [{bowl: {dimensoin: 2}}]",
        4,
        "problems[0].bowl.dimensoin",
        "did you mean dimension?",
    ),
    "problem's values empty": (
        4,
        "problems: [{bowl: {dimension: []}}]",
        4,
        "problems[0].bowl.dimension",
        "the list is empty",
    ),
    "problem's value wrong": (
        4,
        "problems:\n  - bowl:\n      dimension:\n        - 2\n        - two",
        8,
        "problems[0].bowl.dimension[1]",
        "valid integer",
    ),
    "problem's value no choice": (
        4,
        "problems: [{bowl: {dimension: 2, shape: rund}}]",
        4,
        "problems[0].bowl.shape",
        "none of round, flat; did you mean round?",
    ),
    "range backwards": (
        4,
        "problems: [{bowl: {dimension: 5-2}}]",
        4,
        "problems[0].bowl.dimension",
        "runs backwards",
    ),
    "range endless": (
        4,
        "problems: [{bowl: {dimension: 1-1000000000}}]",
        4,
        "problems[0].bowl.dimension",
        "more than 1,000,000",
    ),
    "too many problems": (
        4,
        "problems: [{bowl: {dimension: 1-20000}}]",
        4,
        "problems[0]",
        "20,000 problems",
    ),
    "problem refuses its parameter": (
        4,
        "problems: [{bowl: {dimension: 2, noise: -1}}]",
        4,
        "problems[0]",
        "noise is at least 0",
    ),
    "one label for many problems": (
        4,
        "problems: [{bowl: {dimension: [1, 2], as: b}}]",
        4,
        "problems[0].bowl.as",
        "one label cannot name 2 problems",
    ),
    "problem's budget wrong": (
        4,
        "problems:\n  - bowl: {dimension: 2}\n    budget: {time: -1}",
        5,
        "problems[0].bowl.budget.time",
        "must be positive",
    ),
    "problem's budget unknown": (
        4,
        "problems: [{bowl: {dimension: 2, budget: {trails: 3}}}]",
        4,
        "problems[0].bowl.budget.trails",
        "did you mean trials?",
    ),
    "problem's budget twice": (
        4,
        "problems: [{bowl: {dimension: 2, budget: {trials: 3}}, budget: {trials: 3}}]",
        4,
        "problems[0]",
        "'budget' is given twice",
    ),
    "seeds zero": (5, "seeds: 0", 5, "seeds", "from 1 to"),
    "seeds negative": (5, "seeds: -1", 5, "seeds", "from 1 to"),
    "seeds too many": (5, "seeds: 1000000000", 5, "seeds", "from 1 to 1,000,000"),
    "seeds endless range": (5, "seeds: 0-99999999999", 5, "seeds", "more than"),
    "seeds empty": (5, "seeds: []", 5, "seeds", "seeds are"),
    "seeds twice": (5, "seeds: [1, 2, 1]", 5, "seeds", "seed 1 is given twice"),
    "seeds no numbers": (5, "seeds: [a]", 5, "seeds", "'a' is no seed"),
    "seeds fractional": (5, "seeds: 1.5", 5, "seeds", "seeds are"),
    "seeds true": (5, "seeds: true", 5, "seeds", "seeds are"),
    "seeds missing": (5, "# none", 1, "seeds", "required"),
    "workers zero": (6, "workers: 0", 6, "workers", "at least 1"),
    "workers fractional": (6, "workers: 2.5", 6, "workers", "a whole number is due"),
    "workers a word": (6, "workers: four", 6, "workers", "a whole number is due"),
    "workers true": (6, "workers: true", 6, "workers", "a whole number is due"),
    "workers too many": (6, "workers: 40000", 6, "workers", "at most 32767"),
    "workers infinite": (6, "workers: .inf", 6, "workers", "not a number to compute with"),
    "workers endless digits": (6, "workers: " + "9" * 4096, 6, "workers", "at most 32767"),
    "stage live": (6, "stage: live", 6, "stage", "not there yet"),
    "stage unknown": (6, "stage: real", 6, "stage", "none of 'virtual'"),
    "tell unknown": (6, "tell: lst", 6, "tell", "none of 'last', 'full' or 'every'"),
    "description a number": (6, "description: 3", 6, "description", "a word is due"),
    "budget missing": (7, "# none", 4, "problems[0]", "no budget"),
    "budget empty": (7, "budget: {}", 7, "budget", "needs one of time, trials"),
    "budget a number": (7, "budget: 3", 7, "budget", "keys and values are due"),
    "budget negative": (7, "budget: {trials: -3}", 7, "budget.trials", "must be positive"),
    "budget zero": (7, "budget: {time: 0 s}", 7, "budget.time", "must be positive"),
    "budget nan": (7, "budget: {time: .nan}", 7, "budget.time", "not a number"),
    "budget overflows": (7, "budget: {time: 1e999}", 7, "budget.time", "not a number"),
    "budget unit unknown": (7, "budget: {time: 3 weeks}", 7, "budget.time", "no time"),
    "budget half a trial": (7, "budget: {trials: 1.5}", 7, "budget.trials", "whole number"),
    "budget key unknown": (7, "budget: {tme: 3}", 7, "budget.tme", "did you mean time?"),
    "budget true": (7, "budget: {resource: true}", 7, "budget.resource", "a number is due"),
    "plugin missing": (8, "plugins: [tiny.py, other.py]", 8, "plugins[1]", "no such file"),
    "plugin climbs out": (8, "plugins: [../tiny.py]", 8, "plugins[0]", "leaves the suite's folder"),
    "plugin absolute": (8, "plugins: [/etc/passwd]", 8, "plugins[0]", "leaves the suite's"),
    "plugin hides climbing": (8, "plugins: [a/../../x.py]", 8, "plugins[0]", "leaves"),
    "plugin with a null": (8, 'plugins: ["a\\0b"]', 8, "plugins[0]", "no path"),
    "plugin no list": (8, "plugins: tiny.py", 8, "plugins", "a list is due"),
    "plugin a number": (8, "plugins: [3]", 8, "plugins[0]", "a word is due"),
    "tag": (6, "workers: !!python/object:os.system 4", 6, "workers", "tags like"),
    "own tag": (7, "budget: !mine {trials: 3}", 7, "budget", "tags like !mine"),
    "binary": (1, "name: !!binary aGk=", 1, "name", "tags like"),
    "alias to itself": (2, "searchers: &a [*a]", 2, None, "aliases expand too far"),
    "alias undefined": (2, "searchers: *a", 2, None, "undefined alias"),
    "two documents": (6, "---\nname: b", 6, None, "more than one document"),
    "bracket open": (2, "searchers: [tiny", 3, None, "not valid YAML"),
    "colons": (2, "searchers: a: b", 2, None, "not valid YAML"),
    "tab": (2, "searchers:\n\t- tiny", 3, None, "not valid YAML"),
    "control character": (2, "searchers: [\x01]", None, None, "not valid YAML"),
}


@pytest.mark.parametrize(
    ("changed", "text", "line", "key", "message"), WRONG.values(), ids=list(WRONG)
)
def test_malformed_suite(
    changed: int,
    text: str,
    line: int | None,
    key: str | None,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write_suite(tmp_path, {changed: text})
    told = refusal(file, capsys).partition("\n")[0]
    place = ":".join(str(part) for part in (file, line) if part is not None)
    assert told.startswith(f"{place}: {key}: " if key else f"{place}: ")
    assert message in told


def test_the_suite_that_the_cases_change_is_right(tmp_path: Path) -> None:
    suite = load(tmp_path)
    assert [use.label for use in suite.problems] == ["bowl[dimension=2]"]
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
    content: bytes,
    line: int | None,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "suite.yaml"
    file.write_bytes(content)
    told = refusal(file, capsys)
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
def test_hostile_files_are_refused_within_a_second(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "suite.yaml"
    file.write_bytes(content)
    begin = time.process_time()
    told = refusal(file, capsys)
    assert time.process_time() - begin < 1
    assert any(text in told for text in ("larger than", "nested more", "expand too far"))


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    changes = {2: "searchers: [tinny, {name: tiny, gread: 1, count: x}]", 4: "problems: [bwl]"}
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, changes)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "searchers[0]",
        "searchers[1].gread",
        "searchers[1].count",
        "problems[0]",
    ]
    assert (caught.value.line, caught.value.key) == (2, "searchers[0]")


def test_a_plugin_behind_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.py", tmp_path / "suites"
    outside.write_text(PLUGIN, encoding="utf-8")
    inside.mkdir()
    (inside / "linked.py").symlink_to(outside)
    with pytest.raises(SuiteError, match="leaves the suite's folder"):
        load(inside, {8: "plugins: [linked.py]"})


def test_a_broken_plugin_is_blamed_on_the_suite_line_that_names_it(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {8: "plugins: [tiny.py, broken.py]"})
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n", encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        load_suite(file)
    assert (caught.value.line, caught.value.key) == (8, "plugins[1]")
    assert f"{tmp_path / 'broken.py'}:2" in str(caught.value)


# -- what is right -------------------------------------------------------------------------


def test_every_combination_of_a_family(tmp_path: Path) -> None:
    suite = load(tmp_path, {4: "problems: [{bowl: {dimension: [1-2, 5], shape: all}}]"})
    assert [(use.options["dimension"], use.options["shape"]) for use in suite.problems] == [
        (1, "round"),
        (1, "flat"),
        (2, "round"),
        (2, "flat"),
        (5, "round"),
        (5, "flat"),
    ]
    assert [use.label for use in suite.problems[:2]] == [
        "bowl[dimension=1]",
        "bowl[dimension=1,shape=flat]",
    ]


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
    suite = load(tmp_path, {4: f"problems: [{entry}, stairs]"})
    assert suite.budgets == {
        "bowl[dimension=2]": Budget(trials=9),
        "bowl[dimension=3]": Budget(trials=9),
        "stairs": Budget(trials=5),
    }


def test_labels_and_options(tmp_path: Path) -> None:
    searchers = "[tiny, {tiny: {greed: 3, on: true}}, {name: tiny, as: big, layers: [4]}]"
    suite = load(tmp_path, {2: f"searchers: {searchers}"})
    assert [use.label for use in suite.searchers] == ["tiny", "tiny[greed=3.0,on=true]", "big"]
    assert suite.searchers[2].options == {
        "greed": 1.0,
        "mode": "a",
        "layers": [4],
        "count": 3,
        "on": False,
        "label": None,
    }


def test_what_a_suite_resolves_to_loads_as_the_same_suite(tmp_path: Path) -> None:
    changes = {
        2: "searchers: [tiny, {name: tiny, as: big, greed: 2}, model]",
        4: "problems: [stairs, {bowl: {dimension: 1-3}, budget: {time: 1 h}}]",
        5: "seeds: 3-5",
    }
    suite = load(tmp_path, changes)
    again_file = tmp_path / "again.yaml"
    again_file.write_text(suite.to_yaml(), encoding="utf-8")
    again = load_suite(again_file)
    assert again.resolved() == suite.resolved()
    assert again.searchers == suite.searchers
    assert again.problems == suite.problems
    assert suite.resolved()["seeds"] == [3, 4, 5]


def test_defaults(tmp_path: Path) -> None:
    suite = load(tmp_path, {6: "# no workers"})
    assert (suite.workers, suite.stage, suite.tell, suite.only) == (4, "virtual", "last", None)


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


def test_options_of_a_searcher_whose_package_is_missing_wait(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {8: "plugins: [tiny.py, top.py]", 2: "searchers: [tiny, top]"})
    (tmp_path / "top.py").write_text(
        "import no_such_package\n"
        "class Top(no_such_package.Searcher):\n"
        "    name = 'top'\n"
        "    requires = ('no-such-package',)\n",
        encoding="utf-8",
    )
    assert [use.label for use in load_suite(file).searchers] == ["tiny", "top"]


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
