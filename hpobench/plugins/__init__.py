"""Plugins: found by reading their files, checked against their annotations, built on use."""
