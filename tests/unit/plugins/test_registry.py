"""Plugins are found without being imported, and what is broken is named."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from pathlib import Path

import pytest

from hpobench.contract.errors import PluginError, UnknownNameError
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins.modules import load_class, locate, module_name, sibling
from hpobench.plugins.registry import Registry, shipped_suites
from tests.support.tiny_plugins import PLUGIN

EXPLODES = "raise RuntimeError('imported')\n"
SEARCHER = "from hpobench.api import Searcher\n\n\nclass {cls}(Searcher):\n    name = {name!r}\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (file := tmp_path / "tiny.py").write_text(PLUGIN)
    return file


def plugin(folder: Path, text: str, name: str = "mine.py") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_finds_the_plugins_of_a_file(tiny: Path) -> None:
    registry = Registry([tiny])
    entry = registry.find("searcher", "tiny")
    assert (entry.cls, entry.file, entry.origin) == ("Tiny", tiny, "file")
    assert entry.summary == "Proposes the middle of the space."
    expected = ["greed", "mode", "layers", "count", "on", "label"]
    assert [option.name for option in entry.options] == expected
    assert registry.find("scheduler", "halves").kind == "scheduler"
    shape = registry.find("problem", "bowl").options[1]
    assert (shape.annotation, shape.default) == ("Literal['round', 'flat']", "'round'")
    assert registry.find("problem", "bowl").options[0].default is None


def test_capabilities_come_with_the_contracts_defaults(tiny: Path) -> None:
    registry = Registry([tiny])
    traits = ("conditional", "multi_fidelity", "deterministic")
    read = {
        name: [registry.find("searcher", name).attributes[trait] for trait in traits]
        for name in ("tiny", "flat", "model")
    }
    assert read == {
        "tiny": [True, False, True],
        "flat": [False, False, True],
        "model": [True, True, False],
    }
    assert registry.find("scheduler", "brackets").attributes["lookahead"] == 1


def test_attributes_read_equal_those_of_the_class(tiny: Path) -> None:
    registry = Registry([tiny])
    for entry in registry.entries("searcher") + registry.entries("scheduler"):
        if entry.origin == "file":
            cls = entry.load()
            for key, value in entry.attributes.items():
                assert getattr(cls, key) == value


def test_private_classes_are_no_plugins(tiny: Path) -> None:
    registry = Registry([tiny])
    classes = [e.cls for e in registry.entries("searcher") + registry.entries("problem")]
    assert "_Base" not in classes
    assert "_Constant" not in classes


def test_listing_does_not_import(tmp_path: Path) -> None:
    file = plugin(tmp_path, EXPLODES + SEARCHER.format(cls="Mine", name="mine"))
    entry = Registry([file]).find("searcher", "mine")
    assert entry.missing() is None
    told = r"mine\.py:1: cannot be imported: RuntimeError: imported"
    with pytest.raises(PluginError, match=told):
        entry.load()


@pytest.mark.parametrize(
    ("base", "kind"),
    [
        ("ray.tune.search.Searcher", "searcher"),
        ("OptunaSearch", "searcher"),
        ("api.Scheduler", "scheduler"),
        ("TabulatedProblem", "problem"),
        ("Generic[Problem]", None),
        ("SomeSearcher[int]", "searcher"),
        ("object", None),
    ],
)
def test_the_base_tells_the_kind(base: str, kind: str | None, tmp_path: Path) -> None:
    file = plugin(tmp_path, f"class Mine({base}):\n    name = 'mine'\n")
    if kind is None:
        with pytest.raises(PluginError, match="no plugin in it"):
            Registry([file])
    else:
        assert Registry([file]).find(kind, "mine").cls == "Mine"  # type: ignore[arg-type]


def test_a_bare_subclass_of_rays_searcher_goes_by_its_class_name(tmp_path: Path) -> None:
    text = (
        "from ray import tune\n"
        "class Shared(tune.search.Searcher):\n    pass\n"
        "class Mine(Shared):\n    '''Mine.'''\n"
    )
    registry = Registry([plugin(tmp_path, text)])
    entry = registry.find("searcher", "Mine")
    assert entry.ray
    assert entry.attributes == {}
    with pytest.raises(UnknownNameError):
        registry.find("searcher", "Shared")


def test_a_folder_is_searched_but_for_private_files(tmp_path: Path) -> None:
    plugin(tmp_path, SEARCHER.format(cls="A", name="a"), "deep/er/a.py")
    plugin(tmp_path, SEARCHER.format(cls="B", name="b"), "_private.py")
    plugin(tmp_path, "not python at all", "notes.txt")
    names = [e.name for e in Registry([tmp_path]).entries("searcher") if e.origin == "file"]
    assert names == ["a"]


def test_bases_are_followed_into_files_of_the_plugin(tmp_path: Path) -> None:
    plugin(
        tmp_path,
        "from hpobench.api import Searcher\n"
        "class Common(Searcher):\n    conditional = False\n    requires = ('no-such-thing',)\n"
        "    def __init__(self, space, *, seed, fidelity, deep: int = 4): ...\n",
        "_common.py",
    )
    file = plugin(tmp_path, "from ._common import Common\nclass A(Common):\n    name = 'a'\n")
    with pytest.raises(PluginError, match="no plugin in it"):
        # Nothing says what the base is.
        Registry([plugin(tmp_path, "class A(Common):\n    name = 'a'\n", "alone.py")])
    entry = Registry([file]).find("searcher", "a")
    assert entry.attributes["conditional"] is False
    assert entry.load().__mro__[1].__name__ == "Common"
    assert [option.name for option in entry.options] == ["deep"]
    assert entry.missing() is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", r"mine\.py:1: not valid Python"),
        ("x = 1\n\n  y = 2\n", r"mine\.py:3: not valid Python: unexpected indent"),
        ("x = '\0'\n", r"mine\.py.*null bytes"),
        ("", "no plugin in it"),
        ("class A:\n    name = 'a'\n", "no plugin in it"),
    ],
)
def test_broken_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=message):
        Registry([plugin(tmp_path, text)])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"nowhere\.py: no such plugin file"):
        Registry([tmp_path / "nowhere.py"])


def test_two_plugins_of_one_name_are_refused(tmp_path: Path) -> None:
    one = plugin(tmp_path, SEARCHER.format(cls="A", name="same"), "one.py")
    two = plugin(tmp_path, SEARCHER.format(cls="B", name="same"), "two.py")
    with pytest.raises(PluginError) as caught:
        Registry([one, two])
    assert str(one) in str(caught.value)
    assert str(two) in str(caught.value)
    assert len(Registry([one, one]).entries("searcher")) == len(Registry([one]).entries("searcher"))


def test_a_shipped_name_cannot_be_taken(tmp_path: Path) -> None:
    folder = PLUGIN_FOLDERS["algorithms"]
    shipped = next(e for e in Registry().entries("searcher") if e.origin == "shipped")
    assert shipped.file.is_relative_to(folder)
    with pytest.raises(PluginError, match="two searchers are called"):
        Registry([plugin(tmp_path, SEARCHER.format(cls="A", name=shipped.name))])


def test_unknown_names_come_with_the_closest(tiny: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown searcher 'tinny'; did you mean tiny"):
        Registry([tiny]).find("searcher", "tinny")


def test_what_is_missing_and_what_brings_it(tiny: Path, tmp_path: Path) -> None:
    registry = Registry([tiny])
    expected = "needs no-such-package>=1, it is not installed; pip install 'no-such-package>=1'"
    assert registry.find("searcher", "needy").missing() == expected
    assert registry.find("problem", "absent").missing() == "its data is not here; fetch it"
    assert registry.find("problem", "bowl").missing() is None
    version = importlib.metadata.version("click")
    text = SEARCHER.format(cls="A", name="a") + "    requires = ('click>=1', 'click>1000')\n"
    missing = Registry([plugin(tmp_path, text)]).find("searcher", "a").missing()
    assert missing == f"needs click>1000, {version} is installed; pip install 'click>1000'"


def test_an_extra_of_hpobench_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    text = SEARCHER.format(cls="A", name="a") + "    requires = ('torch>=2.4',)\n"
    missing = Registry([plugin(tmp_path, text)]).find("searcher", "a").missing()
    assert missing == "needs torch>=2.4, it is not installed; pip install 'hpobench[gp]'"


@pytest.mark.parametrize("marker", ["python_version < '3'", "sys_platform == 'nowhere'"])
def test_requirements_for_other_machines_do_not_count(marker: str, tmp_path: Path) -> None:
    text = SEARCHER.format(cls="A", name="a") + f'    requires = ("no-such-package; {marker}",)\n'
    assert Registry([plugin(tmp_path, text)]).find("searcher", "a").missing() is None


def test_an_unreadable_requirement_is_the_plugins_fault(tmp_path: Path) -> None:
    text = SEARCHER.format(cls="A", name="a") + "    requires = ('not a requirement',)\n"
    with pytest.raises(PluginError, match=r"mine\.py:6: requires is .*not a requirement"):
        Registry([plugin(tmp_path, text)]).find("searcher", "a").missing()


# -- loading -------------------------------------------------------------------------------


def test_files_of_one_name_do_not_collide(tmp_path: Path) -> None:
    one = plugin(tmp_path, "class A:\n    where = 1\n", "one/mine.py")
    two = plugin(tmp_path, "class A:\n    where = 2\n", "two/mine.py")
    assert load_class(str(one), "A").where == 1  # type: ignore[attr-defined]
    assert load_class(str(two), "A").where == 2  # type: ignore[attr-defined]
    assert load_class(str(one), "A") is load_class(str(one), "A")


@pytest.mark.parametrize("text", ["import no_such_module\n", "raise SystemExit(3)\n", "1 / 0\n"])
def test_a_failing_import_is_a_plugin_error(text: str, tmp_path: Path) -> None:
    file = plugin(tmp_path, text)
    with pytest.raises(PluginError, match=r"mine\.py:1: cannot be imported"):
        load_class(str(file), "A")
    assert module_name(file) not in sys.modules


def test_a_neighbour_imported_absolutely_is_to_be_imported_relatively(tmp_path: Path) -> None:
    plugin(tmp_path, "x = 1\n", "hpobench_test_helper.py")
    file = plugin(tmp_path, "import hpobench_test_helper\nclass A: ...\n")
    told = r"relatively: 'from \.hpobench_test_helper import \.\.\."
    with pytest.raises(PluginError, match=told):
        load_class(str(file), "A")
    neighbourly = plugin(tmp_path, "from .hpobench_test_helper import x\nclass A: ...\n", "b.py")
    assert load_class(str(neighbourly), "A").__name__ == "A"


def test_a_pipe_is_no_plugin_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(PluginError, match=r"pipe\.py: no such plugin file"):
        Registry([tmp_path / "pipe.py"])
    with pytest.raises(PluginError, match=r"pipe\.py: not a regular file"):
        Registry([tmp_path])


def test_a_class_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="has no class 'B'"):
        load_class(str(plugin(tmp_path, "class A: ...\n")), "B")


def test_shipped_plugins_are_real_modules() -> None:
    entry = Registry().find("searcher", "random")
    assert entry.load().__module__ == f"hpobench.algorithms.searchers.{entry.file.stem}"


def test_dataclasses_work_in_plugin_files(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass A:\n    x: int = 3\n"
    )
    assert load_class(str(plugin(tmp_path, text)), "A")().x == 3


# -- modules -------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose import fails, on the path."""
    plugin(tmp_path, EXPLODES, "explosive/__init__.py")
    plugin(tmp_path, SEARCHER.format(cls="A", name="a"), "explosive/inner/a.py")
    plugin(tmp_path, EXPLODES, "explosive/inner/__init__.py")
    plugin(tmp_path, EXPLODES, "explosive/helper.py")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "explosive"


def test_modules_are_located_without_importing_their_parents(package: Path) -> None:
    assert locate("explosive") == package / "__init__.py"
    assert locate("explosive.inner.a") == package / "inner" / "a.py"
    plugin(package, EXPLODES, "bare/b.py")  # a folder without an __init__.py
    assert locate("explosive.bare.b") == package / "bare" / "b.py"
    assert locate("explosive.inner.b") is None
    assert locate("no_such_package.b") is None
    assert locate("sys") is None
    assert "explosive" not in sys.modules


def test_names_of_modules(package: Path, tmp_path: Path) -> None:
    assert module_name(package / "inner" / "a.py") == "explosive.inner.a"
    assert module_name(package / "__init__.py") == "explosive"
    shipped = PLUGIN_FOLDERS["problems"] / "deep" / "er.py"
    assert module_name(shipped) == "hpobench.problems.deep.er"
    assert module_name(tmp_path / "a.py").startswith("hpobench_plugins_")
    assert module_name(tmp_path / "a.py") != module_name(tmp_path / "b.py")


@pytest.mark.parametrize(
    ("module", "found"),
    [
        (".b", None),
        (".a", "inner/a.py"),
        (".", "inner/__init__.py"),
        ("..helper", "helper.py"),
        ("explosive.helper", "helper.py"),
        ("click", None),
        ("hpobench.api", None),
        ("", None),
    ],
)
def test_what_belongs_to_a_plugin(module: str, found: str | None, package: Path) -> None:
    expected = None if found is None else package / found
    assert sibling(package / "inner" / "a.py", module) == expected


def test_entry_points_of_installed_packages(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        points = {"hpobench.algorithms": ["explosive.inner"], "hpobench.problems": []}[group]
        return [importlib.metadata.EntryPoint("mine", value, group) for value in points]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    entry = Registry().find("searcher", "a")
    assert (entry.origin, entry.file) == ("installed", package / "inner" / "a.py")
    assert "explosive" not in sys.modules


def test_an_entry_point_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        return [importlib.metadata.EntryPoint("mine", "no_such_package.plugins", group)]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    registry = Registry()
    (fault,) = registry.broken[:1]
    assert re.search(r"'mine'.*'no_such_package\.plugins'.*reinstall", fault)
    assert registry.find("searcher", "random").origin == "shipped"
    with pytest.raises(UnknownNameError, match=r"unknown searcher '\?'; known: .*reinstall"):
        registry.find("searcher", "?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", r"broken\.py:1: not valid Python"),
        (SEARCHER.format(cls="A", name="random"), "two searchers are called 'random'"),
        ("# /// script\n# dependencies = [\n# ///\n", r"broken\.py: .*not valid TOML"),
    ],
)
def test_a_broken_file_of_a_package_costs_that_file_alone(
    text: str, message: str, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(package, text, "inner/broken.py")

    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        values = ["explosive.inner", "not a module!"] if group == "hpobench.algorithms" else []
        return [importlib.metadata.EntryPoint("mine", value, group) for value in values]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    registry = Registry()
    assert re.search(message, registry.broken[0])
    assert "'not a module!'" in registry.broken[1]
    assert registry.find("searcher", "a").origin == "installed"
    assert registry.find("searcher", "random").origin == "shipped"


def test_shipped_suites_are_found_by_name() -> None:
    assert shipped_suites()["smoke"].name == "smoke.yaml"
