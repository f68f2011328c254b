"""Runs that are killed in every way until they have finished, and must end as if undisturbed.

``python -m tests.soak --kills 1000 --seconds 7200`` runs rounds in turn; ``tests.soak.rounds`` says
what each of them kills and compares.
"""
