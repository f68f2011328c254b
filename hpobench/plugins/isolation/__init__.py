"""Searchers in environments of their own, each a process beside its cell."""
