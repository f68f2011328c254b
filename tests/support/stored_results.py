"""Results folders of real runs, made in this process."""

from __future__ import annotations

from pathlib import Path

from hpobench.running.cells.run_cell import run_cell
from hpobench.running.plan.experiment import labels_of, plan_content
from hpobench.store.write.batch import Batch
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite


def run_suite(text: str, folder: Path) -> Path:
    """Run the suite in ``text``, on the virtual stage, into ``folder``, in which its
    plugins may lie; returns ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (file := folder / "written.yaml").write_text(text)
    suite = load_suite(file)
    plan = build_plan(suite)
    ids = plan.cells.ids()
    with open_writer(folder) as writer:
        labels = labels_of(plan, range(len(ids)), ids)
        rows = problem_rows(plan.problems)
        writer.begin(suite.to_yaml(), plan_content(suite, plan, ids), labels, rows)
        writer.add([Batch.of([run_cell(cell, None) for cell in plan.cells])])
        writer.compact()
    return folder
