"""Data that is not shipped: mutated archives, tables and their entries in a data folder.

The folder has a zip archive of a CSV file and a table of OpenML. The catalogue knows the archive's
size and hash. Mutants have its size, for they are read before they are hashed; the entry of the
table lies beside it, and agrees with it or not.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis.strategies import booleans, integers, sampled_from

from hpobench.contract.package import PLUGIN_FOLDERS
from tests.fuzz.commands import Command
from tests.fuzz.values import NOT_JSON, Draw, damaged, misplace, now_and_then, reshaped

SUITE = """name: fetched
searchers: [random]
problems: [PROBLEM]
seeds: 1
stage: STAGE
budget: {evaluations: 3}
"""
NUMBER = 61
POOL = "icml2020-deepar: {task: electricity}"
TREE = (
    f"sklearn: {{dataset: 'openml:{NUMBER}', estimator: sklearn.tree.DecisionTreeClassifier, "
    "space: {max_depth: {int: [1, 9]}}}"
)
LISTED = json.loads((PLUGIN_FOLDERS["problems"] / "data" / "downloads.json").read_text())


def prepare(folder: Path) -> None:
    hyper = ["num_layers", "num_cells", "dropout_rate_log", "learning_rate_log"]
    hyper += ["num_batches_per_epoch_log", "context_length_ratio_log"]
    columns = ["task", *(f"hp_{name}" for name in hyper), "metric_CRPS", "metric_time"]
    rows = [f"electricity,1.1,4,-2,-5,4,-1,{0.01 * i},60" for i in range(200)]
    (folder / "pool.csv").write_text("\n".join([",".join(columns), *rows]))
    frame = pd.DataFrame(
        {
            "x": np.linspace(0, 1, 60),
            "c": pd.Categorical(["a", "b", "c"] * 20),
            "y": pd.Categorical(["no", "yes"] * 30),
        }
    )
    frame.to_parquet(folder / "table.parquet", index=False)


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    here = ["HPOBENCH_DATA=data", "XDG_DATA_HOME=none", "XDG_CACHE_HOME=cache"]
    if draw(booleans()):
        _pool(draw, origin, folder / "data" / "icml2020")
        problem, stage, name = POOL, "virtual", "icml2020"
    else:
        _openml(draw, origin, folder / "data" / "openml" / str(NUMBER))
        problem, stage, name = TREE, "live", f"openml:{NUMBER}"
    text = SUITE.replace("PROBLEM", f"{{{problem}}}").replace("STAGE", stage)
    (folder / "suite.yaml").write_text(text)
    verbs = (["plan", "suite.yaml"], ["data", "list"], ["data", "verify", name])
    return [[*here, *verb] for verb in verbs]


def _pool(draw: Draw, origin: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path, file in LISTED["icml2020"]["files"].items():
        content, size = _archive(draw, origin), file["size"]
        # Archives are read from their ends, and may have anything in front.
        _place(draw, folder / path, (b"\0" * (size - len(content)) + content)[:size])


def _archive(draw: Draw, origin: Path) -> bytes:
    content = (origin / "pool.csv").read_bytes()
    if now_and_then(draw, 3):
        content = damaged(draw, content)
    match draw(sampled_from(("whole", "bytes", "bytes", "bomb", "names", "other"))):
        case "whole":
            return _zip({"pool.csv": content})
        case "bytes":
            return damaged(draw, _zip({"pool.csv": content}))
        case "bomb":
            return _zip({"pool.csv": b"0" * 2**28})
        case "names":
            outside = {"../" * 9 + "tmp/escaped": content}
            return _zip(draw(sampled_from((outside, {**outside, "/etc/x": b""}))))
        case _:
            other = (gzip.compress(content, mtime=0), b"", content, b"PK\5\6" + b"\0" * 18)
            return bytes(draw(sampled_from(other)))


def _zip(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return sink.getvalue()


def _openml(draw: Draw, origin: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    whole = (origin / "table.parquet").read_bytes()
    table = _table(draw, whole) if draw(booleans()) else whole
    described = table if draw(booleans()) else whole
    entry: Any = {
        "title": "iris",
        "problems": ["sklearn"],
        "licence": "Public",
        "citation": "Fisher",
        "source": "https://www.openml.org/d/61",
        "folder": f"openml/{NUMBER}",
        "url": None,
        "how": "made by hpobench",
        "files": {
            "table.parquet": {
                "size": len(described),
                "sha256": hashlib.sha256(described).hexdigest(),
            }
        },
    }
    for _ in range(draw(sampled_from((0, 0, 1, 2)))):
        entry = reshaped(draw, entry)
    text = json.dumps(entry).encode()
    if now_and_then(draw, 5):
        odd = (damaged(draw, text), *(text.encode("latin-1") for text in NOT_JSON))
        text = draw(sampled_from(odd))
    _place(draw, folder / "table.parquet", table)
    _place(draw, folder / "record.json", text)


def _table(draw: Draw, table: bytes) -> bytes:
    frame = pd.read_parquet(io.BytesIO(table))
    match draw(sampled_from(("bytes", "bytes", "columns", "values", "rows"))):
        case "bytes":
            return damaged(draw, table)
        case "columns":
            frame = frame[draw(sampled_from((["y"], ["x"], ["y", "x"], [])))]
        case "values":
            odd = draw(sampled_from((np.nan, np.inf, 1e308, "text", None)))
            frame = frame.assign(**{draw(sampled_from(("x", "y"))): odd})
        case _:
            frame = frame[: draw(integers(0, 2))]
    return bytes(frame.to_parquet(None, index=False))


def _place(draw: Draw, path: Path, content: bytes) -> None:
    if now_and_then(draw, 6):
        misplace(draw, path)
    else:
        path.write_bytes(content)
