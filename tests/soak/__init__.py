"""Runs that are killed in every way, on disks and in stores that fail, until they have finished.

They must end as if undisturbed. ``python -m tests.soak`` runs rounds in turn for an hour;
``tests.soak.rounds`` says what each of them kills and compares.
"""
