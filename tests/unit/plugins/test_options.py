"""Options: from annotations to checked arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.api import Fidelity, Float, Space
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import PluginError, UsageError
from hpobench.plugins.building import build_problem, build_scheduler, build_searcher
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import label, options_of, resolve
from tests.support.present import present
from tests.support.tiny_plugins import PLUGIN

SPACE = Space([Float("x", 0, 1)])
DEFAULTS = {"greed": 1.0, "mode": "a", "layers": [1, 2], "count": 3, "on": False, "label": None}


@pytest.fixture
def file(tmp_path: Path) -> str:
    (path := tmp_path / "tiny.py").write_text(PLUGIN)
    return str(path)


def ref(file: str, kind: str, cls: str, **options: Any) -> PluginRef:
    return PluginRef(kind, cls.lower(), cls.lower(), options, file, cls)  # type: ignore[arg-type]


def test_the_options_of_a_searcher_are_what_it_is_not_given_anyway(file: str) -> None:
    known = present(options_of(load_class(file, "Tiny")))
    assert list(known) == list(DEFAULTS)
    assert known["mode"].choices == ("a", "b")
    assert not known["greed"].required


def test_defaults_are_resolved(file: str) -> None:
    assert resolve(load_class(file, "Tiny"), {}) == (DEFAULTS, [])


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("greed", 3, 3.0),
        ("greed", 0.25, 0.25),
        ("greed", 1e300, 1e300),
        ("layers", [4, 5, 6], [4, 5, 6]),
        ("layers", [], []),
        ("on", True, True),
        ("label", "x", "x"),
        ("label", None, None),
        ("mode", "b", "b"),
    ],
)
def test_values_that_fit(key: str, value: object, stored: object, file: str) -> None:
    resolved, faults = resolve(load_class(file, "Tiny"), {key: value})
    assert faults == []
    assert resolved == DEFAULTS | {key: stored}
    assert type(resolved[key]) is type(stored)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("count", "3", '"3": input should be a valid integer'),
        ("count", 3.0, "3.0: input should be a valid integer"),
        ("count", True, "true: input should be a valid integer"),
        ("count", None, "null: input should be a valid integer"),
        ("count", 0, "0: input should be greater than or equal to 1"),
        ("greed", "1", '"1": input should be a valid number'),
        ("greed", True, "true: input should be a valid number"),
        ("greed", [1], "[1]: input should be a valid number"),
        ("on", 1, "1: input should be a valid boolean"),
        ("on", "yes", '"yes": input should be a valid boolean'),
        ("label", 3, "3: input should be a valid string"),
        ("layers", 3, "3: input should be a valid array"),
        ("layers", [1, "2"], '[1, "2"][1]: input should be a valid integer'),
        ("mode", "A", '"A" is none of a, b; did you mean'),
        ("mode", 1, "1 is none of a, b"),
        ("gread", 1, "no such option; did you mean greed?"),
        ("zzz", 1, "no such option; options: greed, mode, layers"),
        ("seed", 1, "no such option"),
        ("space", 1, "no such option"),
    ],
)
def test_values_that_do_not_fit(key: str, value: object, message: str, file: str) -> None:
    _, faults = resolve(load_class(file, "Tiny"), {key: value})
    assert [fault.key for fault in faults] == [key]
    assert faults[0].message.startswith(message.removesuffix("; did you mean"))


def test_a_required_option_names_its_choices(tmp_path: Path) -> None:
    path = tmp_path / "choosy.py"
    path.write_text(
        "from typing import Literal\nfrom hpobench.api import Problem\n"
        "class Choosy(Problem):\n"
        "    def __init__(self, *, side: Literal['left', 'right'], depth: int): ...\n"
    )
    _, faults = resolve(load_class(str(path), "Choosy"), {})
    assert [(fault.key, fault.message) for fault in faults] == [
        (None, "option 'side' is required, one of left, right"),
        (None, "option 'depth' is required"),
    ]


def test_annotations_of_type_checkers_matter_only_where_an_option_has_them(tmp_path: Path) -> None:
    path = tmp_path / "typed.py"
    path.write_text(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "from hpobench.api import Searcher\n"
        "if TYPE_CHECKING:\n    from nowhere import Space, Deep\n"
        "class Fine(Searcher):\n"
        "    def __init__(self, space: Space, *, seed: int, fidelity: Space, n: int = 1): ...\n"
        "class Bad(Searcher):\n"
        "    def __init__(self, space: Space, *, seed: int, fidelity: Space, n: Deep): ...\n"
    )
    assert resolve(load_class(str(path), "Fine"), {"n": 2}) == ({"n": 2}, [])
    with pytest.raises(PluginError, match=r"typed\.py.*Bad.*'Deep' is not defined"):
        resolve(load_class(str(path), "Bad"), {"n": 2})


def test_rays_searchers_take_whatever_keywords_they_have(tmp_path: Path) -> None:
    path = tmp_path / "rays.py"
    path.write_text(
        "class Named:\n    def __init__(self, space=None, metric=None, points=3): ...\n"
        "class Open:\n    def __init__(self, points=3, **more): ...\n"
    )
    named, free = load_class(str(path), "Named"), load_class(str(path), "Open")
    assert resolve(named, {"points": [1]}) == ({"points": [1]}, [])
    expected = ["no such option; did you mean points?"]
    assert [f.message for f in resolve(named, {"pints": 1})[1]] == expected
    assert resolve(free, {"anything": {"a": 1}}) == ({"anything": {"a": 1}}, [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "tiny"),
        ({"greed": 1}, "tiny"),
        ({"greed": 2, "on": True}, "tiny[greed=2.0,on=true]"),
        ({"layers": [3]}, "tiny[layers=[3]]"),
        ({"label": "x y"}, "tiny[label=x y]"),
    ],
)
def test_labels_tell_what_is_not_default(given: dict[str, Any], expected: str, file: str) -> None:
    cls = load_class(file, "Tiny")
    assert label(cls, "tiny", resolve(cls, given)[0]) == expected


def test_a_default_and_the_same_value_given_are_stored_alike(file: str) -> None:
    cls = load_class(file, "Tiny")
    assert repr(resolve(cls, {})[0]) == repr(resolve(cls, {"greed": 1, "layers": [1, 2]})[0])


def test_building_gives_the_constructor_its_own_types(file: str) -> None:
    options = {**DEFAULTS, "layers": [5, 6], "greed": 2}
    built: Any = build_searcher(ref(file, "searcher", "Tiny", **options), SPACE, 7, Fidelity())
    assert built.options == (2.0, "a", (5, 6), 3, False, None)
    assert (built.seed, built.space, built.fidelity) == (7, SPACE, Fidelity())
    bowl: Any = build_problem(ref(file, "problem", "Bowl", dimension=4))
    assert bowl.dimension == 4
    assert type(build_scheduler(ref(file, "scheduler", "Halves", eta=4))).__name__ == "Halves"


def test_building_something_of_another_kind_is_refused(file: str) -> None:
    with pytest.raises(PluginError, match=r"Whole does not derive from hpobench\.api\.Problem"):
        build_problem(ref(file, "problem", "Whole"))
    with pytest.raises(PluginError, match=r"Bowl does not derive from hpobench\.api\.Scheduler"):
        build_scheduler(ref(file, "scheduler", "Bowl", dimension=1))


def test_options_that_do_not_fit_any_more_are_named(file: str) -> None:
    with pytest.raises(UsageError, match="problem 'bowl': options do not fit"):
        build_problem(ref(file, "problem", "Bowl", dimension="two"))
    with pytest.raises(UsageError, match="problem 'bowl': options do not fit: 'gone'"):
        build_problem(ref(file, "problem", "Bowl", gone=1))


HERE = """
from hpobench.api import Float, Fidelity, FunctionProblem, Space


class Here(FunctionProblem):
    name = "here"
    space = Space([Float("x", 0, 1)])

    def __init__(self, *, file: str) -> None:
        self.text = self.inside(file).read_text()

    def train(self, config, seed):
        return 0.0
"""


def test_a_problem_finds_files_in_the_suites_folder_and_nowhere_else(tmp_path: Path) -> None:
    file, suite = tmp_path / "here.py", tmp_path / "suite"
    file.write_text(HERE)
    (suite / "below").mkdir(parents=True)
    (suite / "below" / "a.txt").write_text("found")
    (suite / "link").symlink_to(file)

    def build(path: str) -> Any:
        return build_problem(
            PluginRef("problem", "here", "here", {"file": path}, str(file), "Here", str(suite))
        )

    assert build("below/a.txt").text == "found"
    assert build(str(suite / "below" / "a.txt")).text == "found"
    for path in ("../here.py", str(file), "link"):
        with pytest.raises(UsageError, match=r"leaves the suite's folder, .*suite$"):
            build(path)
    with pytest.raises(UsageError, match="is not a valid path"):
        build("a\0b")
