"""Any searcher and scheduler as a search of scikit-learn's: :class:`hpobench.SearchCV`."""
