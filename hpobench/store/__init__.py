"""Results on disk: parquet that pandas, DuckDB and polars read as it lies."""
