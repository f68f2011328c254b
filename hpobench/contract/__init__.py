"""The plugin contract: plain data and base classes that need the standard library only.

Plugins import it from :mod:`hpobench.api`. What every room needs lies here too: errors, seeds,
and files that are written whole.
"""
