"""Tables of OpenML for scikit-learn's estimators, as `hpobench data fetch` stores them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hpobench.kit import TABLE, NotAvailableError, data

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

MOST_COLUMNS = 32
"""The most columns that one categorical feature may become; its rarest categories share the
last one."""


class Table(NamedTuple):
    """A data set as arrays."""

    x: Any
    """``[rows, features]``, float64: numbers and codes of categories; NaN for a missing value."""
    y: Any
    """``[rows]``: classes 0, 1, ... or real numbers."""
    nominal: tuple[int, ...]
    """The indices of the columns of ``x`` that are codes of categories."""


def classifies(name: str) -> bool:
    """Whether the target is a class; raises :class:`NotAvailableError` if the data is missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _read(name, pq.read_schema)
    return bool(pa.types.is_dictionary(schema.field(len(schema) - 1).type))


def table(name: str) -> Table:
    """The rows that have a target; raises :class:`NotAvailableError` if the data is missing."""
    import numpy as np
    import pandas as pd

    frame = _read(name, pd.read_parquet)
    *features, target = frame.columns
    frame = frame[frame[target].notna()]
    nominal = [isinstance(frame[f].dtype, pd.CategoricalDtype) for f in features]
    columns = [_codes(frame[f]) if n else frame[f] for f, n in zip(features, nominal, strict=True)]
    x = np.column_stack([column.to_numpy(np.float64, na_value=np.nan) for column in columns])
    y = frame[target].to_numpy()
    if isinstance(frame[target].dtype, pd.CategoricalDtype):
        _, y = np.unique(frame[target].cat.codes, return_inverse=True)
    return Table(x, y, tuple(i for i, coded in enumerate(nominal) if coded))


def _codes(column: pd.Series[Any]) -> pd.Series[Any]:
    codes = column.cat.codes
    return codes.where(codes >= 0)


def preparation(x: Any, nominal: tuple[int, ...], *, gaps: bool) -> Any:
    """The transformer to put before an estimator for the rows ``x``, or ``None`` if none is needed.

    Each category, and also a missing one, becomes a column of its own. Missing numbers become
    medians, unless ``gaps`` says that the estimator accepts them. The transformer is to be fitted
    together with the estimator, so that it uses only the training rows.
    """
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    numbers = [i for i in range(x.shape[1]) if i not in nominal]
    fill = not gaps and bool(np.isnan(x[:, numbers]).any())
    if not (nominal or fill):
        return None
    codes = OneHotEncoder(handle_unknown="ignore", max_categories=MOST_COLUMNS, sparse_output=False)
    medians = SimpleImputer(strategy="median", keep_empty_features=True) if fill else "passthrough"
    return ColumnTransformer([("numbers", medians, numbers), ("codes", codes, list(nominal))])


def _read(name: str, reader: Callable[..., T]) -> T:
    file = data.find(name) / TABLE
    try:
        return reader(file)
    except (OSError, ValueError) as error:
        raise NotAvailableError(
            f"{file} cannot be read: {error}; `hpobench data verify {name}` says more"
        ) from error
