"""Old trials become a problem: readers of other tools' storages, and the table made of them.

A reader a file turns a storage into a :class:`~hpobench.bridges.imports.trials.StoredTrials`;
``importing`` makes the table of one. Storages are never written to, and nothing is unpickled.
"""
