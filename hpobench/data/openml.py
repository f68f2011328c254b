"""Data sets of OpenML, ``openml:ID``, each a parquet table with its entry beside it.

Vanschoren et al., "OpenML: Networked Science in Machine Learning", 2013 (arXiv:1407.7722).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.contract.errors import NotAvailableError
from hpobench.data.catalogue import Dataset, File, recorded, to_json
from hpobench.data.download import TIMEOUT_S, explained, made, settle, staging
from hpobench.data.local import RECORD, openml_folder, verify

if TYPE_CHECKING:
    import pandas as pd

API = "https://www.openml.org/api/v1/json/data"
PAGE = "https://www.openml.org/d"
TABLE = "table.parquet"
"""The table: features that are numbers or categories, and the target in the last column."""


def described(name: str, root: Path) -> Dataset:
    """The recorded entry of the data set in ``root``, or else OpenML's description without files.
    Raises :class:`NotAvailableError`."""
    record = root / openml_folder(name) / RECORD
    if record.is_file():
        with contextlib.suppress(NotAvailableError):  # a damaged entry is written again
            return recorded(name, record)
    number = _number(name)
    facts = _ask(number)
    page = f"{PAGE}/{number}"
    title = f"{facts.get('name')}, version {facts.get('version')}, of OpenML"
    if (status := facts.get("status")) != "active":
        title += f" ({status}: something is wrong with it)"
    creators = facts.get("creator") or []
    authors = [creators] if isinstance(creators, str) else creators
    made_up = ", ".join([*authors, f"{facts.get('name')}, OpenML"])
    wished = facts.get("citation") or facts.get("paper_url")
    return Dataset(
        name,
        title=title,
        problems=("sklearn",),
        licence=str(facts.get("licence") or "none stated; ask its authors before you share it"),
        citation=f"{wished or made_up}; {page}",
        source=page,
        folder=openml_folder(name),
        files={},
        url=None,
        how=f"made from {page} by hpobench",
    )


def fetch(dataset: Dataset, root: Path) -> list[str]:
    """Fetch the table of a data set from :func:`described` unless it is whole; return its files.
    The entry is written last. Raises :class:`NotAvailableError`."""
    if dataset.files and not verify(dataset, root):
        return []
    folder = made(root / dataset.folder, 0)
    frame, left_out = _table(dataset.name, _download(dataset, folder))
    if left_out and not dataset.files:
        dataset = replace(dataset, title=f"{dataset.title}, without {', '.join(left_out)} (texts)")
    table = frame.to_parquet(None, compression="zstd", index=False)
    entry = File(len(table), hashlib.sha256(table).hexdigest())
    record = to_json(replace(dataset, files={TABLE: entry})).encode()
    with staging(folder) as new, explained(dataset.source, folder):
        for name, content in ((TABLE, table), (RECORD, record)):
            (new / name).write_bytes(content)
            settle(new / name, folder / name)
    return [TABLE]


def _ask(number: int) -> Mapping[str, Any]:
    import requests

    url = f"{API}/{number}"
    with explained(url, Path()):
        answer = requests.get(url, timeout=TIMEOUT_S)
        if answer.status_code == requests.codes.precondition_failed:  # its word for "unknown"
            raise NotAvailableError(f"OpenML has no data set {number}; {PAGE} has a search")
        answer.raise_for_status()
        return _described(answer.content)


def _described(answer: bytes) -> Mapping[str, Any]:
    what = "the answer is no description of a data set"
    try:
        facts = json.loads(answer)["data_set_description"]
    except (RecursionError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{what} ({error!r:.100})") from None
    if not isinstance(facts, dict):
        raise ValueError(what)
    return facts


def _download(dataset: Dataset, folder: Path) -> Any:
    """The data set as scikit-learn's bunch of frames."""
    try:
        from sklearn.datasets import fetch_openml
    except ImportError as error:
        raise NotAvailableError(f"needs {error.name}; pip install 'hpobench[sklearn]'") from error
    with (
        explained(dataset.source, folder),
        tempfile.TemporaryDirectory() as cache,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter(
            "ignore"
        )  # about repeated attempts, and a status that the title shows
        # scikit-learn 1.9's faster parser raises on categories that look like numbers under
        # pandas 3.1 (scikit-learn#34892).
        number = _number(dataset.name)
        try:
            return fetch_openml(data_id=number, as_frame=True, data_home=cache, parser="liac-arff")
        except (OSError, ValueError):
            raise  # told with the address
        except Exception as error:  # of the parsers, whatever they raise for a damaged file
            reason = f"{type(error).__name__}: {error}"
            raise NotAvailableError(f"{dataset.source}: cannot be read: {reason:.300}") from error


def _table(name: str, bunch: Any) -> tuple[pd.DataFrame, list[str]]:
    """The numeric and categorical features with the target last, and the names of the others."""
    import pandas as pd

    if not isinstance(bunch.target, pd.Series):
        raise NotAvailableError(
            f"{name} has {len(bunch.target_names)} targets; hpobench takes those with one"
        )
    if not _usable(bunch.target):
        raise NotAvailableError(f"{name}: its target, {bunch.target.name!r}, is text")
    features = [column for column in bunch.data if _usable(bunch.data[column])]
    if not features:
        raise NotAvailableError(f"{name} has no feature that is a number or a category")
    left_out = [column for column in bunch.data if column not in features]
    return pd.concat([bunch.data[features], bunch.target], axis="columns"), left_out


def _usable(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(column)


def _number(name: str) -> int:
    return int(name.partition(":")[2])
