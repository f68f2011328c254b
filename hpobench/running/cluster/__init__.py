"""Cells on a Ray cluster, on this machine or elsewhere."""
