"""Measurements, run as modules: `python -m benchmarks.virtual_stage`.

A package, since some libraries install one of the same name, which would come first.
"""
