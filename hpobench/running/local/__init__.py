"""Cells in worker processes of this machine, without a Ray cluster."""
