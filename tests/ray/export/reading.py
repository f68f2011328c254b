"""What other tools read from an export, each in a process of its own: they print, warn, set
matplotlib up and keep what they read in global variables.

    python -m tests.ray.export.reading iohprofiler|coco FOLDER

prints a row ``[suite, algorithm, function, dimension, target, ERT]`` per line, as JSON; ERTs are
the tool's own, in evaluations. ``pages`` in place of both makes cocopp's pages of the first two
algorithms in ``FOLDER/others``, as the export's README says.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import ROOT
from tests.support.command_line import python

TARGETS = [float(10.0 ** (k / 5)) for k in range(10, -41, -1)]
"""COCO's, to the last bit what cocopp aligns runs at."""
Row = tuple[str, str, int, int, float, float]


def read(kind: str, folder: Path, home: Path) -> list[Row]:
    """The rows that this module prints; ``home`` takes what the tools leave behind."""
    module = ("-W", "ignore", "-m", __name__)
    done = python(*module, kind, folder, cwd=ROOT, HOME=str(home), MPLBACKEND="agg")
    return [tuple(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("[")]


def iohprofiler(folder: Path) -> Iterator[Any]:
    import polars as pl
    from iohinspector import DataManager
    from iohinspector.metrics import aggregate_running_time

    manager = DataManager()
    manager.add_folder(str(folder))
    data = manager.load(include_meta_data=True)
    keys = ["suite", "algorithm_name", "function_id", "dimension"]
    for key, runs in data.group_by(keys, maintain_order=True):
        longest = manager.overview.filter(
            *(pl.col(k) == v for k, v in zip(keys, key, strict=True))
        )["evals"]
        for target in TARGETS:
            (ert,) = aggregate_running_time(
                runs, f_min=target, f_max=target, scale_f_log=False, eval_max=longest.max()
            )["ERT"]
            yield *key, target, ert


def coco(folder: Path) -> Iterator[Any]:
    from cocopp.pproc import DataSetList

    for algorithm in sorted(folder.glob("*/*/")):
        for data in DataSetList([str(path) for path in sorted(algorithm.glob("*.info"))]):
            for target, ert in zip(TARGETS, data.detERT(TARGETS), strict=True):
                yield algorithm.parent.name, data.algId, data.funcId, data.dim, target, float(ert)


def pages(folder: Path) -> Iterator[Any]:
    import cocopp

    cocopp.genericsettings.interactive_mode = False
    os.chdir(folder)
    (code,) = re.findall(
        r"(^    import csv.*?)\n\n", Path("README.txt").read_text(), re.DOTALL | re.MULTILINE
    )
    names = sorted(path.name for path in Path("others").iterdir())
    for word, name in zip(("FIRST", "SECOND"), names, strict=False):
        code = code.replace(word, name)
    exec("\n".join(line[4:] for line in code.splitlines()))
    yield len(list(Path("ppdata").rglob("*.svg")))


if __name__ == "__main__":
    made = {"iohprofiler": iohprofiler, "coco": coco, "pages": pages}[sys.argv[1]]
    for found in made(Path(sys.argv[2])):
        print(json.dumps(found if isinstance(found, tuple) else [found]))
