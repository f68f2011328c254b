"""A cell's identity changes with what changes its result, and with nothing else."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import pytest

import hpobench
from hpobench import kit
from hpobench.api import Budget
from hpobench.contract.cell import PluginRef
from hpobench.plugins.syntax import source_hash
from hpobench.suites import identity
from hpobench.suites.grid import build_plan
from hpobench.suites.identity import cell_ids
from hpobench.suites.suite import load_suite
from tests.support.command_line import python
from tests.support.tiny_plugins import PLUGIN, write_suite

CELL: dict[str, Any] = {
    "seed": 0,
    "budget": Budget(trials=5),
    "workers": 4,
    "stage": "virtual",
    "tell": "last",
}


@pytest.fixture
def refs(tmp_path: Path) -> dict[str, PluginRef]:
    (file := tmp_path / "tiny.py").write_text(PLUGIN)
    return {
        "searcher": PluginRef("searcher", "tiny", "tiny", {"greed": 1.0}, str(file), "Tiny"),
        "scheduler": PluginRef("scheduler", "whole", "whole", {}, str(file), "Whole"),
        "problem": PluginRef("problem", "bowl", "bowl[d=2]", {"dimension": 2}, str(file), "Bowl"),
    }


def cell_id(seed: int, **parts: Any) -> tuple[str, str]:
    return cell_ids(**parts)(seed)


def digest(**parts: Any) -> str:
    return cell_id(**(CELL | parts))[0].rpartition("-")[2]


def test_an_id_is_readable_and_ends_with_the_hash_of_its_spec(refs: dict[str, Any]) -> None:
    name, spec = cell_id(**CELL, **refs)
    assert re.fullmatch(r"tiny-whole-bowl-d-2-s0-[0-9a-f]{12}", name)
    told = json.loads(spec)
    assert told["version"] == identity.IDENTITY_VERSION
    assert told["ray"] == importlib.metadata.version("ray")
    assert (told["hpobench"], told["searcher"]["options"]) == (hpobench.__version__, {"greed": 1.0})
    assert told["budget"] == {"trials": 5}


def test_a_spec_is_sorted_json(refs: dict[str, Any]) -> None:
    """Its two halves, before and after the seed, are written once for all seeds."""
    refs["searcher"] = dataclasses.replace(refs["searcher"], options={"seed": 0, "z": '"seed":1,'})
    for more in ({}, {"pace": 1.0, "trial_timeout": 5.0}):
        _, spec = cell_id(**{**CELL, **refs, "more": more, "seed": 123})
        told = json.loads(spec)
        assert told["seed"] == 123
        assert spec == json.dumps(told, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "label", ["a/b", "../..", "a b\tc", "x" * 500, "ü", "", "CON", "a\x00b", "[[", "-"]
)
def test_ids_are_safe_file_names(label: str, refs: dict[str, Any]) -> None:
    refs["searcher"] = dataclasses.replace(refs["searcher"], label=label)
    refs["problem"] = dataclasses.replace(refs["problem"], label=label)
    name, _ = cell_id(**CELL, **refs)
    assert re.fullmatch(r"[a-z0-9-]{1,150}", name)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"budget": Budget(trials=6)},
        {"budget": Budget(trials=5, time=1.0)},
        {"workers": 5},
        {"stage": "live"},
        {"tell": "full"},
        {"data": "another file"},
    ],
)
def test_what_a_cell_is_changes_the_hash(change: dict[str, Any], refs: dict[str, Any]) -> None:
    assert digest(**refs) != digest(**(refs | change))


@pytest.mark.parametrize("kind", ["searcher", "scheduler", "problem"])
@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"options": {"greed": 2.0}}, {"cls": "Flat"}]
)
def test_a_plugin_changes_the_hash(kind: str, change: dict[str, Any], refs: dict[str, Any]) -> None:
    assert digest(**refs) != digest(**refs | {kind: dataclasses.replace(refs[kind], **change)})


def test_labels_are_for_display_but_for_the_problems(refs: dict[str, Any]) -> None:
    def renamed(kind: str) -> str:
        return digest(**refs | {kind: dataclasses.replace(refs[kind], label="renamed")})

    assert renamed("searcher") == digest(**refs)
    assert renamed("scheduler") == digest(**refs)
    # The cell's seeds come from the problem's label.
    assert renamed("problem") != digest(**refs)


def test_the_order_of_options_does_not_matter(refs: dict[str, Any]) -> None:
    def with_options(options: dict[str, Any]) -> str:
        return digest(**refs | {"searcher": dataclasses.replace(refs["searcher"], options=options)})

    turned = with_options({"b": {"d": 3, "c": 2}, "a": 1})
    assert with_options({"a": 1, "b": {"c": 2, "d": 3}}) == turned


def test_where_a_plugin_lies_does_not_matter(refs: dict[str, Any], tmp_path: Path) -> None:
    moved = tmp_path / "deep" / "moved.py"
    moved.parent.mkdir()
    moved.write_text(PLUGIN)
    there = {kind: dataclasses.replace(ref, file=str(moved)) for kind, ref in refs.items()}
    assert digest(**there) == digest(**refs)


def test_comments_and_formatting_do_not_change_the_hash(tmp_path: Path) -> None:
    plain, dressed = tmp_path / "plain.py", tmp_path / "dressed.py"
    plain.write_text("def f(x, y=1):\n    return x + 'a'\n")
    dressed.write_text(
        '# About f.\ndef f(\n    x,\n    y = 1,  # why\n):\n\n    return (x +\n            "a")\n'
    )
    assert source_hash(plain) == source_hash(dressed)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x, y=2):\n    return x + 'a'\n",
        "def f(x, y=1.0):\n    return x + 'a'\n",
        "def f(x, y=True):\n    return x + 'a'\n",
        "def f(x, y=None):\n    return x + 'a'\n",
        "def f(x, y=1):\n    return x - 'a'\n",
        "def f(x, y=1):\n    return x + b'a'\n",
        "def g(x, y=1):\n    return x + 'a'\n",
        "def f(x, y=1):\n    return x + 'ä'\n",
        "def f(x, *, y=1):\n    return x + 'a'\n",
        "async def f(x, y=1):\n    return x + 'a'\n",
    ],
)
def test_what_the_source_says_changes_the_hash(text: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text("def f(x, y=1):\n    return x + 'a'\n")
    after.write_text(text)
    assert source_hash(before) != source_hash(after)


def test_an_edit_is_noticed_in_the_same_process(tmp_path: Path) -> None:
    (file := tmp_path / "a.py").write_text("x = 1\n")
    before = source_hash(file)
    file.write_text("x = 10\n")
    assert source_hash(file) != before


def test_helpers_count_as_part_of_a_plugin(tmp_path: Path) -> None:
    file, helper, further = (tmp_path / name for name in ("a.py", "_b.py", "_c.py"))
    file.write_text("def f():\n    from ._b import g\n    return g\n")
    helper.write_text("from . import _c, a\ng = 1\n")
    further.write_text("h = 1\n")
    before = source_hash(file)
    further.write_text("h = 22\n")
    changed = source_hash(file)
    assert changed != before
    helper.write_text("g = 1\n")
    assert source_hash(file) not in (before, changed)


@pytest.mark.parametrize(
    "statement",
    [
        "import helper",
        "import helper as h",
        "from helper import g",
        "from helper import *",
        "def f():\n    import helper\n    return helper.g",
        "import kit.tools",
        "from kit import tools",
        "from kit.tools import g",
        "from kit.tools import deep",
    ],
)
def test_helpers_imported_by_absolute_name_also_count(statement: str, tmp_path: Path) -> None:
    (file := tmp_path / "a.py").write_text(f"{statement}\n")
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "tools.py").write_text("import further\n")
    (tmp_path / "helper.py").write_text("import further\n")
    (further := tmp_path / "further.py").write_text("g = 1\n")
    before = source_hash(file)
    further.write_text("g = 22\n")
    assert source_hash(file) != before


def test_two_helpers_that_are_known_by_one_name_both_count(tmp_path: Path) -> None:
    file, helper = tmp_path / "a.py", tmp_path / "_b.py"
    file.write_text("def f():\n    from ._b import g\ndef h():\n    from ._c import g\n")
    (tmp_path / "_c.py").write_text("g = 1\n")
    helper.write_text("g = 1\n")
    before = source_hash(file)
    helper.write_text("g = 22\n")
    assert source_hash(file) != before


def test_the_package_of_a_helper_counts(tmp_path: Path) -> None:
    file, package = tmp_path / "a.py", tmp_path / "kit" / "__init__.py"
    file.write_text("from kit.tools import g\n")
    package.parent.mkdir()
    (package.parent / "tools.py").write_text("g = 1\n")
    package.write_text("x = 1\n")
    before = source_hash(file)
    package.write_text("x = 22\n")
    assert source_hash(file) != before


def test_docstrings_do_not_change_the_hash(tmp_path: Path) -> None:
    plain, told = tmp_path / "plain.py", tmp_path / "told.py"
    plain.write_text(
        "class A:\n    x = 1\n    def f(self):\n        return 'a'\n"
        "    async def g(self):\n        return 1\n"
    )
    told.write_text(
        "'Of the module.'\nclass A:\n    'Of the class.'\n    x = 1\n    'Of x.'\n"
        "    def f(self):\n        'Of f.'\n        return 'a'\n"
        "    async def g(self):\n        'Of g.'\n        return 1\n"
    )
    assert source_hash(plain) == source_hash(told)


def test_versions_of_what_a_plugin_requires_count(
    refs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.py"
    file.write_text(
        "from hpobench.api import Searcher\n"
        "class B(Searcher):\n    name = 'b'\n    requires = ('click>=8', 'rich')\n"
    )
    refs["searcher"] = PluginRef("searcher", "b", "b", {}, str(file), "B")
    _, spec = cell_id(**CELL, **refs)
    packages = json.loads(spec)["searcher"]["packages"]
    assert packages == {name: importlib.metadata.version(name) for name in ("click", "rich")}
    before = digest(**refs)
    monkeypatch.setattr(identity, "_version", lambda name: "99" if name == "rich" else "1")
    one = digest(**refs)
    monkeypatch.setattr(identity, "_version", lambda name: "1")
    assert len({before, one, digest(**refs)}) == 3


def test_the_harness_counts(refs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(**refs)
    monkeypatch.setattr(identity, "VERSION", "99")
    after = digest(**refs)
    monkeypatch.setattr(identity, "IDENTITY_VERSION", 99)
    assert len({before, after, digest(**refs)}) == 3


def test_ids_are_the_same_in_every_process(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {2: "searchers: [tiny, {name: tiny, layers: [5], on: true}]"})
    code = (
        "import sys\nfrom hpobench.suites.grid import build_plan\n"
        "from hpobench.suites.suite import load_suite\n"
        "print(*(c.id + c.spec for c in build_plan(load_suite(sys.argv[1])).cells), sep='\\n')"
    )

    def elsewhere(hash_seed: str) -> list[str]:
        done = python("-c", code, file, cwd=tmp_path, PYTHONHASHSEED=hash_seed, LC_ALL="C")
        return done.stdout.splitlines()

    here = [cell.id + cell.spec for cell in build_plan(load_suite(file)).cells]
    assert len(here) == 4
    assert elsewhere("1") == here
    assert elsewhere("2") == here


def test_the_kit_has_all_of_its_names() -> None:
    of_ray = kit._HOMES["running.ray.trainable"].split()  # tests/ray has these, which import Ray
    for name in {*kit.__all__} - {*of_ray}:
        assert getattr(kit, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        kit.nothing  # noqa: B018
