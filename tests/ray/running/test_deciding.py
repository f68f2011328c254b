"""Seeds added until a ranking is decided: looks, going on, what is stored and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from hpobench.cli import cli
from hpobench.contract.errors import SuiteError, TooFewError, UsageError
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.plan import experiment
from hpobench.running.plan.until_decided import grown
from hpobench.store.format.index import DECISION
from hpobench.store.read.reader import decision_sentence, load_results
from hpobench.store.write.batch import Batch
from hpobench.suites.suite import load_suite
from tests.support.command_line import invoke
from tests.support.tiny_plugins import HILL

SUITE = """{{
name: tiny, searchers: {searchers}, problems: [branin], seeds: 4,
budget: {{evaluations: {evaluations}}}, plugins: [dice.py]
}}"""


PLUGIN = f'''{HILL}
class Two(Hill):
    """The same: a seed gives both the same draws."""
    name = "two"
'''


class InProcess:
    """Cells run one after the other, without Ray; ``limit``: then the run is interrupted."""

    running = 0
    limit: float = np.inf

    def stored(self, statuses: Any) -> None:
        pass

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass

    def run(self, cells: Any) -> Iterator[list[Any]]:
        for cell in cells:
            if InProcess.limit <= 0:
                raise KeyboardInterrupt
            InProcess.limit -= 1
            yield [Batch.of([run_cell(cell, None, 60.0)])]


@pytest.fixture(autouse=True)
def _without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "LocalCells", lambda *_: InProcess())
    monkeypatch.setattr(InProcess, "limit", np.inf)
    monkeypatch.setattr("hpobench.contract.signals.ENDING_SIGNALS", ())  # pytest's own stay


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Path]:
    def write(searchers: str = "[random, sobol]", evaluations: int = 12) -> Path:
        (tmp_path / "dice.py").write_text(PLUGIN)
        file = tmp_path / "tiny.yaml"
        file.write_text(SUITE.format(searchers=searchers, evaluations=evaluations))
        return file

    return write


def run(file: Path, *arguments: str) -> BaseException | None:
    """What the command ends with; not in click's runner, whose output has no descriptor."""
    command = ["run", str(file), "--results", str(file.parent), "--no-report", *arguments]
    try:
        cli(command, standalone_mode=False)
    except BaseException as error:
        return error
    return None


def decided(file: Path, *arguments: str) -> dict[str, Any]:
    assert run(file, "--until-decided", *arguments) is None
    return dict(json.loads((file.parent / "tiny" / DECISION).read_text()))


SAME = "[hill, two, sobol]"
"""Two of them are one and the same with any seed."""


def test_it_ends_at_the_cap_where_equals_lead(suite: Callable[..., Path]) -> None:
    file = suite("[hill, two]")
    found = decided(file, "--max-seeds", "16", "--margin", "0")
    assert found["rule"]["looks"] == [8, 16]  # of 4, too few, twice 2, 4
    assert [look["seeds"] for look in found["looks"]] == [8, 16]
    assert not found["decided"]
    assert found["looks"][-1]["others"][0]["p_behind"] == 1
    assert len(load_results(file.parent / "tiny").cells) == 16 * 2


def test_equals_are_shown_to_be_within_a_margin(suite: Callable[..., Path]) -> None:
    found = decided(suite("[hill, two]"), "--max-seeds", "16")
    assert [look["seeds"] for look in found["looks"]] == [8]
    assert found["decided"]
    assert decision_sentence(suite().parent / "tiny") == found["sentence"]


def test_interrupted_and_gone_on_with_it_decides_the_same(suite: Callable[..., Path]) -> None:
    file = suite(SAME)
    whole = decided(file, "--max-seeds", "16", "--margin", "0")
    cells = load_results(file.parent / "tiny").cells["cell"].tolist()
    (file.parent / "tiny").rename(file.parent / "whole")
    for limit in (5, 25, 1):
        InProcess.limit = limit
        ended = run(file, "--until-decided", "--max-seeds", "16", "--margin", "0")
        assert isinstance(ended, click.Abort | KeyboardInterrupt)
    InProcess.limit = np.inf
    assert decided(file, "--max-seeds", "16", "--margin", "0") == whole
    assert load_results(file.parent / "tiny").cells["cell"].tolist() == cells
    InProcess.limit = 0  # nothing is left to run
    assert decided(file, "--max-seeds", "16", "--margin", "0") == whole


def test_fewer_seeds_again_orphan_nothing(suite: Callable[..., Path]) -> None:
    file = suite(SAME)
    folder = file.parent / "tiny"
    found = decided(file, "--max-seeds", "8", "--margin", "0")
    assert run(file) is None
    assert sorted(load_results(folder).cells["seed"].unique()) == [0, 1, 2, 3]
    assert decision_sentence(folder) is None
    InProcess.limit = 0
    assert decided(file, "--max-seeds", "8", "--margin", "0") == found
    assert decision_sentence(folder) == found["sentence"]


def test_another_rule_for_the_same_question_is_refused(suite: Callable[..., Path]) -> None:
    file = suite(SAME)
    decided(file, "--max-seeds", "8", "--margin", "0")
    for options in (["--max-seeds", "16", "--margin", "0"], ["--max-seeds", "8"]):
        refused = run(file, "--until-decided", *options)
        assert isinstance(refused, UsageError)
        assert "by another rule: at 8 seeds, with a margin of 0;" in str(refused)
    decided(file, "--max-seeds", "12", "--margin", "0", "--seeds", "100-107")  # fresh seeds
    decided(suite(SAME, evaluations=9), "--max-seeds", "12", "--margin", "0")  # another question


def test_every_run_failed(suite: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = run_cell

    def failing(cell: Any, *rest: Any) -> Any:
        outcome = real(cell, *rest)
        outcome.cell.update(status="failed", error="it broke")
        return outcome

    monkeypatch.setattr(f"{__name__}.run_cell", failing)
    done = run(suite(), "--until-decided", "--max-seeds", "8")
    assert isinstance(done, TooFewError)
    assert "every run failed" in str(done)


def test_a_single_algorithm(suite: Callable[..., Path]) -> None:
    done = run(suite("[random]"), "--until-decided", "--max-seeds", "8")
    assert isinstance(done, TooFewError)
    assert "no two algorithms" in str(done)


def test_options_that_do_not_go_together(suite: Callable[..., Path]) -> None:
    for options, message in (
        (["--max-seeds", "9"], "--max-seeds and --margin are for --until-decided"),
        (["--until-decided", "--retry-failed"], "--retry-failed would change looks"),
        (["--until-decided", "--max-seeds", "3"], "--max-seeds 3: the suite has 4 seeds already"),
    ):
        refused = run(suite(), *options)
        assert isinstance(refused, UsageError)
        assert message in str(refused)
    refused = run(suite(), "--until-decided", "--max-seeds", "5")
    assert isinstance(refused, TooFewError)


def test_a_dry_run_shows_the_looks(suite: Callable[..., Path]) -> None:
    output = invoke("run", suite(), "--until-decided", "--max-seeds", "40", "--dry-run")
    assert "2 searchers x 1 schedulers x 1 problems x 40 seeds" in " ".join(output.split())
    assert "looks after 8, 16, 32, 40 seeds" in output


def test_the_suites_seeds_are_the_first(suite: Callable[..., Path]) -> None:
    own = load_suite(suite(), seeds="7,3,5")
    assert list(grown(own, 6).seeds) == [7, 3, 5, 8, 9, 10]
    assert list(grown(own, 3).seeds) == [7, 3, 5]
    with pytest.raises(SuiteError, match="more than"):
        grown(own, 2_000_000)


def test_a_pilot_tells_what_seeds_could_detect(suite: Callable[..., Path]) -> None:
    file = suite("[random, sobol, optuna-tpe]")
    assert run(file) is None
    folder = str(file.parent / "tiny")
    shown = invoke("plan", file, "--pilot", folder)
    assert "3 algorithms, 1 problems, 4 seeds" in shown
    assert shown.count("n = 100") == 2
    assert "two-sided at 2.50% each" in shown
    changed = invoke("plan", suite("[random, sobol]", evaluations=9), "--pilot", folder)
    assert "warning: the pilot ran with other options, budgets or versions: " in changed


def test_pilots_that_do_not_fit(suite: Callable[..., Path], tmp_path: Path) -> None:
    assert run(suite(), "--seeds", "0-0") is None
    folder = str(tmp_path / "tiny")
    one = CliRunner().invoke(cli, ["plan", str(suite()), "--pilot", folder])
    assert isinstance(one.exception, TooFewError)
    assert "one seed" in str(one.exception)
    (other := suite()).write_text(other.read_text().replace("branin", "{hartmann: {dimension: 3}}"))
    none = CliRunner().invoke(cli, ["plan", str(other), "--pilot", folder])
    assert isinstance(none.exception, UsageError)
    assert "none of its problems is there, only branin" in str(none.exception)
    others = CliRunner().invoke(cli, ["plan", str(suite("[grid]")), "--pilot", folder])
    assert "only random + fifo, sobol + fifo" in str(others.exception)
