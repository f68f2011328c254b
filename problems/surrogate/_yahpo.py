"""YAHPO Gym's surrogate networks, read with onnxruntime alone.

A scenario is a folder with the network ``model.onnx`` and the codes of its categories in
``encoding.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Value
from hpobench.kit import NotAvailableError

INACTIVE = "#na#"
"""The value of an inactive category among the codes. An inactive number is 0."""
AGAIN = "get it anew, `hpobench data fetch` brings it"


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a network, in the network's order."""

    categories: tuple[str, ...]
    numbers: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Surrogate:
    """The network of a scenario."""

    signature: Signature
    session: Any
    """An ``onnxruntime.InferenceSession``; it cannot be pickled."""
    codes: Mapping[str, Mapping[str, int]]
    """For each category, the code of each of its values."""

    def predict(self, inputs: Sequence[Mapping[str, Value]]) -> NDArray[np.float32]:
        """The targets ``[rows, targets]`` of ``inputs``, in which inactive inputs are left out.

        The last bits depend on the number of rows and on the processor.
        """
        x_cat = [[self._code(name, row) for name in self.signature.categories] for row in inputs]
        x_cont = [[row.get(name, 0.0) for name in self.signature.numbers] for row in inputs]
        output: NDArray[np.float32]
        (output,) = self.session.run(
            None, {"x_cat": np.array(x_cat, np.int32), "x_cont": np.array(x_cont, np.float32)}
        )
        return output

    def _code(self, name: str, row: Mapping[str, Value]) -> int:
        value = str(row.get(name, INACTIVE))
        try:
            return self.codes[name][value]
        except KeyError:
            raise NotAvailableError(
                f"encoding.json has no code of {name} = {value}; {AGAIN}"
            ) from None


@cache
def surrogate(folder: Path, signature: Signature) -> Surrogate:
    """The network in ``folder``, loaded once in a process.

    Raises :class:`NotAvailableError` if it cannot be read, or does not have this ``signature``.
    """
    session = _session(folder / "model.onnx")
    taken = {i.name: i.shape[1] for i in session.get_inputs()}
    given = [o.shape[1] for o in session.get_outputs()]
    wanted = {"x_cat": len(signature.categories), "x_cont": len(signature.numbers)}
    if taken != wanted or given != [len(signature.targets)]:
        raise NotAvailableError(
            f"{folder / 'model.onnx'} takes {taken} and gives {given}, not {wanted} and "
            f"[{len(signature.targets)}]; {AGAIN}"
        )
    return Surrogate(signature, session, _codes(folder / "encoding.json", signature))


def _session(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base for its errors
        raise NotAvailableError(f"cannot read the surrogate {file}: {error}; {AGAIN}") from error


def _codes(file: Path, signature: Signature) -> dict[str, dict[str, int]]:
    try:
        codes = json.loads(file.read_text("utf-8"))
        return {
            name: {**codes[name], INACTIVE: codes[name][INACTIVE]} for name in signature.categories
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotAvailableError(
            f"{file} is not the surrogate's list of codes: {error!r}; {AGAIN}"
        ) from error
