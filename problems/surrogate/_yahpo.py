"""YAHPO Gym's surrogate networks, read with onnxruntime alone.

Pfisterer et al., "YAHPO Gym: An Efficient Multi-Objective Multi-Fidelity Benchmark for
Hyperparameter Optimization", 2022 (arXiv:2109.03670). Data (Apache-2.0), which is not shipped:
https://github.com/slds-lmu/yahpo_data. A scenario is a folder with the three files below.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.errors import NotAvailableError

URL = "https://github.com/slds-lmu/yahpo_data"
FILES = ("config_space.json", "encoding.json", "model.onnx")


def data_folder() -> Path:
    """``$HPOBENCH_DATA/yahpo`` where that is set, else ``hpobench/yahpo`` in the user's data."""
    if root := os.environ.get("HPOBENCH_DATA"):
        return Path(root) / "yahpo"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "hpobench" / "yahpo"


def missing(scenario: str) -> str | None:
    """Which files of ``scenario`` are absent and how to bring them, or ``None``."""
    folder = data_folder() / scenario
    absent = [file for file in FILES if not (folder / file).is_file()]
    if not absent:
        return None
    return (
        f"no {', '.join(absent)} in {folder}: copy the folder {scenario} of {URL} there, "
        "or set HPOBENCH_DATA to the folder that holds yahpo/"
    )


@cache
def fingerprint(scenario: str) -> str:
    """A hash of the scenario's files."""
    folder = data_folder() / scenario
    digest = hashlib.sha256()
    for file in FILES:
        digest.update((folder / file).read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Surrogate:
    """One scenario's network: encoded inputs to metrics."""

    session: Any
    """An ``onnxruntime.InferenceSession``; it cannot be pickled."""
    codes: dict[str, dict[str, int]]
    """For each categorical input the code of each of its values."""
    choices: dict[str, list[str]]
    """For each categorical parameter the values that the space offers."""

    def predict(
        self, codes: Sequence[int], continuous: Sequence[Sequence[float]]
    ) -> NDArray[np.float32]:
        """The metrics ``[rows, targets]`` of ``continuous`` ``[rows, inputs]``, all rows with
        the same categorical ``codes``.

        The last bits depend on the number of rows and on the processor.
        """
        x_cont = np.asarray(continuous, np.float32)
        x_cat = np.tile(np.asarray(codes, np.int32), (len(x_cont), 1))
        (output,) = self.session.run(None, {"x_cat": x_cat, "x_cont": x_cont})
        return output


def surrogate(scenario: str, categorical: int, continuous: int, targets: int) -> Surrogate:
    """The network of ``scenario``, which must have these numbers of inputs and outputs.

    Loaded once in a process. Raises :class:`NotAvailableError`.
    """
    if reason := missing(scenario):
        raise NotAvailableError(reason)
    loaded = _load(data_folder() / scenario)
    put = {i.name: i.shape[1] for i in loaded.session.get_inputs()}
    (out,) = (o.shape[1] for o in loaded.session.get_outputs())
    if put != {"x_cat": categorical, "x_cont": continuous} or out != targets:
        raise NotAvailableError(
            f"{data_folder() / scenario / 'model.onnx'} has inputs {put} and {out} outputs, not "
            f"x_cat {categorical}, x_cont {continuous} and {targets}; get it anew from {URL}"
        )
    return loaded


@cache
def _load(folder: Path) -> Surrogate:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        space = json.loads((folder / "config_space.json").read_text("utf-8"))
        codes = json.loads((folder / "encoding.json").read_text("utf-8"))
        choices = {p["name"]: p["choices"] for p in space["hyperparameters"] if "choices" in p}
        session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has no common base for its errors
        raise NotAvailableError(
            f"cannot read the surrogate in {folder}: {error}; get it anew from {URL}"
        ) from error
    return Surrogate(session, codes, choices)
