"""Mutated inputs: every one of them must end as a clear error or as a right answer.

``python -m tests.fuzz`` runs the kinds, each a module with a :class:`tests.fuzz.frame.Kind`.
"""
