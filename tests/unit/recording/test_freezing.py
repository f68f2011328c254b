"""References: measured by random search, kept in files with versions, looked up by problems."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.api import Problem
from hpobench.contract.errors import PluginError, UsageError
from hpobench.contract.frozen import frozen_members, read_members, references_file
from hpobench.plugins.building import build_problem, plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.recording.measuring import freeze, measure, members, quartiles
from tests import ROOT
from tests.support.command_line import invoke
from tests.support.present import present

SHIPPED = sorted((ROOT / "problems" / "references").glob("*.json"))

PLUGIN = '''
import math
from typing import Literal
from hpobench.api import *

class Valley(TabulatedProblem):
    """A valley in two dimensions; the held-out loss is one above."""
    name = "valley"
    heldout = True
    space = Space([Float("x", -1.0, 1.0), Float("y", -1.0, 1.0)])
    def __init__(self, *, width: Literal[1, 2], how: str = "fine"):
        self.width, self.how = width, how
    @property
    def key(self):
        return f"w{self.width}"
    def optimum(self):
        return (1.0, "closed form") if self.how == "known" else None
    def curve(self, config, seed):
        x, y = config["x"], config["y"]
        if self.how == "raises" and x < 0:
            raise RuntimeError("out of reach")
        loss = math.nan if self.how == "fails" and x < 0 else (x / self.width) ** 2 + y * y
        return Curve([loss], [2.0], [loss + 1])

class Coin(TabulatedProblem):
    """Four configurations, all known."""
    name = "coin"
    space = Space([Categorical("a", (0, 1)), Categorical("b", (0, 1))])
    def curve(self, config, seed):
        return Curve([float(config["a"] + 2 * config["b"])], [1.0])
    def everything(self):
        return [(float(i), float(i)) for i in range(4)]

class Climb(FunctionProblem):
    """Two steps towards x."""
    name = "climb"
    space = Space([Float("x", 0.0, 1.0)])
    fidelity = Fidelity("epoch", 2)
    def train(self, config, seed):
        yield 1.0
        if config["x"] > 0.9:
            raise RuntimeError("too steep")
        yield config["x"]
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (file := tmp_path / "valley.py").write_text(PLUGIN)
    return file


def build(plugin: Path, name: str, **options: Any) -> Problem:
    return build_problem(plugin_ref(Registry([plugin]), "problem", name, options))


@pytest.mark.parametrize("n", [1, 10, 100])
def test_quartiles_of_the_best_of_n_are_those_of_the_closed_form(n: int) -> None:
    """The best of n uniform numbers is below u with the chance 1 - (1-u)^n."""
    losses = (np.arange(100_000) + 0.5) / 100_000
    found = quartiles(np.column_stack([losses, losses]), n)
    assert found == pytest.approx([1 - (1 - q) ** (1 / n) for q in (0.25, 0.5, 0.75)], abs=2e-5)


def test_quartiles_are_of_the_held_out_loss_of_the_best_visible_one() -> None:
    rng = np.random.default_rng(1)
    visible = rng.normal(size=(2_000, 1))
    drawn = np.hstack([visible, np.abs(visible)])
    picks = rng.integers(2_000, size=(20_000, 5))
    best = np.take_along_axis(picks, visible[picks, 0].argmin(1)[:, None], 1)[:, 0]
    simulated = np.quantile(drawn[best, 1], [0.25, 0.5, 0.75])
    assert quartiles(drawn, 5) == pytest.approx(simulated, abs=0.03)


def test_an_unknown_optimum_is_searched_for(plugin: Path) -> None:
    entry = measure(build(plugin, "valley", width=1), 2_000)
    assert not entry["known"]
    assert 1 <= entry["optimum"] < 1 + 1e-5  # held out
    assert entry["clip"] == pytest.approx(1 + 2 / math.pi, rel=0.05)  # a disc of half the area
    assert list(entry["random"]) == ["1", "10", "100"]  # as far as 2,000 can tell
    assert entry["seconds"] == 2.0


def test_a_known_optimum_is_taken(plugin: Path) -> None:
    entry = measure(build(plugin, "valley", width=1, how="known"), 100)
    assert (entry["optimum"], entry["known"], entry["found"]) == (1.0, True, "closed form")


def test_all_configurations_are_exact(plugin: Path) -> None:
    entry = measure(build(plugin, "coin"))
    assert (entry["optimum"], entry["clip"], entry["known"]) == (0.0, 1.5, True)
    # The best of ten is 0 with the chance 1 - (3/4)^10 = 0.94.
    assert (entry["random"]["10"], entry["random"]["1"]) == ([0.0, 0.0, 0.0], [0.0, 1.0, 2.0])


@pytest.mark.parametrize("how", ["fails", "raises"])
def test_failures_count_at_the_clip(plugin: Path, how: str) -> None:
    entry = measure(build(plugin, "valley", width=1, how=how), 2_000)
    whole = measure(build(plugin, "valley", width=1), 2_000)
    assert entry["clip"] == pytest.approx(whole["clip"], rel=0.05)
    assert entry["random"]["1"][1:] == [entry["clip"], pytest.approx(entry["clip"], rel=0.2)]


def test_trainings_are_trained(plugin: Path) -> None:
    entry = measure(build(plugin, "climb"), 100)
    assert entry["optimum"] < 0.02
    assert entry["clip"] == pytest.approx(0.45, abs=0.12)
    assert list(entry["random"]) == ["1", "10"]


# -- files -----------------------------------------------------------------------------------


def freeze_all(plugin: Any, **options: Any) -> tuple[Path, list[str]]:
    found = members("valley", options, [plugin])
    file = references_file(plugin, "valley")
    told: list[str] = []
    freeze(found, file, told.append, 200)
    return file, told


def test_problems_find_what_was_frozen(plugin: Path, tmp_path: Path) -> None:
    file, told = freeze_all(plugin)
    assert file == tmp_path / "references" / "valley.json"
    assert [line.partition(":")[0] for line in told] == ["valley[w1]", "valley[w2]"]
    problem = build(plugin, "valley", width=2)
    reference = present(problem.reference())
    assert reference.version == 1
    assert reference.optimum < reference.random[10][1] < reference.clip
    assert reference.source.startswith("version 1; optimum: the best of these and of a local sea")
    assert problem.estimate() == 2.0


def test_several_may_freeze_at_once(plugin: Path) -> None:
    one, two = (members("valley", {"width": width}, [plugin]) for width in (1, 2))
    file = references_file(plugin, "valley")
    freeze(one, file, lambda _: freeze(two, file, lambda _: None, 200), 200)
    freeze([*one, *one], file, lambda _: freeze(two, file, lambda _: None, 100), 200)
    members_ = json.loads(file.read_text())["members"]
    assert {key: entry["version"] for key, entry in members_.items()} == {"w1": 1, "w2": 2}


def test_the_file_lies_beside_the_plugin_unless_one_lies_above(tmp_path: Path) -> None:
    plugin = tmp_path / "family" / "mine.py"
    beside, above = tmp_path / "family" / "references", tmp_path / "references"
    above.mkdir(parents=True)
    assert references_file(plugin, "mine") == above / "mine.json"
    beside.mkdir(parents=True)
    assert references_file(plugin, "mine") == beside / "mine.json"
    above.rmdir()
    beside.rmdir()
    assert references_file(plugin, "mine") == beside / "mine.json"


def test_freezing_again_changes_nothing(plugin: Path) -> None:
    file, _ = freeze_all(plugin)
    before = file.read_bytes()
    freeze_all(plugin, width=1)
    assert file.read_bytes() == before


def test_another_number_is_another_version_and_the_lowest_optimum_stays(plugin: Path) -> None:
    file, _ = freeze_all(plugin)
    stored = json.loads(file.read_text())
    entry = stored["members"]["w1"]
    found, entry["optimum"], entry["clip"] = entry["optimum"], 0.5, 3.0
    file.write_text(json.dumps(stored))
    _, told = freeze_all(plugin)
    assert [line.rpartition("; ")[2] for line in told] == ["new: version 2", "version 1"]
    entry = json.loads(file.read_text())["members"]["w1"]
    assert (entry["optimum"], entry["version"]) == (0.5, 2)
    # A lower loss of another problem is none of this one.
    stored["members"]["w1"]["signature"]["losses"][0] += 1
    file.write_text(json.dumps(stored))
    freeze_all(plugin)
    assert json.loads(file.read_text())["members"]["w1"]["optimum"] == found


def test_a_damaged_file_is_named(plugin: Path) -> None:
    file, _ = freeze_all(plugin)
    unlike = json.loads(file.read_text())
    unlike["members"]["w2"]["signature"] = []
    entry = '{"members": {"w1": {"optimum": 1}}}'
    for text in ("{", entry, '{"members": [1]}', json.dumps(unlike)):
        file.write_text(text)
        frozen_members.cache_clear()
        with pytest.raises(PluginError, match=r"valley\.json: not a file of references"):
            build(plugin, "valley", width=1).reference()
        with pytest.raises(PluginError, match=r"valley\.json: not a file of references"):
            freeze([], file, lambda _: None)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_is_shipped_is_what_freezing_writes(file: Any, plugin: Path) -> None:
    made, _ = freeze_all(plugin, width=1)
    (like,) = read_members(made).values()
    for entry in read_members(file).values():
        assert list(entry) == list(like)
        assert set(entry["signature"]) == set(like["signature"])
        assert "1" in entry["random"]


def test_the_command_freezes_and_says_what(plugin: Path) -> None:
    command = ("problems", "freeze", "valley", "--plugin", plugin, "--sample", "100")
    told = invoke(*command, "-o", "width=2")
    assert told.startswith("valley[w2]: optimum 1")
    assert told.endswith("2 s; new: version 1\n")
    with pytest.raises(UsageError, match="no member of the family"):
        members("valley", {"width": 3}, [plugin])
