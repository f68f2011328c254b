"""The key ``release`` of a searcher's entry: crossed, labelled, checked, part of identities."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.contract.errors import SuiteError
from hpobench.plugins.isolation.environments import FOLDER_VARIABLE, Environment
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.suite import load_suite
from tests import ROOT
from tests.support.tiny_plugins import PLUGIN, write_suite

OF_A_LIBRARY = PLUGIN.replace(
    "class Needy(_Base):",
    """class Borrowed(_Base):
    name = "borrowed"
    library = "some-lib"
    requires = ("some-lib>=2",)


class Needy(_Base):""",
)
BOTH = 'searchers: [{name: borrowed, as: b, release: ["1.0", "1.10"]}]'


@pytest.fixture(autouse=True)
def _no_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "environments"))


def suite_at(folder: Path, searchers: str) -> Path:
    file = write_suite(folder, {2: searchers})
    (folder / "tiny.py").write_text(OF_A_LIBRARY)
    return file


def plan(folder: Path, searchers: str) -> Plan:
    return build_plan(load_suite(suite_at(folder, searchers)))


def test_each_release_is_a_searcher_of_its_own_that_needs_nothing_here(tmp_path: Path) -> None:
    made = plan(tmp_path, BOTH)
    labels = [cell.searcher.label for cell in made.cells if cell.seed == 0]
    assert labels == ["b[release=1.0]", "b[release=1.10]"]
    assert not made.skipped
    scripts = load_suite(suite_at(tmp_path, BOTH)).scripts()
    assert [script.name for script in scripts] == ["tiny@1.0", "tiny@1.10"]


def test_the_release_is_part_of_the_identity_and_packages_here_are_not(tmp_path: Path) -> None:
    searchers = "searchers: [{name: borrowed, release: %s}]"
    specs = [plan(tmp_path, searchers % r).cells[0].spec for r in ('"1.0"', '"1.10"')]
    assert specs[0].replace('"release":"1.0"', '"release":"1.10"') == specs[1]
    assert '"packages":{}' in specs[0]


def test_cells_without_a_release_keep_their_ids(tmp_path: Path) -> None:
    without = plan(tmp_path, "searchers: [tiny]").cells.ids()
    beside = plan(tmp_path, 'searchers: [tiny, {name: borrowed, release: "1.0"}]').cells.ids()
    assert set(without) < set(beside)


def test_a_release_crosses_with_a_start(tmp_path: Path) -> None:
    made = plan(tmp_path, BOTH + "\nstop: [none, {patience: 5}]")
    assert "b[release=1.10,stop=patience-5]" in {cell.searcher.label for cell in made.cells}


def test_the_resolved_suite_loads_as_the_same(tmp_path: Path) -> None:
    suite = load_suite(suite_at(tmp_path, BOTH))
    again = load_suite({**suite.resolved(), "plugins": [], "name": "base"}, [tmp_path / "tiny.py"])
    assert build_plan(again).cells.ids() == build_plan(suite).cells.ids()


def test_a_release_that_could_not_be_built_is_skipped_with_the_reason(tmp_path: Path) -> None:
    folder = Environment(load_suite(suite_at(tmp_path, BOTH)).scripts()[0]).folder
    folder.mkdir(parents=True)
    (folder / "failed.txt").write_text("there is no release 1.0 of some-lib")
    made = plan(tmp_path, BOTH)
    assert {row.searcher: row.reason for row in made.skipped} == {
        "b[release=1.0]": (
            "searcher borrowed: its environment could not be built: there is no release 1.0 of "
            "some-lib; `hpobench run` tries again"
        )
    }
    assert {cell.searcher.label for cell in made.cells} == {"b[release=1.10]"}


def test_the_example_names_two_releases_of_what_optuna_does_by_default() -> None:
    first, second = load_suite(ROOT / "examples" / "releases" / "optuna.yaml").searchers
    assert (first.label, second.label) == ("default[release=4.9.0]", "default[release=5.0.0]")
    assert first.options["multivariate"] is first.options["constant_liar"] is None


@pytest.mark.parametrize(
    ("searchers", "place", "message"),
    [
        (
            "searchers: [{name: borrowed, release: 4.10}]",
            ":2: searchers[0].release",
            'release; write it in quotes, like "4.10.0"',
        ),
        (
            'searchers: [{name: borrowed, release: ["1.0", latest]}]',
            ":2: searchers[0].release",
            "'latest' is no release; name one",
        ),
        (
            'searchers: [{name: tiny, release: "1.0"}]',
            ":2: searchers[0].release",
            "the searcher names no library that it could have releases of",
        ),
        ('searchers: [borrowed]\nrelease: "1.0"', ":3: release", "no such key"),
    ],
)
def test_unfit_is_refused(tmp_path: Path, searchers: str, place: str, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        plan(tmp_path, searchers)
    assert place in str(caught.value)
    assert message in str(caught.value)
