"""The plugin contract: plain data and base classes, which plugins import from :mod:`hpobench.api`.

It needs the standard library only, so that a plugin in an environment of its own can use it. What
every room needs lies here too: errors, seeds, and files that are written whole.
"""
