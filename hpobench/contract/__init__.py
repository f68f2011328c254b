"""The plugin contract as plain data and base classes; standard library only.

Plugins import it from :mod:`hpobench.api`.
"""
