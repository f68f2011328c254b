"""Any searcher and scheduler as a search of scikit-learn's: :class:`hpobench.SearchCV`."""

from hpobench.contract.errors import NotAvailableError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise NotAvailableError(
        "SearchCV needs scikit-learn: pip install 'hpobench[sklearn]'"
    ) from error
