"""Plugins are found by reading their files, checked against annotations, and built on use."""
