"""Cells on Ray: one run, one cell, all cells of a plan, and seeds that are added in stages."""
