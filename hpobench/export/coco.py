"""COCO: per suite and algorithm a folder of ``.info``, ``.dat`` and ``.tdat`` files, which
`cocopp` reads.

Hansen et al., COCO: a platform for comparing continuous optimizers in a black-box setting, 2021.
"""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

from hpobench.contract.files import place_for, write_whole
from hpobench.contract.package import VERSION
from hpobench.export.layout import OTHERS, FunctionRuns, write_functions
from hpobench.export.traces import Traces
from hpobench.store.read.reader import Results

NOTHING = 2e21
"""What COCO's logger writes for a value that is not a number; no target is that easy."""
PRECISION = 1e-8
"""COCO's last target: for cocopp a run that has hit it is over."""
PASSED_FOR = "bbob-mixint"
"""The suite that others pass for: without it cocopp reads nothing, and this one has no reference
algorithm that their functions would be looked up in."""
HEADER = (
    "% f evaluations | g evaluations | best noise-free fitness - Fopt ({optimum!r}) | "
    "measured fitness | best measured fitness\n"
)

README = """\
Runs of hpobench for COCO's post-processing (cocopp).

A folder per suite, in it one per algorithm (algorithms.csv); functions are numbered as in
functions.csv. The functions of bbob, bbob-mixint and bbob-noisy are COCO's, with their dimensions
and instances. All others are in the folder "others": cocopp reads no suite that it does not know,
so they pass for functions of bbob-mixint, which has no reference algorithm, with numbers that it
does not use. For its pages cocopp must be given their names, here in this folder:

    import csv, cocopp
    names = cocopp.testbedsettings.GECCOBBOBTestbed.settings["short_names"]
    rows = csv.DictReader(open("functions.csv", encoding="utf-8"))
    names.update({int(row["function"]): row["name"] for row in rows if row["suite"] == "others"})
    cocopp.main(["others/FIRST", "others/SECOND"])

Seeds are repetitions of an instance.

An evaluation is a step that the run had paid for; a full evaluation takes as many as the column
"steps" of functions.csv says. The third column is the lowest loss so far less the reference
optimum (cocopp takes all below 1e-8, and so what is negative, for solved), the fourth the loss of
the incumbent, the fifth the lowest of these: held-out losses where the problem has them; a
maximised metric is negated. A run has a line for its first evaluation, for each change of its
incumbent and for its last evaluation, in .dat and .tdat files alike. Numbers are written in full:
reading them gives the same doubles. Before a run's first result all are 2e21. Failed runs hold
nothing else, and are as long as they were; one that died before its first evaluation counts as
one evaluation long.
"""


def write(results: Results, folder: Path) -> list[str]:
    """Write the runs of ``results`` below ``folder``; returns what was left out."""
    return write_functions(results, folder, README, _write_function)


def _write_function(traces: Traces, group: FunctionRuns, out: Path) -> None:
    folder = out / group.suite / group.folder
    suite = PASSED_FOR if group.suite == OTHERS else group.suite
    stem = f"bbobexp_f{group.function}"
    entries = []
    for dimension, runs in group.dimensions.items():
        path = Path(f"data_f{group.function}", f"{stem}_DIM{dimension}.dat")
        place = place_for(out, folder.relative_to(out) / path)
        parts = [path.as_posix()]
        found = traces.of([run.row for run in runs])
        lines: list[str] = []
        for run, trace in zip(runs, found, strict=True):
            rows = list(trace.rows(NOTHING))
            lines.append(HEADER.format(optimum=trace.optimum))
            best = accumulate((row.loss for row in rows), min)
            for (at, regret, loss), lowest in zip(rows, best, strict=True):
                lines.append(f"{at} 0 {regret!r} {loss!r} {lowest!r}\n")
            parts.append(f"{run.instance}:{rows[-1].at}|{rows[-1].regret!r}")
        for kind in (".dat", ".tdat"):
            text = "".join(lines).encode("ascii")
            write_whole(place.with_suffix(kind), text, flush=False)
        entries.append(
            f"suite = '{suite}', funcId = {group.function}, DIM = {dimension}, "
            f"Precision = {PRECISION:.3e}, algId = '{group.folder}', logger = 'hpobench', "
            f"data_format = 'bbob-new2'\n% hpobench {VERSION}\n{', '.join(parts)}\n"
        )
    write_whole(folder / f"{stem}.info", "".join(entries).encode("ascii"), flush=False)
