from __future__ import annotations

from pathlib import Path

from hpobench.analysis.inference.families import families_of
from hpobench.store.read.reader import load_results
from tests.support.stored_results import run_suite


def test_a_run_stores_the_families(tmp_path: Path) -> None:
    text = """{
name: families, searchers: [random],
problems: [branin, {mf-hartmann: {dimension: 3, quality: [good, bad]}}], seeds: 1,
budget: {evaluations: 1}
}"""
    results = load_results(run_suite(text, tmp_path / "results"))
    assert list(families_of(results.cells).values()) == ["branin", "hartmann", "hartmann"]
