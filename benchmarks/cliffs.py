"""What seeds, problems, algorithms, trials, steps, dimensions and choices cost, stage by stage.

    python -m benchmarks.cliffs [CASE ...] [--folder DIR] [--exhibits]
    python -m benchmarks.cliffs --verbs [VERB ...] [--folder DIR]

Made-up runs are stored by the writer itself. Each stage then runs in a process of its own, whose
processor time and peak memory are printed: loading, ``standings()`` and `hpobench report`.
``--exhibits`` prints both for every figure and table instead. The cases ``dimensions``, ``choices``
and ``conditions`` run cells of a problem that is made for them. ``--verbs``: see benchmarks.verbs.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.made_results import Made, store
from benchmarks.verbs import STORES, measure_verbs
from hpobench.running.cells.run_cell import run_cell
from hpobench.running.plan.experiment import labels_of, plan_content
from hpobench.store.write.batch import Batch
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

WIDE = """
from hpobench.api import Categorical, Curve, Fidelity, Float, Space, TabulatedProblem, When

class Wide(TabulatedProblem):
    '''A problem as wide as one likes.'''

    name = "wide"

    def __init__(
        self, *, floats: int = 1, choices: int = 2, under: int = 0, steps: int = 1
    ) -> None:
        names = [f"c{i}" for i in range(choices)]
        parts = [Categorical("kind", tuple(names))]
        parts += [Float(f"x{i}", 0.0, 1.0) for i in range(floats)]
        parts += [
            Float(f"y{i}", 0.0, 1.0, when=When("kind", (names[i % choices],)))
            for i in range(under)
        ]
        self.space = Space(parts)
        self.fidelity = Fidelity("epoch", steps=steps)

    def curve(self, config, seed):
        own = [v for v in config.values() if not isinstance(v, str)]
        loss = sum((v - 0.5) ** 2 for v in own) / len(own) + int(config["kind"][1:]) % 7
        return Curve([loss + 1 / n for n in range(1, self.fidelity.steps + 1)],
                     [1.0] * self.fidelity.steps)
"""
WIDE_SUITE = """
name: wide
searchers: [{searchers}]
problems: [{{name: wide, {options}}}]
seeds: 2
budget: {{trials: {trials}}}
"""


@dataclass(frozen=True)
class Wide:
    """A problem whose cells really run."""

    options: str
    searchers: str = "random, sobol, optuna-tpe, optuna-nsga2, grid"
    trials: int = 60


CASES: dict[str, Made | Wide] = {
    **STORES,
    "steps": Made(trials=2, seeds=2, steps=1_000_000),
    "long": Wide("steps: 1000000", "random", trials=1),
    "dimensions": Wide("floats: 1000"),
    "choices": Wide("choices: 10000"),
    "conditions": Wide("choices: 500, under: 1000"),
}


def run_wide(wide: Wide, folder: Path) -> None:
    """Run the cells of a problem that is made for the case, and print what each takes."""
    folder.mkdir(parents=True)
    plugin, file = folder / "wide.py", folder / "written.yaml"
    plugin.write_text(WIDE, encoding="utf-8")
    file.write_text(WIDE_SUITE.format(**vars(wide)), encoding="utf-8")
    suite = told("suite", lambda: load_suite(file, plugins=[plugin]))
    plan = told("plan", lambda: build_plan(suite))
    ids = plan.cells.ids()
    labels = labels_of(plan, range(len(ids)), ids)
    with open_writer(folder) as writer:
        rows = told("problem rows", lambda: problem_rows(plan.problems))
        writer.begin(suite.to_yaml(), plan_content(suite, plan, ids), labels, rows)
        outcomes = [
            told(f"cell {c.searcher.label} {c.seed}", lambda c=c: run_cell(c, None))
            for c in plan.cells
        ]
        for outcome in outcomes:
            if outcome.cell["error"]:
                print(outcome.cell["searcher"], outcome.cell["error"][-600:])
        told("store", lambda: writer.add([Batch.of(outcomes)]))
        writer.compact()


def told(name: str, call: Any) -> Any:
    Path("/proc/self/clear_refs").write_text("5")
    begin = time.process_time()
    try:
        found = call()
    except MemoryError as error:
        found = None
        name += f": MemoryError {error}"
    spent = time.process_time() - begin
    if spent > 0.3 or found is None:
        print(f"  {name:48} {spent:8.1f} s {_peak():8,.0f} MB", flush=True)
    return found


# -- stages, each in a process of its own ------------------------------------------------------


def make(case: str, folder: Path) -> None:
    chosen = CASES[case]
    store(chosen, folder) if isinstance(chosen, Made) else run_wide(chosen, folder)


def load(folder: Path) -> None:
    import hpobench

    print(hpobench.load(folder), file=sys.stderr)


def standings(folder: Path) -> None:
    import hpobench

    hpobench.load(folder).standings()


def report(folder: Path) -> None:
    import hpobench

    hpobench.report(folder)


def exhibits(folder: Path) -> None:
    """Print what each figure and table takes of what is left when those before it are done."""
    from hpobench.analysis.exhibits import (
        FIGURES,
        FILES,
        ORIGINS,
        SETTING,
        STANDINGS,
        TABLES,
        shown,
    )
    from hpobench.analysis.exhibits._room import legible
    from hpobench.analysis.notes import notes
    from hpobench.analysis.study import Study
    from hpobench.analysis.text.csv_files import csv_bytes
    from hpobench.reporting.explorer import explorer
    from hpobench.reporting.packed import embedded
    from hpobench.store.read.reader import load_results

    study = Study(told("load", lambda: load_results(folder)))
    told("curves", lambda: study.curves)
    told("runs", lambda: study.runs)
    told("notes", lambda: list(notes(study)))
    for group in FIGURES.values():
        for figure in group:
            pairs = told(f"{figure.STEM} subjects", lambda f=figure: shown(study, [f]))
            for i, (_, one) in enumerate(pairs):
                table = told(
                    f"{figure.STEM} table {one.stem}",
                    lambda f=figure, s=one: study.computed(f.table, s),
                )
                if table is None or i > 3:
                    continue
                text = told(
                    f"{figure.STEM} caption {one.stem}",
                    lambda f=figure, s=one, t=table: f.caption(study, s, t) + f.alt(s, t),
                )
                if len(text) > 3000:
                    print(f"  {figure.STEM}: caption and alt of {len(text):,} characters")
                told(f"{figure.STEM} csv {one.stem}", lambda t=table: csv_bytes(t))
                drawn = legible(study, table)[0]
                described = figure.figure(study, one, drawn)
                told(
                    f"{figure.STEM} draw {one.stem}",
                    lambda f=described, t=drawn: _save(f, t, folder),
                )
    tables = {t: None for g in TABLES.values() for t in g} | dict.fromkeys(
        (*STANDINGS, *SETTING, *ORIGINS, *FILES)
    )
    for exhibit in tables:
        for _, one in shown(study, [exhibit]):
            table = told(
                f"{exhibit.STEM} table {one.stem}",
                lambda e=exhibit, s=one: study.computed(e.table, s),
            )
            if table is not None and hasattr(exhibit, "grid"):
                grid = told(f"{exhibit.STEM} grid", lambda e=exhibit, t=table: e.grid(t))
                size = sum(len(f.text) + len(f.detail) + 60 for r in grid.rows for f in r)
                print(
                    f"  {exhibit.STEM}: {len(grid.rows):,} x {len(grid.columns):,} fields, "
                    f"{size / 1e6:.1f} MB"
                )
    data = told("explorer", lambda: embedded(explorer(study)))
    print(f"  explorer: {len(data) / 1e6:.1f} MB")


def _save(described: Any, table: Any, folder: Path) -> Any:
    from hpobench.analysis.drawing import draw
    from hpobench.analysis.drawing.style import save

    figure = draw(described, table)
    width, height = figure.get_size_inches()
    if max(width, height) > 30:
        print(f"  figure of {width:.0f} x {height:.0f} inches")
    return save(figure, folder.parent / "drawn")


def _peak() -> float:
    text = Path("/proc/self/status").read_text("utf-8")
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


STAGES = {"load": load, "standings": standings, "report": report, "exhibits": exhibits}


def measure(*arguments: str) -> tuple[float, float, float]:
    """Wall and processor seconds and peak MB of a stage in a process of its own."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.cliffs", *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        print(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--folder", type=Path, help="keep the results here")
    parser.add_argument("--exhibits", action="store_true")
    parser.add_argument("--verbs", action="store_true", help="the cases are verbs")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage:
        resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
        if options.stage == "make":
            make(options.cases[0], options.folder)
        else:
            STAGES[options.stage](options.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        if options.verbs:
            measure_verbs(options.cases, (options.folder or Path(scratch)).resolve(), WIDE)
        else:
            _measure_cases(options, Path(scratch))


def _measure_cases(options: argparse.Namespace, scratch: Path) -> None:
    print(f"{'case':12} {'stage':10} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    for case in options.cases or CASES:
        folder = (options.folder or scratch) / case
        stages = ["exhibits"] if options.exhibits else ["load", "standings", "report"]
        for stage in [*([] if folder.exists() else ["make"]), *stages]:
            found = measure(case, "--folder", str(folder), "--stage", stage)
            print(f"{case:12} {stage:10} {found[0]:8.1f} {found[1]:8.1f} {found[2]:8.0f}")
            sys.stdout.flush()
        stored = sum(p.stat().st_size for p in folder.glob("*") if p.is_file())
        page = folder / "report" / "index.html"
        shown = page.stat().st_size / 1e6 if page.exists() else 0.0
        print(f"{case:12} store {stored / 1e6:.1f} MB, page {shown:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
