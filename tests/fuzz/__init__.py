"""Mutated inputs, of a kind a module: each must end as a right answer or as a clear error.

Each kind has ``prepare(folder)``, which makes what all mutants start from in an empty folder, and
``mutate(draw, origin, folder)``, which writes a mutant of it into another empty folder and returns
the commands to run there. All chance comes from ``draw``, of hypothesis, which so finds the
smallest mutant at fault. ``tests/long/test_fuzz.py`` runs them.
"""
