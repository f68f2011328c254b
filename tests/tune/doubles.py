"""The doubles of :mod:`hpobench.testing`, under their former name."""

from hpobench.testing.doubles import Curves, Listed, make_run, random_configs

__all__ = ["Curves", "Listed", "make_run", "random_configs"]
