"""Trials that really train, on long-lived worker processes."""
