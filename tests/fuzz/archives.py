"""Data that is not shipped: mutated archives, tables and their entries in a data folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpobench.contract.package import PLUGIN_FOLDERS
from tests.fuzz.bytes import damaged, reshaped
from tests.fuzz.frame import Command

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
LISTED = json.loads((PLUGIN_FOLDERS["problems"] / "data" / "downloads.json").read_text("utf-8"))


class Archives:
    """A data folder with a zip archive of a CSV file and a table of OpenML.

    The catalogue knows the archive's size and hash. Mutants have its size, for they are read
    before they are hashed; the entry of the table lies beside it, and agrees with it or not.
    """

    name = "archives"

    def prepare(self, folder: Path) -> None:
        (folder / "pool.csv").write_bytes(_csv())
        table = pd.DataFrame(
            {
                "x": np.linspace(0, 1, 60),
                "c": pd.Categorical(["a", "b", "c"] * 20),
                "y": pd.Categorical(["no", "yes"] * 30),
            }
        ).to_parquet(None, index=False)
        (folder / "table.parquet").write_bytes(table)
        (folder / "record.json").write_text(json.dumps(_entry(table)), encoding="utf-8")

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        here = ["HPOBENCH_DATA=data", "XDG_DATA_HOME=none", "XDG_CACHE_HOME=cache"]
        if rng.random() < 0.5:
            _pool(rng, origin, folder / "data" / "icml2020")
            problem, stage, name = POOL, "virtual", "icml2020"
        else:
            _openml(rng, origin, folder / "data" / "openml" / str(NUMBER))
            problem, stage, name = TREE, "live", f"openml:{NUMBER}"
        text = SUITE.replace("PROBLEM", f"{{{problem}}}").replace("STAGE", stage)
        (folder / "suite.yaml").write_text(text, encoding="utf-8")
        verbs = (["plan", "suite.yaml"], ["data", "list"], ["data", "verify", name])
        return [[*here, *verb] for verb in verbs]


def _csv() -> bytes:
    parameters = ("num_layers", "num_cells", "dropout_rate_log", "learning_rate_log")
    more = ("num_batches_per_epoch_log", "context_length_ratio_log")
    columns = ["task", *(f"hp_{name}" for name in parameters + more), "metric_CRPS", "metric_time"]
    rows = [
        ["electricity", "1.1", "4", "-2", "-5", "4", "-1", str(0.01 * i), "60"] for i in range(200)
    ]
    return "\n".join(",".join(row) for row in (columns, *rows)).encode()


def _entry(table: bytes) -> dict[str, Any]:
    return {
        "title": "iris",
        "problems": ["sklearn"],
        "licence": "Public",
        "citation": "Fisher",
        "source": "https://www.openml.org/d/61",
        "folder": f"openml/{NUMBER}",
        "files": {"table.parquet": _file(table)},
        "url": None,
        "how": "made by hpobench",
    }


def _file(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _pool(rng: random.Random, origin: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path, file in LISTED["icml2020"]["files"].items():
        _place(rng, folder / path, _archive(rng, origin), file["size"])


def _archive(rng: random.Random, origin: Path) -> bytes:
    content = (origin / "pool.csv").read_bytes()
    if rng.random() < 0.3:
        content = damaged(rng, content)
    members = [("pool.csv", content)]
    match rng.choice(("whole", "bytes", "bytes", "bomb", "names", "other")):
        case "whole":
            return _zip(members)
        case "bytes":
            return damaged(rng, _zip(members))
        case "bomb":
            return _zip([("pool.csv", b"0" * 2**28)])
        case "names":
            return _zip(
                [("../" * 9 + "tmp/escaped", content), ("/etc/x", b"")][: rng.randint(1, 2)]
            )
        case _:
            return rng.choice((gzip.compress(content), b"", content, b"PK\5\6" + b"\0" * 18))


def _zip(members: list[tuple[str, bytes]]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return sink.getvalue()


def _openml(rng: random.Random, origin: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    table = (origin / "table.parquet").read_bytes()
    if rng.random() < 0.6:
        table = _table(rng, table)
    entry: Any = json.loads((origin / "record.json").read_text("utf-8"))
    if rng.random() < 0.7:
        entry["files"]["table.parquet"] = _file(table)
    for _ in range(rng.choice((0, 0, 1, 2))):
        entry = reshaped(rng, entry)
    text = json.dumps(entry).encode()
    if rng.random() < 0.2:
        text = rng.choice((damaged(rng, text), b"[" * 100_000, b"\xff\xfe", b'{"a":' * 50_000))
    _place(rng, folder / "table.parquet", table, None)
    _place(rng, folder / "record.json", text, None)


def _table(rng: random.Random, table: bytes) -> bytes:
    frame = pd.read_parquet(io.BytesIO(table))
    match rng.choice(("bytes", "bytes", "columns", "values", "rows")):
        case "bytes":
            return damaged(rng, table)
        case "columns":
            frame = frame[rng.choice((["y"], ["x"], ["y", "x"], []))]
        case "values":
            odd = rng.choice((np.nan, np.inf, 1e308, "text", None))
            frame = frame.assign(**{rng.choice(("x", "y")): odd})
        case _:
            frame = frame[: rng.randrange(3)]
    return bytes(frame.to_parquet(None, index=False))


def _place(rng: random.Random, path: Path, content: bytes, size: int | None) -> None:
    """Put ``content`` at ``path``, of ``size`` bytes; or now and then what is no file."""
    match rng.choice((*["file"] * 17, "pipe", "link", "folder")):
        case "file":
            fill = b"\0" * ((size or 0) - len(content))
            # Archives are read from their ends, and may have anything in front.
            path.write_bytes((fill + content)[: size or len(content)])
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(rng.choice(("/dev/zero", "/etc/passwd", path.name)))
        case _:
            path.mkdir()
