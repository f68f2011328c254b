"""One file per figure, named like the module of :mod:`hpobench.analysis` that computes its table.

Figures draw that table and nothing else; the table is saved beside them.
"""
